//! Refunds and disputes.

use commerce::{Money, PaymentId};
use jiff::Timestamp;
use miniserde::Deserialize;

use super::{Unread, currency, time};
use crate::{
    Dispute, DisputeState, Origin, PaymentError, RefundState,
    stripe::{amount, rejected},
};

/// A `refund`.
#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct Refund {
    id: Option<String>,
    amount: Option<i64>,
    currency: Option<String>,
    created: Option<i64>,
    payment_intent: Option<String>,
    status: Option<String>,
    reason: Option<String>,
    metadata: Option<Marks>,
}

#[derive(Debug, Deserialize)]
struct Marks {
    #[serde(rename = "acp_origin")]
    origin: Option<String>,
    #[serde(rename = "acp_reason")]
    reason: Option<String>,
    store_refund_id: Option<String>,
}

/// A `dispute`.
#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct DisputeObject {
    id: Option<String>,
    amount: Option<i64>,
    currency: Option<String>,
    created: Option<i64>,
    payment_intent: Option<String>,
    status: Option<String>,
    reason: Option<String>,
}

/// All refunds of a payment.
#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct RefundPage {
    data: Option<Vec<Refund>>,
    has_more: Option<bool>,
}

/// All disputes about a payment.
#[derive(Debug, Deserialize)]
pub(in crate::stripe) struct DisputePage {
    data: Option<Vec<DisputeObject>>,
    has_more: Option<bool>,
}

impl RefundPage {
    pub(in crate::stripe) fn into_oldest_first(
        self,
        call: &'static str,
    ) -> Result<Vec<crate::Refund>, PaymentError> {
        oldest_first((self.data, self.has_more), call, |refund: &crate::Refund| refund.made_at)
    }
}

impl DisputePage {
    pub(in crate::stripe) fn into_oldest_first(
        self,
        call: &'static str,
    ) -> Result<Vec<Dispute>, PaymentError> {
        oldest_first((self.data, self.has_more), call, |dispute: &Dispute| dispute.made_at)
    }
}

fn oldest_first<W, T>(
    (wire, has_more): (Option<Vec<W>>, Option<bool>),
    call: &'static str,
    made_at: impl Fn(&T) -> Timestamp,
) -> Result<Vec<T>, PaymentError>
where
    T: TryFrom<W, Error = Unread>,
{
    // One that is not seen would be made again.
    if has_more == Some(true) {
        return Err(rejected("too_many", "the payment has more of them than one page holds"));
    }
    let wire = wire.unwrap_or_default().into_iter().rev();
    let all = wire.map(T::try_from).collect::<Result<Vec<_>, _>>();
    let mut all = all.map_err(|error| PaymentError::Unreadable { call, source: error.into() })?;
    all.sort_by_key(made_at);
    Ok(all)
}

impl TryFrom<Refund> for crate::Refund {
    type Error = Unread;

    fn try_from(refund: Refund) -> Result<Self, Unread> {
        let marks = refund.metadata;
        let (origin, words) = match marks {
            Some(marks) => (origin(marks.origin.as_deref(), marks.store_refund_id), marks.reason),
            None => (None, None),
        };
        let state = match refund.status.as_deref() {
            Some("succeeded") => RefundState::Completed,
            Some("pending" | "requires_action") | None => RefundState::Pending,
            Some("failed" | "canceled") => RefundState::Failed,
            Some(_) => return Err(Unread::Strange("status")),
        };
        Ok(Self {
            id: refund.id.ok_or(Unread::Missing("id"))?,
            payment: PaymentId::new(
                refund.payment_intent.ok_or(Unread::Missing("payment_intent"))?,
            ),
            amount: money(refund.amount, refund.currency.as_deref())?,
            state,
            origin,
            reason: words.or(refund.reason).unwrap_or_default(),
            made_at: time(refund.created)?,
        })
    }
}

impl TryFrom<DisputeObject> for Dispute {
    type Error = Unread;

    fn try_from(dispute: DisputeObject) -> Result<Self, Unread> {
        let state = match dispute.status.as_deref().ok_or(Unread::Missing("status"))? {
            "warning_needs_response" | "warning_under_review" => DisputeState::Inquiry,
            "needs_response" | "under_review" => DisputeState::Open,
            "won" => DisputeState::Won,
            "lost" => DisputeState::Lost,
            "warning_closed" | "prevented" => DisputeState::Closed,
            _ => return Err(Unread::Strange("status")),
        };
        Ok(Self {
            id: dispute.id.ok_or(Unread::Missing("id"))?,
            payment: PaymentId::new(
                dispute.payment_intent.ok_or(Unread::Missing("payment_intent"))?,
            ),
            amount: money(dispute.amount, dispute.currency.as_deref())?,
            state,
            reason: dispute.reason.unwrap_or_default(),
            made_at: time(dispute.created)?,
        })
    }
}

fn origin(name: Option<&str>, store_refund: Option<String>) -> Option<Origin> {
    match name {
        Some("store") => store_refund.map(Origin::Store),
        Some("rollback") => Some(Origin::Rollback),
        _ => None,
    }
}

fn money(amount: Option<i64>, code: Option<&str>) -> Result<Money, Unread> {
    let amount = amount.ok_or(Unread::Missing("amount"))?;
    Ok(amount::from_stripe(amount, currency(code)?)?)
}
