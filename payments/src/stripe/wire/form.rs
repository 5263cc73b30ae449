//! Parameters of our calls.

use commerce::{Money, OrderId};
use serde::Serialize;

use crate::{
    Opening, Origin, PaymentError, PaymentToken, Proof, RefundRequest, Sca, Settings,
    TokenParameter,
    stripe::{amount, amount::AmountError, rejected, wire::EVENTS},
};

/// Stripe keeps no longer text in metadata.
const METADATA_MAX: usize = 500;
/// What was given back and whether it is disputed stands in the charge.
const CHARGE: [&str; 1] = ["latest_charge"];

/// No parameters.
#[derive(Debug, Serialize)]
pub(in crate::stripe) struct Nothing {}

/// Only which part of the answer to write out.
#[derive(Debug, Serialize)]
pub(in crate::stripe) struct Expanded {
    expand: [&'static str; 1],
}

impl Expanded {
    pub(in crate::stripe) const CHARGE: Self = Self { expand: CHARGE };
}

/// Parameters of a new payment: no payment method, so it cannot move money.
#[derive(Debug, Serialize)]
pub(in crate::stripe) struct Create<'a> {
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
    #[serde(rename = "acp_agent")]
    agent: &'a str,
    #[serde(rename = "acp_order", skip_serializing_if = "Option::is_none")]
    order: Option<&'a str>,
}

/// Another amount for a payment that holds no money.
#[derive(Debug, Serialize)]
pub(in crate::stripe) struct Amend {
    pub(in crate::stripe) amount: i64,
}

/// The token to charge, in one of its two places.
#[derive(Serialize)]
pub(in crate::stripe) struct Confirm<'a> {
    expand: [&'static str; 1],
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
pub(in crate::stripe) struct Capture<'a> {
    #[serde(rename = "amount_to_capture")]
    amount: i64,
    expand: [&'static str; 1],
    metadata: CaptureMetadata<'a>,
}

#[derive(Debug, Serialize)]
struct CaptureMetadata<'a> {
    acp_order: &'a str,
}

/// What to list, newest first.
#[derive(Debug, Serialize)]
pub(in crate::stripe) struct List {
    limit: u8,
    created: Since,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    types: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::stripe) starting_after: Option<String>,
}

#[derive(Debug, Serialize)]
struct Since {
    gte: i64,
}

/// Which payments to search.
#[derive(Debug, Serialize)]
pub(in crate::stripe) struct Search {
    query: String,
    limit: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::stripe) page: Option<String>,
}

/// What belongs to a payment.
#[derive(Debug, Serialize)]
pub(in crate::stripe) struct OfPayment<'a> {
    pub(in crate::stripe) payment_intent: &'a str,
    pub(in crate::stripe) limit: u8,
}

/// A test token.
#[derive(Debug, Serialize)]
pub(in crate::stripe) struct Mint<'a> {
    payment_method: &'a str,
    usage_limits: MintLimits<'a>,
}

#[derive(Debug, Serialize)]
struct MintLimits<'a> {
    currency: &'a str,
    max_amount: i64,
}

/// Money to give back, with marks that make it ours.
#[derive(Debug, Serialize)]
pub(in crate::stripe) struct CreateRefund<'a> {
    payment_intent: &'a str,
    amount: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    metadata: RefundMetadata<'a>,
}

#[derive(Debug, Serialize)]
struct RefundMetadata<'a> {
    acp_origin: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_refund_id: Option<&'a str>,
    #[serde(skip_serializing_if = "String::is_empty")]
    acp_reason: String,
}

impl<'a> Create<'a> {
    pub(in crate::stripe) fn new(opening: &Opening<'a>) -> Result<Self, PaymentError> {
        let order = opening.order.map(OrderId::as_str);
        let (session, agent) = (opening.session.as_str(), opening.agent.as_str());
        // A payment that cannot name whom it is for could not be found again.
        let texts = [opening.store, session, agent, order.unwrap_or_default()];
        if texts.iter().any(|text| text.chars().count() > METADATA_MAX) {
            return Err(rejected("metadata_too_long", "an id is longer than Stripe can keep"));
        }
        Ok(Self {
            amount: amount::to_stripe(opening.total)?,
            currency: opening.total.currency().code().to_ascii_lowercase(),
            capture_method: "manual",
            automatic_payment_methods: AutomaticPaymentMethods {
                enabled: true,
                allow_redirects: "never",
            },
            description: opening.description,
            metadata: CreateMetadata { store: opening.store, session, agent, order },
        })
    }
}

impl<'a> Confirm<'a> {
    pub(in crate::stripe) fn new(
        token: &'a PaymentToken,
        proof: Option<&'a Proof>,
        settings: &Settings,
    ) -> Self {
        let member = Some(TokenMember { shared_payment_granted_token: token.expose() });
        let (payment_method_data, top_level) = match settings.token_parameter {
            TokenParameter::PaymentMethodData => (member, None),
            TokenParameter::TopLevel => (None, member),
        };
        let payment_method_options = proof.map(MethodOptions::proved);
        Self {
            expand: CHARGE,
            error_on_requires_action: settings.sca != Sca::SptNative,
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
    pub(in crate::stripe) fn new(total: Money, order: &'a OrderId) -> Result<Self, AmountError> {
        Ok(Self {
            amount: amount::to_stripe(total)?,
            expand: CHARGE,
            metadata: CaptureMetadata { acp_order: order.as_str() },
        })
    }
}

impl List {
    pub(in crate::stripe) const fn since(second: i64) -> Self {
        Self { limit: 100, created: Since { gte: second }, types: &[], starting_after: None }
    }

    pub(in crate::stripe) const fn events_since(second: i64) -> Self {
        Self { limit: 100, created: Since { gte: second }, types: &EVENTS, starting_after: None }
    }
}

impl Search {
    /// A store's payments that are neither captured nor voided, and were made before.
    pub(in crate::stripe) fn unsettled(store: &str, before: i64) -> Self {
        let store = store.replace('\\', "\\\\").replace('\'', "\\'");
        let query = format!(
            "metadata['acp_bridge']:'{store}' AND created<{before} AND -status:'succeeded' AND \
             -status:'canceled'"
        );
        Self { query, limit: 100, page: None }
    }
}

impl<'a> Mint<'a> {
    pub(in crate::stripe) const fn new(
        payment_method: &'a str,
        currency: &'a str,
        max_amount: i64,
    ) -> Self {
        Self { payment_method, usage_limits: MintLimits { currency, max_amount } }
    }
}

impl<'a> CreateRefund<'a> {
    pub(in crate::stripe) fn new(request: &RefundRequest<'a>) -> Result<Self, PaymentError> {
        let (acp_origin, store_refund_id, reason) = match request.origin {
            Origin::Store(id) => ("store", Some(id.as_str()), Some("requested_by_customer")),
            Origin::Rollback => ("rollback", None, None),
        };
        if store_refund_id.is_some_and(|id| id.chars().count() > METADATA_MAX) {
            return Err(rejected("metadata_too_long", "the store's id of the refund is too long"));
        }
        Ok(Self {
            payment_intent: request.payment.as_str(),
            amount: amount::to_stripe(request.amount)?,
            reason,
            metadata: RefundMetadata {
                acp_origin,
                store_refund_id,
                acp_reason: request.reason.chars().take(METADATA_MAX).collect(),
            },
        })
    }
}
