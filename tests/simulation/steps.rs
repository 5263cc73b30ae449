//! What must hold at each single step, whatever comes later: looked at while a call is on its way.

use emulators::{stripe::Stripe, woocommerce::Store};
use http::Request;
use serde_json::Value;

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
        let tied: Vec<&Value> = orders.iter().filter(|order| is_tied(order, payment)).collect();
        return match step {
            "capture" if !tied.iter().any(|order| !is_dead(order)) => {
                Some(format!("captured before commit: {payment}"))
            }
            "cancel" if tied.iter().any(|order| is_committed(order)) => {
                Some(format!("voided before the draft was dead: {payment}"))
            }
            "confirm" if tied.is_empty() => Some(format!("authorized before commit: {payment}")),
            _ => None,
        };
    }
    if request.method() == "PUT" && path.contains("/wc/v3/orders/") {
        let body: Value = serde_json::from_slice(request.body()).ok()?;
        if body["status"] == "cancelled" {
            return killed_with_its_money(path, store, stripe);
        }
        let payment = body["transaction_id"].as_str().filter(|_| body["set_paid"] == true)?;
        if payment.is_empty() {
            // It costs nothing; the ledgers are asked whether that is true.
            return None;
        }
        let captured = stripe.captured().iter().any(|(id, _)| id == payment);
        return (!captured).then(|| format!("paid before it was captured: {payment}"));
    }
    None
}

/// An order whose money was taken and has not gone back is not ended.
fn killed_with_its_money(path: &str, store: &Store, stripe: &Stripe) -> Option<String> {
    let order = store.order(path.rsplit('/').next()?.parse().ok()?)?;
    let ledger = stripe.ledger();
    let mut taken = ledger.payments.iter().filter(|payment| payment.captured > payment.refunded);
    let payment = taken.find(|payment| is_tied(&order, &payment.id))?;
    Some(format!("killed with its money taken: {} of {}", order["id"], payment.id))
}

fn is_tied(order: &Value, payment: &str) -> bool {
    let metas = order["meta_data"].as_array().into_iter().flatten();
    metas.into_iter().any(|meta| meta["key"] == "_acp_payment" && meta["value"] == payment)
}

fn is_dead(order: &Value) -> bool {
    matches!(order["status"].as_str(), Some("cancelled" | "trash"))
}

fn is_committed(order: &Value) -> bool {
    order["status"] != "checkout-draft" && !is_dead(order)
}
