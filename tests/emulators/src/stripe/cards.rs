//! Test cards, by the names Stripe gives to their payment methods.

use serde_json::{Map, Value, json};

use super::disputes::Complaint;

/// A test card.
#[derive(Clone, Copy, Debug)]
pub(super) struct Card {
    pub(super) brand: &'static str,
    last4: &'static str,
    funding: &'static str,
    pub(super) behavior: Behavior,
}

/// How refunds to a card go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Return {
    AtOnce,
    /// They are pending at first.
    Late,
    /// They seem to arrive, and come back.
    Never,
}

/// What happens when the card is charged.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behavior {
    Approve,
    Decline(Decline),
    /// The buyer must authenticate first; then the bank decides.
    Authenticate(Option<Decline>),
}

/// A bank's no.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decline {
    pub(super) code: &'static str,
    /// What the answer calls `decline_code`.
    pub(super) reason: &'static str,
    pub(super) message: &'static str,
    advice: &'static str,
}

impl Card {
    /// The card behind `pm_card_…`, if there is one.
    pub(super) fn named(payment_method: &str) -> Option<Self> {
        let name = payment_method.strip_prefix("pm_card_")?;
        let (brand, last4) = match name {
            "mastercard" => ("mastercard", "4444"),
            "mastercard_debit" => ("mastercard", "3222"),
            "amex" => ("amex", "8431"),
            "discover" => ("discover", "1117"),
            "visa_debit" => ("visa", "5556"),
            "visa" | "us" => ("visa", "4242"),
            "createDispute" => ("visa", "0259"),
            "createDisputeInquiry" => ("visa", "1976"),
            "createDisputeProductNotReceived" => ("visa", "2685"),
            "pendingRefund" => ("visa", "7726"),
            "refundFail" => ("visa", "5126"),
            _ => ("visa", "0002"),
        };
        let funding = if name.ends_with("_debit") { "debit" } else { "credit" };
        let behavior = if last4 == "0002" {
            behavior(name.strip_prefix("visa_").unwrap_or(name))?
        } else {
            Behavior::Approve
        };
        Some(Self { brand, last4, funding, behavior })
    }

    /// How refunds to it go; its number tells.
    pub(super) fn refunds_go(&self) -> Return {
        match self.last4 {
            "7726" => Return::Late,
            "5126" => Return::Never,
            _ => Return::AtOnce,
        }
    }

    /// What its owner says some time after the money was taken.
    pub(super) fn complaint(&self) -> Option<Complaint> {
        let (reason, is_inquiry) = match self.last4 {
            "0259" => ("fraudulent", false),
            "2685" => ("product_not_received", false),
            "1976" => ("fraudulent", true),
            _ => return None,
        };
        Some(Complaint { reason, is_inquiry })
    }

    /// `card` of a payment method.
    pub(super) fn view(&self) -> Value {
        json!({
            "brand": self.brand,
            "checks": self.checks(),
            "country": "US",
            "display_brand": self.brand,
            "exp_month": 12,
            "exp_year": 2034,
            "fingerprint": format!("fp{}", self.last4),
            "funding": self.funding,
            "generated_from": null,
            "last4": self.last4,
            "networks": { "available": [self.brand], "preferred": null },
            "regulated_status": "unregulated",
            "three_d_secure_usage": { "supported": true },
            "wallet": null,
        })
    }

    /// `payment_method_details` of a granted token: less is told.
    pub(super) fn limited_view(&self) -> Value {
        json!({
            "brand": self.brand,
            "checks": self.checks(),
            "country": "US",
            "display_brand": self.brand,
            "exp_month": 12,
            "exp_year": 2034,
            "funding": self.funding,
            "last4": self.last4,
            "wallet": null,
        })
    }

    /// `payment_method_details.card` of a charge.
    pub(super) fn charged_view(&self, amount: i64, capture_before: Option<i64>) -> Value {
        let unavailable = || json!({ "status": "unavailable" });
        let mut view = json!({
            "amount_authorized": amount,
            "authorization_code": "123456",
            "brand": self.brand,
            "checks": self.checks(),
            "country": "US",
            "exp_month": 12,
            "exp_year": 2034,
            "extended_authorization": { "status": "disabled" },
            "fingerprint": format!("fp{}", self.last4),
            "funding": self.funding,
            "incremental_authorization": unavailable(),
            "installments": null,
            "last4": self.last4,
            "mandate": null,
            "multicapture": unavailable(),
            "network": self.brand,
            "network_token": { "used": false },
            "overcapture": { "maximum_amount_capturable": amount, "status": "unavailable" },
            "regulated_status": "unregulated",
            "three_d_secure": null,
            "wallet": null,
        });
        if let Some(at) = capture_before {
            view["capture_before"] = at.into();
        }
        view
    }

    fn checks(&self) -> Value {
        let cvc = match self.behavior {
            Behavior::Decline(decline) if decline.code == "incorrect_cvc" => "fail",
            _ => "pass",
        };
        json!({ "address_line1_check": null, "address_postal_code_check": null, "cvc_check": cvc })
    }
}

impl Decline {
    /// The buyer did not come to prove who they are.
    pub(super) const UNAUTHENTICATED: Self = Self {
        code: "authentication_required",
        reason: "authentication_required",
        message: "Your card was declined. This transaction requires authentication.",
        advice: "confirm_card_data",
    };

    /// The buyer tried and failed to prove who they are.
    pub(super) const UNPROVED: Self = Self {
        code: "payment_intent_authentication_failure",
        reason: "authentication_required",
        message: "We are unable to authenticate your payment method. Please choose a different \
                  payment method and try again.",
        advice: "confirm_card_data",
    };

    /// The error as both the answer and the payment tell it.
    pub(super) fn error(&self, charge: Option<&str>, payment_method: Value) -> Map<String, Value> {
        let page = format!("https://stripe.com/docs/error-codes/{}", self.code.replace('_', "-"));
        let mut error = Map::from_iter([
            ("advice_code".to_owned(), self.advice.into()),
            ("code".to_owned(), self.code.into()),
            ("decline_code".to_owned(), self.reason.into()),
            ("doc_url".to_owned(), page.into()),
            ("message".to_owned(), self.message.into()),
            ("network_decline_code".to_owned(), "01".into()),
            ("payment_method".to_owned(), payment_method),
            ("type".to_owned(), "card_error".into()),
        ]);
        if let Some(charge) = charge {
            error.insert("charge".to_owned(), charge.into());
        }
        error
    }
}

const DECLINED: &str = "Your card was declined.";

fn behavior(name: &str) -> Option<Behavior> {
    const RETRY: &str = "try_again_later";
    const NEVER: &str = "do_not_try_again";
    const CHECK: &str = "confirm_card_data";
    let no = |code, reason, message, advice| Decline { code, reason, message, advice };
    let poor = "Your card has insufficient funds.";
    let decline = match name {
        "chargeDeclined" => no("card_declined", "generic_decline", DECLINED, RETRY),
        "chargeDeclinedInsufficientFunds" => no("card_declined", "insufficient_funds", poor, RETRY),
        "chargeDeclinedLostCard" => no("card_declined", "lost_card", DECLINED, NEVER),
        "chargeDeclinedStolenCard" => no("card_declined", "stolen_card", DECLINED, NEVER),
        "chargeDeclinedFraudulent" | "radarBlock" => {
            no("card_declined", "fraudulent", DECLINED, NEVER)
        }
        "chargeDeclinedVelocityLimitExceeded" => {
            no("card_declined", "card_velocity_exceeded", DECLINED, RETRY)
        }
        "chargeDeclinedExpiredCard" => {
            no("expired_card", "expired_card", "Your card has expired.", CHECK)
        }
        "chargeDeclinedIncorrectCvc" => {
            let words = "Your card's security code is incorrect.";
            no("incorrect_cvc", "incorrect_cvc", words, CHECK)
        }
        "chargeDeclinedProcessingError" => {
            let words = "An error occurred while processing your card. Try again in a little bit.";
            no("processing_error", "processing_error", words, RETRY)
        }
        "authenticationRequired" | "threeDSecure2Required" => {
            return Some(Behavior::Authenticate(None));
        }
        "authenticationRequiredChargeDeclinedInsufficientFunds" => {
            let decline = no("card_declined", "insufficient_funds", poor, RETRY);
            return Some(Behavior::Authenticate(Some(decline)));
        }
        _ => return None,
    };
    Some(Behavior::Decline(decline))
}
