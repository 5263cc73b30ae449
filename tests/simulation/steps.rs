//! What must hold at each single step, whatever comes later: looked at while a call is on its way.

use emulators::stripe::Stripe;
use http::Request;

use crate::store::{Order, Stage, Step, Store};

/// What is wrong with making this call now.
pub(crate) fn wrong(
    request: &Request<bytes::Bytes>,
    store: &Store,
    stripe: &Stripe,
) -> Option<String> {
    let path = request.uri().path();
    if request.method() == "POST"
        && let Some(rest) = path.strip_prefix("/v1/payment_intents/")
    {
        let (payment, step) = rest.split_once('/')?;
        let orders = store.orders();
        let mut tied = orders.iter().filter(|order| order.tied == payment);
        return match step {
            "capture" => match tied.find(|order| order.stage != Stage::Dead) {
                None => Some(format!("captured before commit: {payment}")),
                Some(order) if order.held < order.scarce => {
                    Some(format!("captured with its goods on the shelf: {payment}"))
                }
                Some(_) => None,
            },
            "cancel" if tied.any(|order| order.stage == Stage::Committed) => {
                Some(format!("voided before the draft was dead: {payment}"))
            }
            "confirm" if !orders.iter().any(|order| was_tied(order, payment, stripe)) => {
                Some(format!("authorized before commit: {payment}"))
            }
            _ => None,
        };
    }
    match store.step(request)? {
        Step::End(order) => killed_with_its_money(&order, stripe),
        // It costs nothing; the ledgers are asked whether that is true.
        Step::Pay(payment) if payment.is_empty() => None,
        Step::Pay(payment) => {
            let captured = stripe.captured().iter().any(|(id, _)| *id == payment);
            (!captured).then(|| format!("paid before it was captured: {payment}"))
        }
    }
}

/// Whether an order is tied to a payment, or was. Of two calls that complete the same session with the
/// same card one may be declined and open the order again before the other one asks: that is refused
/// too, or found by whoever looks next. An order keeps the session that it was tied for.
fn was_tied(order: &Order, payment: &str, stripe: &Stripe) -> bool {
    let is_of_it = |intent: &serde_json::Value| {
        intent["id"] == payment && intent["metadata"]["acp_session"] == order.session.as_str()
    };
    order.tied == payment || stripe.intents().iter().any(is_of_it)
}

/// An order whose money was taken and has not gone back is not ended.
fn killed_with_its_money(order: &Order, stripe: &Stripe) -> Option<String> {
    let ledger = stripe.ledger();
    let mut taken = ledger.payments.iter().filter(|payment| payment.captured > payment.refunded);
    let payment = taken.find(|payment| payment.id == order.tied)?;
    Some(format!("killed with its money taken: {} of {}", order.id, payment.id))
}
