//! Refunds, the same on both sides: one made in the store reaches the buyer, one made at the
//! processor reaches the store's books.
//!
//! Each carries the mark of where it came from, so that none is brought back there, and none is
//! brought over twice. Disputes are noted on the order and nothing more: the bank decides.

use std::sync::Arc;

use commerce::{Booking, Brought, Money, OrderId, PaymentId, Refund, Sale};
use payments::{Dispute, DisputeState, Origin, Payment, RefundRequest, RefundState};
use tracing::{error, info, warn};

use crate::{
    config::{Mirror, Refunds},
    failure::Failure,
    store::Store,
};

/// Whether a payment has refunds or disputes to tell of.
pub(crate) const fn has_news(payment: &Payment) -> bool {
    !payment.refunded.is_zero() || payment.is_disputed
}

/// Brings over what has happened to a payment; answers how many refunds that were.
pub(crate) async fn mirror_payment(
    store: &Arc<Store>,
    payment: &Payment,
) -> Result<usize, Failure> {
    let Some(order) = &payment.order else { return Ok(0) };
    if payment.is_disputed {
        note_disputes(store, &payment.id, order).await?;
    }
    match store.connector.brought(order).await? {
        Brought::Sold(sale) => mirror(store, &sale).await,
        Brought::Unpaid(_) | Brought::ByNobody => Ok(0),
    }
}

/// Brings over what one side has booked and the other has not; answers how many refunds that were.
pub(crate) async fn mirror(store: &Store, sale: &Sale) -> Result<usize, Failure> {
    let Some(payment) = &sale.order.payment else { return Ok(0) };
    let paid_back = store.processor.refunds(payment).await?;
    let mut brought = 0;
    for refund in &sale.refunds {
        if !is_paid_back(refund, &paid_back) {
            brought += usize::from(pay_back(store, payment, &sale.order.id, refund).await?);
        }
    }
    for refund in &paid_back {
        match (&refund.origin, refund.state) {
            (Some(Origin::Store(_)), RefundState::Failed) => {
                note_failure(store, &sale.order.id, refund).await?;
            }
            (None, RefundState::Completed | RefundState::Pending)
                if !sale.refunds.iter().any(|booked| booked.mark.as_ref() == Some(&refund.id)) =>
            {
                brought += usize::from(book(store, &sale.order.id, refund).await?);
            }
            _ => {}
        }
    }
    Ok(brought)
}

/// Whether the buyer has got it: the processor made it for this refund, or this refund only books
/// what was made there.
fn is_paid_back(booked: &Refund, paid_back: &[payments::Refund]) -> bool {
    paid_back.iter().any(|refund| {
        refund.origin == Some(Origin::Store(booked.id.clone()))
            || booked.mark.as_ref() == Some(&refund.id)
    })
}

/// A refund that the seller has booked in the store.
async fn pay_back(
    store: &Store,
    payment: &PaymentId,
    order: &OrderId,
    refund: &Refund,
) -> Result<bool, Failure> {
    let Refunds { from_store, amount_max, .. } = store.refunds;
    let is_too_much = amount_max.is_some_and(|max| refund.amount.minor() > max);
    if from_store == Mirror::Mirror && !is_too_much {
        store
            .processor
            .refund(&RefundRequest {
                payment,
                amount: refund.amount,
                reason: &refund.reason,
                origin: &Origin::Store(refund.id.clone()),
            })
            .await?;
        info!(order.id = %order, refund.id, amount = refund.amount.minor(), "refund paid back");
        return Ok(true);
    }
    if from_store != Mirror::Off {
        warn!(order.id = %order, refund.id, "a refund was booked, and its money was not sent");
        let mark = format!("refund {}", refund.id);
        let text = format!(
            "{} were booked as refunded. The buyer has not got the money: send it in the dashboard \
             of your payment processor.",
            words(refund.amount)
        );
        store.connector.note(order, &mark, &text).await?;
    }
    Ok(false)
}

/// A refund that somebody has made at the processor.
async fn book(store: &Store, order: &OrderId, refund: &payments::Refund) -> Result<bool, Failure> {
    match store.refunds.from_processor {
        Mirror::Off => Ok(false),
        Mirror::Warn => {
            warn!(order.id = %order, refund.id, "money went back that the store has not booked");
            let text = format!("{} went back to the buyer; book it.", words(refund.amount));
            store.connector.note(order, &refund.id, &text).await?;
            Ok(false)
        }
        Mirror::Mirror => {
            let booking = Booking {
                mark: refund.id.clone(),
                amount: refund.amount,
                reason: "Refunded at the payment processor".to_owned(),
            };
            store.connector.book_refund(order, &booking).await?;
            info!(order.id = %order, refund.id, amount = refund.amount.minor(), "refund booked");
            Ok(true)
        }
    }
}

/// The buyer's bank has not taken the money back.
async fn note_failure(
    store: &Store,
    order: &OrderId,
    refund: &payments::Refund,
) -> Result<(), Failure> {
    error!(order.id = %order, refund.id, "a refund has failed: the buyer has not got the money");
    let text = format!(
        "The refund of {} has failed at the payment processor. The buyer has not got the money.",
        words(refund.amount)
    );
    Ok(store.connector.note(order, &refund.id, &text).await?)
}

async fn note_disputes(store: &Store, payment: &PaymentId, order: &OrderId) -> Result<(), Failure> {
    for dispute in store.processor.disputes(payment).await? {
        let (mark, text) = dispute_words(&dispute);
        store.connector.note(order, &mark, &text).await?;
    }
    Ok(())
}

/// What the seller reads of a dispute, once for each step of it.
fn dispute_words(dispute: &Dispute) -> (String, String) {
    let amount = words(dispute.amount);
    let (step, text) = match dispute.state {
        DisputeState::Inquiry => ("inquiry", format!("The buyer's bank asks about {amount}.")),
        DisputeState::Open => {
            ("open", format!("The buyer disputes {amount}. The money is withheld."))
        }
        DisputeState::Won => ("won", format!("The dispute about {amount} is won.")),
        DisputeState::Lost => {
            ("lost", format!("The dispute about {amount} is lost. The buyer has the money."))
        }
        DisputeState::Closed => ("closed", format!("The dispute about {amount} is closed.")),
    };
    let reason = dispute.reason.replace('_', " ");
    let text = format!("{text} Reason: {reason}. Answer it in the dashboard of your processor.");
    (format!("{} {step}", dispute.id), text)
}

fn words(amount: Money) -> String {
    format!("{} {}", amount.to_major(), amount.currency().code())
}
