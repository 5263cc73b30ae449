//! What goes over the wire: our own few members of Stripe's objects, and what they mean here.
//!
//! Every member of an answer is optional, because a preview version may drop any of them. Only
//! what decides about money is missed.

use commerce::{AgentId, Currency, Money, OrderId, PaymentId, SessionId};
use jiff::Timestamp;
use miniserde::{Deserialize, json::Value};
use thiserror::Error;

use super::{
    amount::{self, AmountError},
    error::decline,
};
use crate::{Deactivation, Payment, PaymentState, TokenInfo};

mod event;
mod form;
mod refund;
mod value;

pub(super) use event::{EVENTS, Event, EventPage};
pub(super) use form::{
    Amend, Capture, Confirm, Create, CreateRefund, Expanded, List, Mint, Nothing, OfPayment, Search,
};
pub(super) use refund::{DisputePage, Refund, RefundPage};

use value::{boolean, integer, member};

/// Why an object of Stripe's means nothing here.
#[derive(Debug, Error)]
pub(super) enum Unread {
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{0} has an unknown value")]
    Strange(&'static str),
    #[error(transparent)]
    Amount(#[from] AmountError),
}

/// A `payment_intent`.
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: Option<String>,
    amount: Option<i64>,
    amount_capturable: Option<i64>,
    amount_received: Option<i64>,
    currency: Option<String>,
    status: Option<String>,
    created: Option<i64>,
    livemode: Option<bool>,
    /// An id, or the whole charge where it was asked for.
    latest_charge: Option<Value>,
    metadata: Option<Metadata>,
    last_payment_error: Option<LastError>,
}

/// A page of a list of payment intents.
#[derive(Debug, Deserialize)]
pub(super) struct IntentPage {
    pub(super) data: Option<Vec<Intent>>,
    pub(super) has_more: Option<bool>,
    /// Where a search goes on.
    pub(super) next_page: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Metadata {
    #[serde(rename = "acp_bridge")]
    store: Option<String>,
    #[serde(rename = "acp_session")]
    session: Option<String>,
    #[serde(rename = "acp_agent")]
    agent: Option<String>,
    #[serde(rename = "acp_order")]
    order: Option<String>,
}

#[derive(Debug, Deserialize)]
struct LastError {
    code: Option<String>,
    decline_code: Option<String>,
}

/// Something of which only the id matters.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) id: Option<String>,
}

/// A `shared_payment.granted_token`.
#[derive(Debug, Deserialize)]
pub(super) struct GrantedToken {
    livemode: Option<bool>,
    usage_limits: Option<UsageLimits>,
    usage_details: Option<UsageDetails>,
    deactivated_at: Option<i64>,
    deactivated_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct UsageLimits {
    currency: Option<String>,
    max_amount: Option<i64>,
    expires_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct UsageDetails {
    amount_captured: Option<Captured>,
}

#[derive(Debug, Deserialize)]
struct Captured {
    value: Option<i64>,
}

/// An `account`.
#[derive(Debug, Deserialize)]
pub(super) struct Account {
    pub(super) id: Option<String>,
    pub(super) charges_enabled: Option<bool>,
    business_profile: Option<BusinessProfile>,
}

#[derive(Debug, Deserialize)]
struct BusinessProfile {
    name: Option<String>,
}

impl Intent {
    pub(super) fn belongs_to(&self, session: &SessionId) -> bool {
        let named = self.metadata.as_ref().and_then(|metadata| metadata.session.as_deref());
        named == Some(session.as_str())
    }
}

impl TryFrom<Intent> for Payment {
    type Error = Unread;

    fn try_from(intent: Intent) -> Result<Self, Unread> {
        let state = state(intent.status.as_deref())?;
        let currency = currency(intent.currency.as_deref())?;
        let money = |amount| amount::from_stripe(amount, currency);
        // Absent means nothing, except where the amount is what the state is about.
        let due = |amount: Option<i64>, expected_in, name| match amount {
            Some(amount) => Ok(money(amount)?),
            None if state == expected_in => Err(Unread::Missing(name)),
            None => Ok(Money::zero(currency)),
        };
        let metadata = intent.metadata.unwrap_or_default();
        let charge = intent.latest_charge.unwrap_or_default();
        Ok(Self {
            id: PaymentId::new(intent.id.ok_or(Unread::Missing("id"))?),
            state,
            total: money(intent.amount.ok_or(Unread::Missing("amount"))?)?,
            capturable: due(
                intent.amount_capturable,
                PaymentState::Authorized,
                "amount_capturable",
            )?,
            captured: due(intent.amount_received, PaymentState::Captured, "amount_received")?,
            // What was let go without being taken stands there as given back, too.
            refunded: match integer(&charge, "amount_refunded") {
                Some(amount) if state == PaymentState::Captured => money(amount)?,
                _ => Money::zero(currency),
            },
            is_disputed: boolean(&charge, "disputed").unwrap_or_default(),
            session: metadata.session.map(SessionId::new),
            store: metadata.store,
            agent: metadata.agent.map(AgentId::new),
            order: metadata.order.map(OrderId::new),
            opened_at: time(intent.created)?,
            held_until: held_until(&charge),
            livemode: intent.livemode.unwrap_or_default(),
            decline: intent
                .last_payment_error
                .map(|error| decline(error.decline_code.or(error.code))),
        })
    }
}

impl TryFrom<GrantedToken> for TokenInfo {
    type Error = Unread;

    fn try_from(token: GrantedToken) -> Result<Self, Unread> {
        let limits = token.usage_limits.ok_or(Unread::Missing("usage_limits"))?;
        let currency = currency(limits.currency.as_deref())?;
        let granted = limits.max_amount.ok_or(Unread::Missing("max_amount"))?;
        let captured = token.usage_details.and_then(|details| details.amount_captured?.value);
        let left = granted.saturating_sub(captured.unwrap_or_default()).max(0);
        let deactivated = token.deactivated_reason.as_deref().map(deactivation);
        Ok(Self {
            limit: amount::from_stripe(left, currency)?,
            expires_at: limits.expires_at.and_then(|at| Timestamp::from_second(at).ok()),
            deactivated: deactivated.or(token.deactivated_at.map(|_| Deactivation::Other)),
            livemode: token.livemode.unwrap_or_default(),
        })
    }
}

impl Account {
    /// What the owner calls it.
    pub(super) fn name(&self) -> &str {
        let name = self.business_profile.as_ref().and_then(|profile| profile.name.as_deref());
        name.or(self.id.as_deref()).unwrap_or("the account")
    }
}

fn state(status: Option<&str>) -> Result<PaymentState, Unread> {
    match status.ok_or(Unread::Missing("status"))? {
        "requires_payment_method" | "requires_confirmation" => Ok(PaymentState::Open),
        "requires_action" => Ok(PaymentState::ActionRequired),
        "processing" => Ok(PaymentState::Processing),
        "requires_capture" => Ok(PaymentState::Authorized),
        "succeeded" => Ok(PaymentState::Captured),
        "canceled" => Ok(PaymentState::Voided),
        _ => Err(Unread::Strange("status")),
    }
}

fn currency(code: Option<&str>) -> Result<Currency, Unread> {
    let code = code.ok_or(Unread::Missing("currency"))?.to_ascii_uppercase();
    Currency::from_code(&code).ok_or(Unread::Strange("currency"))
}

fn time(second: Option<i64>) -> Result<Timestamp, Unread> {
    let second = second.ok_or(Unread::Missing("created"))?;
    Timestamp::from_second(second).map_err(|_| Unread::Strange("created"))
}

/// When the bank lets go of held money.
fn held_until(charge: &Value) -> Option<Timestamp> {
    let card = member(member(charge, "payment_method_details")?, "card")?;
    Timestamp::from_second(integer(card, "capture_before")?).ok()
}

fn deactivation(reason: &str) -> Deactivation {
    match reason {
        "consumed" => Deactivation::Consumed,
        "expired" => Deactivation::Expired,
        "revoked" => Deactivation::Revoked,
        "resolved" => Deactivation::Resolved,
        _ => Deactivation::Other,
    }
}

#[cfg(test)]
mod tests;
