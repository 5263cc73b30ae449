//! One account: what it holds, and how its calls find their answers.

use std::collections::{BTreeMap, BTreeSet};

use rand::{Rng, SeedableRng, distr::Alphanumeric, rngs::StdRng};
use serde_json::{Value, json};

use super::{
    charges::Charge,
    errors::Refusal,
    form::Form,
    idempotency::Keys,
    intents::{Intent, Status},
    refunds::Refund,
    tokens::Token,
    wire::{Answer, Call},
};

/// Where Stripe is documented one way and observed another, or not known at all.
#[derive(Clone, Copy, Debug)]
pub struct Quirks {
    /// What uses a token up.
    pub consume_on: ConsumeOn,
    /// Whether a token lives again once the money held with it is let go.
    pub revive_on_cancel: bool,
    /// Whether versions other than previews know tokens.
    pub ga_accepts_token_field: bool,
    /// Where a confirmation takes its token.
    pub token_param: TokenParam,
}

/// What uses a token up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumeOn {
    /// Holding money.
    Authorize,
    /// Taking it.
    Capture,
}

/// Where a confirmation takes its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenParam {
    /// `payment_method_data[shared_payment_granted_token]`.
    PaymentMethodData,
    /// `shared_payment_granted_token`, as early previews had it.
    TopLevel,
}

impl Default for Quirks {
    /// The strictest reading of each.
    fn default() -> Self {
        Self {
            consume_on: ConsumeOn::Authorize,
            revive_on_cancel: false,
            ga_accepts_token_field: false,
            token_param: TokenParam::PaymentMethodData,
        }
    }
}

/// Where a call of some version may carry a token.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum TokenPlace {
    Nowhere,
    PaymentMethodData,
    TopLevel,
}

/// An account and all that is in it.
pub(super) struct Account {
    clock: crate::Now,
    chance: StdRng,
    pub(super) quirks: Quirks,
    pub(super) id: String,
    pub(super) intents: Vec<Intent>,
    pub(super) charges: BTreeMap<String, Charge>,
    pub(super) refunds: BTreeMap<String, Refund>,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) keys: Keys,
    /// Payments that a slow call has locked.
    pub(super) busy: BTreeSet<String>,
    pub(super) authorizations: usize,
    pub(super) calls: Vec<String>,
}

impl Account {
    pub(super) fn new(clock: crate::Now, seed: u64) -> Self {
        let mut account = Self {
            clock,
            chance: StdRng::seed_from_u64(seed),
            quirks: Quirks::default(),
            id: String::new(),
            intents: Vec::new(),
            charges: BTreeMap::new(),
            refunds: BTreeMap::new(),
            tokens: BTreeMap::new(),
            keys: Keys::default(),
            busy: BTreeSet::new(),
            authorizations: 0,
            calls: Vec::new(),
        };
        account.id = account.id("acct_1");
        account
    }

    /// Seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        (self.clock)().as_second()
    }

    /// A new id.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        let letters = (0..23).map(|_| char::from(self.chance.sample(Alphanumeric)));
        prefix.chars().chain(letters).collect()
    }

    /// Takes the key and the payment of a call into use, or answers what the first call with
    /// that key was answered.
    pub(super) fn open(&mut self, call: &Call, form: &Form) -> Result<Option<Answer>, Refusal> {
        let now = (self.clock)();
        if let Some(key) = call.key()
            && let Some(kept) = self.keys.find(key, &call.path, form, now)?
        {
            return Ok(Some(kept));
        }
        let payment = call.payment().filter(|_| call.method == "POST");
        if payment.is_some_and(|payment| self.busy.contains(payment)) {
            return Err(Refusal::locked());
        }
        if let Some(key) = call.key() {
            self.keys.open(key, &call.path, form, now);
        }
        Ok(None)
    }

    /// Does what time does: tokens expire, and banks let go of money nobody took.
    pub(super) fn age(&mut self) {
        self.expire_tokens();
        let now = self.now();
        let is_over = |intent: &&Intent| {
            let charge = intent.latest_charge.as_ref().and_then(|id| self.charges.get(id));
            let ends = charge.and_then(|charge| charge.capture_before);
            intent.status == Status::RequiresCapture && ends.is_some_and(|at| at <= now)
        };
        let over: Vec<_> = self.intents.iter().filter(is_over).cloned().collect();
        for intent in over {
            self.release(intent, Some("automatic"));
        }
    }

    /// Carries a call out.
    pub(super) fn answer(&mut self, call: &Call, mut form: Form) -> Result<Value, Refusal> {
        let place = self.token_place(call.version());
        let expand = form.list("expand")?;
        if let Some(other) = expand.iter().find(|name| *name != "latest_charge") {
            let words = format!("This property cannot be expanded ({other}).");
            return Err(Refusal::parameter(&words, "expand"));
        }
        let mut value = match (call.method.as_str(), call.segments().as_slice()) {
            ("GET", ["account"]) => self.view(form),
            ("POST", ["payment_intents"]) => self.create_intent(form, place),
            ("GET", ["payment_intents"]) => self.list_intents(form),
            ("GET", ["payment_intents", "search"]) => self.search_intents(form),
            ("GET", ["payment_intents", id]) => {
                form.end()?;
                self.intent(id).map(|intent| intent.view())
            }
            ("POST", ["payment_intents", id]) => self.update_intent(id, form),
            ("POST", ["payment_intents", id, "confirm"]) => self.confirm_intent(id, form, place),
            ("POST", ["payment_intents", id, "capture"]) => self.capture_intent(id, form),
            ("POST", ["payment_intents", id, "cancel"]) => self.cancel_intent(id, form),
            ("GET", ["charges", id]) => self.charge_view(id, form),
            ("POST", ["refunds"]) => self.create_refund(form),
            ("GET", ["refunds", id]) => self.refund_view(id, form),
            (_, ["shared_payment" | "test_helpers", ..]) if place != TokenPlace::Nowhere => {
                self.token_answer(call, form)
            }
            _ => Err(Refusal::no_such_route(&call.method, &call.path)),
        }?;
        if !expand.is_empty() {
            let charge = value["latest_charge"].as_str().and_then(|id| self.charges.get(id));
            if let Some(charge) = charge {
                value["latest_charge"] = charge.view();
            }
        }
        Ok(value)
    }

    fn token_answer(&mut self, call: &Call, form: Form) -> Result<Value, Refusal> {
        match (call.method.as_str(), call.segments().as_slice()) {
            ("GET", ["shared_payment", "granted_tokens", id]) => {
                form.end()?;
                self.token_view(id)
            }
            ("POST", ["test_helpers", "shared_payment", "granted_tokens"]) => {
                self.grant_token(form)
            }
            ("POST", ["test_helpers", "shared_payment", "granted_tokens", id, "revoke"]) => {
                self.revoke_token(id, form)
            }
            _ => Err(Refusal::no_such_route(&call.method, &call.path)),
        }
    }

    /// Tokens exist in previews, in one place at a time.
    fn token_place(&self, version: &str) -> TokenPlace {
        let is_preview = version.ends_with(".preview");
        match self.quirks.token_param {
            _ if !is_preview && !self.quirks.ga_accepts_token_field => TokenPlace::Nowhere,
            TokenParam::PaymentMethodData if is_preview && version < "2026-04-08" => {
                TokenPlace::Nowhere
            }
            TokenParam::PaymentMethodData => TokenPlace::PaymentMethodData,
            TokenParam::TopLevel => TokenPlace::TopLevel,
        }
    }

    /// Answers `GET /v1/account`.
    fn view(&self, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        Ok(json!({
            "id": self.id,
            "object": "account",
            "business_profile": {
                "mcc": null, "name": "Emulated Shop", "support_email": null, "url": null,
            },
            "business_type": "company",
            "capabilities": { "card_payments": "active", "transfers": "active" },
            "charges_enabled": true,
            "country": "US",
            "created": 1_700_000_000,
            "default_currency": "usd",
            "details_submitted": true,
            "email": "owner@example.com",
            "metadata": {},
            "payouts_enabled": true,
            "settings": { "dashboard": { "display_name": "Emulated Shop", "timezone": "Etc/UTC" } },
            "type": "standard",
        }))
    }
}
