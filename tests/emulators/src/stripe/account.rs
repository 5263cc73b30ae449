//! One account: all that is in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rand::{Rng, SeedableRng, distr::Alphanumeric, rngs::StdRng};
use serde_json::{Value, json};

use super::{
    agenda::Agenda,
    charges::Charge,
    deliveries::Outbox,
    disputes::Dispute,
    endpoints::Endpoint,
    errors::Refusal,
    events::{Cause, Event},
    form::Form,
    idempotency::{Keys, Use},
    intents::Intent,
    journal::Entry,
    ledger::Movement,
    quirks::Quirks,
    refunds::Refund,
    search::Index,
    shelf::Shelf,
    tokens::Token,
    wire::{Answer, Call},
};

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
    /// The second at which something happens by itself, while it does.
    pub(super) moment: Option<i64>,
    pub(super) chance: StdRng,
    pub(super) quirks: Quirks,
    pub(super) id: String,
    pub(super) intents: Shelf<Arc<Intent>>,
    pub(super) charges: Shelf<Charge>,
    pub(super) refunds: Shelf<Refund>,
    pub(super) disputes: Shelf<Dispute>,
    pub(super) tokens: BTreeMap<String, Token>,
    pub(super) events: Shelf<Event>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) outbox: Outbox,
    pub(super) index: Index,
    pub(super) agenda: Agenda,
    pub(super) keys: Keys,
    /// Payments that a slow call has locked.
    pub(super) busy: BTreeSet<String>,
    /// The call that is being carried out.
    pub(super) cause: Option<Cause>,
    pub(super) authorizations: usize,
    pub(super) movements: Vec<Movement>,
    pub(super) journal: Vec<Entry>,
}

impl Account {
    pub(super) fn new(clock: crate::Now, seed: u64) -> Self {
        let mut account = Self {
            clock,
            moment: None,
            chance: StdRng::seed_from_u64(seed),
            quirks: Quirks::default(),
            id: String::new(),
            intents: Shelf::default(),
            charges: Shelf::default(),
            refunds: Shelf::default(),
            disputes: Shelf::default(),
            tokens: BTreeMap::new(),
            events: Shelf::default(),
            endpoints: Vec::new(),
            outbox: Outbox::default(),
            index: Index::default(),
            agenda: Agenda::default(),
            keys: Keys::default(),
            busy: BTreeSet::new(),
            cause: None,
            authorizations: 0,
            movements: Vec::new(),
            journal: Vec::new(),
        };
        account.id = account.id("acct_1");
        account
    }

    /// Seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.moment.unwrap_or_else(|| (self.clock)().as_second())
    }

    /// A new id.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        let letters = (0..23).map(|_| char::from(self.chance.sample(Alphanumeric)));
        prefix.chars().chain(letters).collect()
    }

    /// Takes the key and the payment of a call into use, or answers what the first call with
    /// that key was answered.
    pub(super) fn open(&mut self, call: &Call, form: &Form) -> Result<Option<Answer>, Refusal> {
        let version = self.quirks.keys_bind_version.then(|| call.version());
        let used = Use { path: &call.path, parameters: form, version, now: (self.clock)() };
        if let Some(key) = call.key()
            && let Some(kept) = self.keys.find(key, &used)?
        {
            return Ok(Some(kept));
        }
        let payment = call.payment().filter(|_| call.method == "POST");
        if payment.is_some_and(|payment| self.busy.contains(payment)) {
            return Err(Refusal::locked());
        }
        if let Some(key) = call.key() {
            self.keys.open(key, &used);
        }
        Ok(None)
    }

    /// Answers `GET /v1/account`.
    pub(super) fn view(&self, form: Form) -> Result<Value, Refusal> {
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
            "settings": {
                "branding": {
                    "icon": null, "logo": null, "primary_color": null, "secondary_color": null,
                },
                "card_payments": {
                    "statement_descriptor_prefix": null,
                    "statement_descriptor_prefix_kana": null,
                    "statement_descriptor_prefix_kanji": null,
                },
                "dashboard": { "display_name": "Emulated Shop", "timezone": "Etc/UTC" },
                "payments": {
                    "statement_descriptor": null,
                    "statement_descriptor_kana": null,
                    "statement_descriptor_kanji": null,
                },
            },
            "type": "standard",
        }))
    }
}
