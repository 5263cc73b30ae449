//! Shared Payment Tokens as their seller sees them: granted, spent, expired, revoked.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    account::Account, agenda::Due, cards::Card, confirm::nobody, errors::Refusal, form::Form,
    intents::Intent, quirks::ConsumeOn,
};

/// A `shared_payment.granted_token`.
#[derive(Clone)]
pub(super) struct Token {
    id: String,
    card: Card,
    created: i64,
    currency: String,
    max_amount: i64,
    expires_at: Option<i64>,
    captured: i64,
    /// Held by payments that are not captured yet.
    held: i64,
    deactivated: Option<(i64, &'static str)>,
    metadata: BTreeMap<String, String>,
    audience: Audience,
}

/// Who can see and spend a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// This account.
    Seller,
    /// Another account: here it does not exist.
    OtherSeller,
    /// This account in live mode: it does not exist for a test key, which is told why.
    LiveMode,
}

/// What a new token shall allow.
#[derive(Clone, Debug)]
pub struct Grant {
    /// One of Stripe's for tests: `pm_card_visa`.
    pub payment_method: String,
    /// In lower case.
    pub currency: String,
    /// Minor units.
    pub max_amount: i64,
    /// The last second it can confirm a payment.
    pub expires_at: Option<i64>,
    /// What the agent says about it.
    pub metadata: Vec<(String, String)>,
    /// Who can see and spend it.
    pub audience: Audience,
}

impl Account {
    /// Answers `POST /v1/test_helpers/shared_payment/granted_tokens`.
    pub(super) fn grant_token(&mut self, mut form: Form) -> Result<Value, Refusal> {
        let payment_method = form.text("payment_method")?;
        let payment_method = payment_method.ok_or_else(|| form.missing("payment_method"))?;
        let mut limits = form.hash("usage_limits")?.ok_or_else(|| form.missing("usage_limits"))?;
        let currency = limits.text("currency")?.ok_or_else(|| limits.missing("currency"))?;
        let max_amount = limits.positive("max_amount")?;
        let max_amount = max_amount.ok_or_else(|| limits.missing("max_amount"))?;
        let expires_at = limits.positive("expires_at")?;
        if expires_at.is_some_and(|at| at <= self.now()) {
            let words = "This value must be in the future.";
            return Err(Refusal::parameter(words, "usage_limits[expires_at]"));
        }
        limits.end()?;
        let metadata = form.metadata("shared_metadata")?;
        form.end()?;
        let audience = Audience::Seller;
        let grant = Grant { payment_method, currency, max_amount, expires_at, metadata, audience };
        let id = self.grant(grant)?;
        self.token_view(&id)
    }

    pub(super) fn grant(&mut self, grant: Grant) -> Result<String, Refusal> {
        let name = &grant.payment_method;
        let card = Card::named(name)
            .ok_or_else(|| Refusal::no_such(400, "PaymentMethod", name, "payment_method"))?;
        let id = self.id("spt_1");
        let token = Token {
            id: id.clone(),
            card,
            created: self.now(),
            currency: grant.currency,
            max_amount: grant.max_amount,
            expires_at: grant.expires_at,
            captured: 0,
            held: 0,
            deactivated: None,
            metadata: grant.metadata.into_iter().collect(),
            audience: grant.audience,
        };
        if let Some(at) = token.expires_at {
            self.agenda.add(at, Due::TokenExpires(id.clone()));
        }
        self.tokens.insert(id.clone(), token);
        Ok(id)
    }

    /// Answers `POST /v1/test_helpers/shared_payment/granted_tokens/{spt}/revoke`.
    pub(super) fn revoke_token(&mut self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        let now = self.now();
        self.token(id, "granted_token")?;
        let missing = || Refusal::no_such(404, "granted_token", id, "id");
        let token = self.tokens.get_mut(id).ok_or_else(missing)?;
        if token.deactivated.is_some() {
            return Err(token.deactivated_refusal());
        }
        token.deactivated = Some((now, "revoked"));
        let view = token.view();
        self.emit_token("shared_payment.granted_token.deactivated", id);
        Ok(view)
    }

    /// Answers `GET /v1/shared_payment/granted_tokens/{spt}`.
    pub(super) fn token_view(&self, id: &str) -> Result<Value, Refusal> {
        self.token(id, "granted_token").map(Token::view)
    }

    /// A token this account may see.
    fn token(&self, id: &str, param: &str) -> Result<&Token, Refusal> {
        let kind = "shared_payment.granted_token";
        let missing = || Refusal::no_such(self.quirks.missing_token_status, kind, id, param);
        let token = self.tokens.get(id).ok_or_else(missing)?;
        match token.audience {
            Audience::Seller => Ok(token),
            Audience::OtherSeller => Err(missing()),
            Audience::LiveMode => Err(missing().with(
                "message",
                format!(
                    "No such {kind}: '{id}'; a similar object exists in live mode, but a test mode \
                     key was used to make this request."
                ),
            )),
        }
    }

    /// The card behind a token that may pay for all of this payment.
    pub(super) fn spendable(
        &self,
        id: &str,
        param: &str,
        intent: &Intent,
    ) -> Result<Card, Refusal> {
        let token = self.token(id, param)?;
        if token.deactivated.is_some() {
            return Err(token.deactivated_refusal());
        }
        if token.currency != intent.currency {
            let message = "The currency of the PaymentIntent does not match the currency of the \
                           shared payment token.";
            return Err(Refusal::during(message));
        }
        let left = token.max_amount - token.captured - token.held;
        if intent.amount > left {
            let message = format!(
                "The amount of the PaymentIntent is greater than the remaining amount capturable \
                 with the shared payment token ({left} {}).",
                token.currency
            );
            return Err(Refusal::during(&message));
        }
        if intent.setup_future_usage.is_some() {
            let message = "A shared payment token cannot be used with `setup_future_usage`.";
            return Err(Refusal::during(message));
        }
        Ok(token.card)
    }

    pub(super) fn token_authorized(&mut self, intent: &Intent) {
        let (now, consume) = (self.now(), self.quirks.consume_on == ConsumeOn::Authorize);
        let Some(token) = self.token_of(intent) else { return };
        token.held += intent.amount;
        let id = token.id.clone();
        if consume {
            token.deactivated.get_or_insert((now, "consumed"));
        }
        self.emit_token("shared_payment.granted_token.used", &id);
        if consume {
            self.emit_token("shared_payment.granted_token.deactivated", &id);
        }
    }

    pub(super) fn token_captured(&mut self, intent: &Intent, amount: i64) {
        let now = self.now();
        let Some(token) = self.token_of(intent) else { return };
        token.held -= intent.amount;
        token.captured += amount;
        if token.deactivated.is_none() {
            token.deactivated = Some((now, "consumed"));
            let id = token.id.clone();
            self.emit_token("shared_payment.granted_token.deactivated", &id);
        }
    }

    /// Money that was held is let go: whether the token lives again is a quirk.
    pub(super) fn token_released(&mut self, intent: &Intent) {
        let (now, revive) = (self.now(), self.quirks.revive_on_cancel);
        let Some(token) = self.token_of(intent) else { return };
        token.held -= intent.amount;
        match token.deactivated {
            Some((_, "consumed")) if revive => {
                let expired = token.expires_at.filter(|at| *at <= now);
                token.deactivated = expired.map(|at| (at, "expired"));
            }
            None if !revive => token.deactivated = Some((now, "consumed")),
            _ => {}
        }
    }

    /// A token whose time has come is deactivated.
    pub(super) fn expire_token(&mut self, id: &str) {
        let now = self.now();
        let Some(token) = self.tokens.get_mut(id).filter(|t| t.deactivated.is_none()) else {
            return;
        };
        token.deactivated = Some((now, "expired"));
        self.emit_token("shared_payment.granted_token.deactivated", id);
    }

    fn token_of(&mut self, intent: &Intent) -> Option<&mut Token> {
        let id = intent.method.as_ref()?.token.as_ref()?;
        self.tokens.get_mut(id)
    }
}

impl Token {
    pub(super) fn view(&self) -> Value {
        let (at, reason) = self.deactivated.unzip();
        json!({
            "id": self.id,
            "object": "shared_payment.granted_token",
            "agent_details": { "network_business_profile": "profile_test_agent" },
            "created": self.created,
            "deactivated_at": at,
            "deactivated_reason": reason,
            "livemode": false,
            "payment_method_details": {
                "billing_details": nobody(),
                "card": self.card.limited_view(),
                "type": "card",
            },
            "risk_details": { "insights": {
                "bot": insight(),
                "card_issuer_decline": insight(),
                "card_testing": insight(),
                "fraudulent_dispute": insight(),
                "stolen_card": insight(),
            } },
            "shared_metadata": self.metadata,
            "usage_details": {
                "amount_captured": { "currency": self.currency, "value": self.captured },
            },
            "usage_limits": {
                "currency": self.currency,
                "expires_at": self.expires_at,
                "max_amount": self.max_amount,
            },
        })
    }

    /// Stripe gives no code and no reason.
    fn deactivated_refusal(&self) -> Refusal {
        let message = format!("The shared payment token {} is in a deactivated state.", self.id);
        Refusal::during(&message)
    }
}

fn insight() -> Value {
    json!({ "recommended_action": "continue", "score": 1 })
}
