//! What goes over the wire: our own few members of Stripe's objects, and what they mean here.
//!
//! Every member of an answer is optional, because a preview version may drop any of them. Only
//! what decides about money is missed.

use commerce::{Currency, Money, OrderId, PaymentId, SessionId};
use jiff::Timestamp;
use miniserde::Deserialize;
use serde::Serialize;
use thiserror::Error;

use super::{
    amount::{self, AmountError},
    error::decline,
};
use crate::{
    Deactivation, Opening, Payment, PaymentState, PaymentToken, Proof, TokenInfo, TokenParameter,
};

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
    metadata: Option<Metadata>,
    last_payment_error: Option<LastError>,
}

/// A page of a list of payment intents.
#[derive(Debug, Deserialize)]
pub(super) struct IntentPage {
    pub(super) data: Option<Vec<Intent>>,
    pub(super) has_more: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    acp_session: Option<String>,
    acp_order: Option<String>,
}

#[derive(Debug, Deserialize)]
struct LastError {
    code: Option<String>,
    decline_code: Option<String>,
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
        let named = self.metadata.as_ref().and_then(|metadata| metadata.acp_session.as_deref());
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
        let (session, order) = match intent.metadata {
            Some(Metadata { acp_session, acp_order }) => (acp_session, acp_order),
            None => (None, None),
        };
        Ok(Self {
            id: PaymentId::new(intent.id.ok_or(Unread::Missing("id"))?),
            total: money(intent.amount.ok_or(Unread::Missing("amount"))?)?,
            capturable: due(
                intent.amount_capturable,
                PaymentState::Authorized,
                "amount_capturable",
            )?,
            captured: due(intent.amount_received, PaymentState::Captured, "amount_received")?,
            state,
            session: session.map(SessionId::new),
            order: order.map(OrderId::new),
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

fn deactivation(reason: &str) -> Deactivation {
    match reason {
        "consumed" => Deactivation::Consumed,
        "expired" => Deactivation::Expired,
        "revoked" => Deactivation::Revoked,
        "resolved" => Deactivation::Resolved,
        _ => Deactivation::Other,
    }
}

/// No parameters.
#[derive(Debug, Serialize)]
pub(super) struct Nothing {}

/// Parameters of a new payment: no payment method, so it cannot move money.
#[derive(Debug, Serialize)]
pub(super) struct Create<'a> {
    amount: i64,
    currency: String,
    capture_method: &'static str,
    automatic_payment_methods: AutomaticPaymentMethods,
    description: &'a str,
    metadata: CreateMetadata<'a>,
}

/// Redirects are ruled out, because nobody could follow one. Documented for payments in
/// general; that it is accepted together with a token is not proved against Stripe yet.
#[derive(Debug, Serialize)]
struct AutomaticPaymentMethods {
    enabled: bool,
    allow_redirects: &'static str,
}

#[derive(Debug, Serialize)]
struct CreateMetadata<'a> {
    #[serde(rename = "acp_bridge")]
    store: &'a str,
    #[serde(rename = "acp_session")]
    session: &'a str,
    #[serde(rename = "acp_order", skip_serializing_if = "Option::is_none")]
    order: Option<&'a str>,
}

/// Another amount for a payment that holds no money.
#[derive(Debug, Serialize)]
pub(super) struct Amend {
    pub(super) amount: i64,
}

/// The token to charge, in one of its two places.
#[derive(Serialize)]
pub(super) struct Confirm<'a> {
    error_on_requires_action: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method_options: Option<MethodOptions<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method_data: Option<TokenMember<'a>>,
    #[serde(flatten)]
    top_level: Option<TokenMember<'a>>,
}

#[derive(Serialize)]
struct MethodOptions<'a> {
    card: CardOptions<'a>,
}

#[derive(Serialize)]
struct CardOptions<'a> {
    three_d_secure: ThreeDSecure<'a>,
}

#[derive(Serialize)]
struct ThreeDSecure<'a> {
    cryptogram: &'a str,
    electronic_commerce_indicator: &'a str,
    transaction_id: &'a str,
    version: &'a str,
}

#[derive(Serialize)]
struct TokenMember<'a> {
    shared_payment_granted_token: &'a str,
}

/// How much to take, and for which order.
#[derive(Debug, Serialize)]
pub(super) struct Capture<'a> {
    amount_to_capture: i64,
    metadata: CaptureMetadata<'a>,
}

#[derive(Debug, Serialize)]
struct CaptureMetadata<'a> {
    acp_order: &'a str,
}

/// Which payments to list, newest first.
#[derive(Debug, Serialize)]
pub(super) struct List {
    limit: u8,
    created: Since,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) starting_after: Option<String>,
}

#[derive(Debug, Serialize)]
struct Since {
    gte: i64,
}

impl<'a> Create<'a> {
    pub(super) fn new(opening: &Opening<'a>) -> Result<Self, AmountError> {
        Ok(Self {
            amount: amount::to_stripe(opening.total)?,
            currency: opening.total.currency().code().to_ascii_lowercase(),
            capture_method: "manual",
            automatic_payment_methods: AutomaticPaymentMethods {
                enabled: true,
                allow_redirects: "never",
            },
            description: opening.description,
            metadata: CreateMetadata {
                store: opening.store,
                session: opening.session.as_str(),
                order: opening.order.map(OrderId::as_str),
            },
        })
    }
}

impl<'a> Confirm<'a> {
    pub(super) fn new(
        token: &'a PaymentToken,
        proof: Option<&'a Proof>,
        parameter: TokenParameter,
    ) -> Self {
        let member = Some(TokenMember { shared_payment_granted_token: token.expose() });
        let (payment_method_data, top_level) = match parameter {
            TokenParameter::PaymentMethodData => (member, None),
            TokenParameter::TopLevel => (None, member),
        };
        let payment_method_options = proof.map(MethodOptions::proved);
        Self {
            error_on_requires_action: true,
            payment_method_options,
            payment_method_data,
            top_level,
        }
    }
}

impl<'a> MethodOptions<'a> {
    fn proved(proof: &'a Proof) -> Self {
        let three_d_secure = ThreeDSecure {
            cryptogram: &proof.cryptogram,
            electronic_commerce_indicator: &proof.indicator,
            transaction_id: &proof.transaction_id,
            version: &proof.version,
        };
        Self { card: CardOptions { three_d_secure } }
    }
}

impl<'a> Capture<'a> {
    pub(super) fn new(total: Money, order: &'a OrderId) -> Result<Self, AmountError> {
        Ok(Self {
            amount_to_capture: amount::to_stripe(total)?,
            metadata: CaptureMetadata { acp_order: order.as_str() },
        })
    }
}

impl List {
    pub(super) const fn since(second: i64) -> Self {
        Self { limit: 100, created: Since { gte: second }, starting_after: None }
    }
}

#[cfg(test)]
mod tests;
