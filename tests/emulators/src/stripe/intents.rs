//! PaymentIntents: what they are, how they are made, read and changed.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};

use super::{
    account::{Account, TokenPlace},
    cards::Card,
    confirm::Confirmation,
    details::{Details, automatic, check_amount},
    errors::Refusal,
    events::Thing,
    form::{Form, merge},
    ledger::Balance,
    lists::Page,
};

pub(super) const CAPTURE_METHODS: [&str; 3] = ["automatic", "automatic_async", "manual"];
pub(super) const FUTURE_USAGES: [&str; 2] = ["off_session", "on_session"];

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    RequiresCapture,
    Succeeded,
    Canceled,
}

/// The statuses in which no money is held yet.
pub(super) const OPEN: [Status; 3] =
    [Status::RequiresPaymentMethod, Status::RequiresConfirmation, Status::RequiresAction];

/// A PaymentIntent.
#[derive(Clone)]
pub(super) struct Intent {
    pub(super) id: String,
    secret: String,
    pub(super) amount: i64,
    pub(super) amount_capturable: i64,
    pub(super) amount_received: i64,
    /// Whether redirects are possible, if Stripe chooses the payment methods.
    pub(super) automatic: Option<&'static str>,
    pub(super) canceled_at: Option<i64>,
    pub(super) cancellation_reason: Option<&'static str>,
    pub(super) capture_method: &'static str,
    pub(super) created: i64,
    pub(super) currency: String,
    pub(super) last_payment_error: Option<Value>,
    pub(super) latest_charge: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) method: Option<PaymentMethod>,
    /// The seller's own names for the payment.
    pub(super) references: BTreeMap<&'static str, String>,
    pub(super) setup_future_usage: Option<&'static str>,
    shipping: Option<Value>,
    pub(super) status: Status,
    texts: BTreeMap<&'static str, String>,
    /// When it last changed, in seconds.
    pub(super) changed: i64,
    /// How many there were before it.
    pub(super) made: usize,
}

/// What a payment is paid with.
#[derive(Clone)]
pub(super) struct PaymentMethod {
    pub(super) id: String,
    pub(super) card: Card,
    /// The token it was cloned from.
    pub(super) token: Option<String>,
    pub(super) created: i64,
}

impl Status {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

impl Account {
    /// Answers `POST /v1/payment_intents`.
    pub(super) fn create_intent(
        &mut self,
        mut form: Form,
        place: TokenPlace,
    ) -> Result<Value, Refusal> {
        let amount = form.positive("amount")?.ok_or_else(|| form.missing("amount"))?;
        let currency = form.text("currency")?.ok_or_else(|| form.missing("currency"))?;
        check_amount(amount, &currency)?;
        let capture_method = form.choice("capture_method", &CAPTURE_METHODS)?;
        form.choice("confirmation_method", &["automatic"])?;
        let automatic = automatic(&mut form)?;
        let future = form.choice("setup_future_usage", &FUTURE_USAGES)?;
        let mut intent = Intent {
            id: self.id("pi_3"),
            secret: self.id(""),
            amount,
            amount_capturable: 0,
            amount_received: 0,
            automatic,
            canceled_at: None,
            cancellation_reason: None,
            capture_method: capture_method.unwrap_or("automatic_async"),
            created: self.now(),
            currency,
            last_payment_error: None,
            latest_charge: None,
            metadata: BTreeMap::new(),
            method: None,
            references: BTreeMap::new(),
            setup_future_usage: future,
            shipping: None,
            status: Status::RequiresPaymentMethod,
            texts: BTreeMap::new(),
            changed: self.now(),
            made: self.intents.iter().len(),
        };
        intent.describe(Details::read(&mut form)?)?;
        let confirms = form.boolean("confirm")?.unwrap_or(false);
        let wish = Confirmation::read(&mut form, place)?;
        form.end()?;
        if confirms {
            return self.confirm(intent, wish).map(|intent| intent.view());
        }
        if let Some(method) = wish.unconfirmed_method()? {
            intent.method = Some(self.plain_method(&method)?);
            intent.status = Status::RequiresConfirmation;
        }
        Ok(self.put(intent).view())
    }

    /// Answers `POST /v1/payment_intents/{id}`.
    pub(super) fn update_intent(&mut self, id: &str, mut form: Form) -> Result<Value, Refusal> {
        let amount = form.positive("amount")?;
        let currency = form.text("currency")?;
        let method = form.text("payment_method")?;
        let future = form.choice("setup_future_usage", &FUTURE_USAGES)?;
        let details = Details::read(&mut form)?;
        form.end()?;
        let mut intent = self.intent(id)?;
        for (name, given) in [
            ("amount", amount.is_some()),
            ("currency", currency.is_some()),
            ("payment_method", method.is_some()),
            ("setup_future_usage", future.is_some()),
        ] {
            if given && !OPEN.contains(&intent.status) {
                return Err(intent.unchangeable(name));
            }
        }
        intent.amount = amount.unwrap_or(intent.amount);
        intent.currency = currency.unwrap_or(intent.currency);
        intent.setup_future_usage = future.or(intent.setup_future_usage);
        check_amount(intent.amount, &intent.currency)?;
        intent.describe(details)?;
        if let Some(name) = method {
            intent.method = Some(self.plain_method(&name)?);
            intent.status = Status::RequiresConfirmation;
        }
        Ok(self.put(intent).view())
    }

    /// Answers `GET /v1/payment_intents`, newest first.
    pub(super) fn list_intents(&self, mut form: Form) -> Result<Value, Refusal> {
        let page = Page::read(&mut form)?;
        form.end()?;
        let newest = self.intents.iter().rev();
        let url = "/v1/payment_intents";
        page.list("payment_intent", url, newest, |i| (&i.id, i.created), |i| i.view())
    }

    /// Answers `GET /v1/payment_intents/{id}`.
    pub(super) fn read_intent(&self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        self.intent(id).map(|intent| intent.view())
    }

    /// The payment as it is now; a 404 that names it if there is none.
    pub(super) fn intent(&self, id: &str) -> Result<Intent, Refusal> {
        let found = self.intents.get(id).map(|intent| Intent::clone(intent));
        found.ok_or_else(|| Refusal::no_such(404, "payment_intent", id, "intent"))
    }

    /// Keeps a payment that is new or has changed.
    pub(super) fn put(&mut self, mut intent: Intent) -> Arc<Intent> {
        intent.changed = self.now();
        let intent = Arc::new(intent);
        self.index.hear(Arc::clone(&intent));
        if self.intents.put(&intent.id, Arc::clone(&intent)) {
            self.emit("payment_intent.created", Thing::Intent(Arc::clone(&intent)));
        }
        intent
    }

    /// Keeps a payment, and tells what became of it.
    pub(super) fn put_told(&mut self, intent: Intent, kind: &'static str) -> Arc<Intent> {
        let intent = self.put(intent);
        self.emit(kind, Thing::Intent(Arc::clone(&intent)));
        intent
    }

    /// A payment method that Stripe offers for tests.
    pub(super) fn plain_method(&mut self, name: &str) -> Result<PaymentMethod, Refusal> {
        let card = Card::named(name)
            .ok_or_else(|| Refusal::no_such(400, "PaymentMethod", name, "payment_method"))?;
        Ok(self.method(card, None))
    }

    pub(super) fn method(&mut self, card: Card, token: Option<String>) -> PaymentMethod {
        PaymentMethod { id: self.id("pm_1"), card, token, created: self.now() }
    }
}

impl Intent {
    /// The whole object.
    pub(super) fn view(&self) -> Value {
        let mut view = self.main_view();
        if !self.references.is_empty() {
            let named = |name: &str| self.references.get(name).cloned();
            view["payment_details"] = json!({
                "customer_reference": named("customer_reference"),
                "order_reference": named("order_reference"),
            });
        }
        view
    }

    fn main_view(&self) -> Value {
        let types =
            if self.automatic.is_some() { json!(["card", "link"]) } else { json!(["card"]) };
        let action = json!({
            "type": "use_stripe_sdk",
            "use_stripe_sdk": { "type": "three_d_secure_redirect", "stripe_js": "" },
        });
        json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": self.amount_capturable,
            "amount_details": { "tip": {} },
            "amount_received": self.amount_received,
            "application": null,
            "application_fee_amount": null,
            "automatic_payment_methods": self.automatic.map(|redirects| {
                json!({ "allow_redirects": redirects, "enabled": true })
            }),
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
            "capture_method": self.capture_method,
            "client_secret": format!("{}_secret_{}", self.id, self.secret),
            "confirmation_method": "automatic",
            "created": self.created,
            "currency": self.currency,
            "customer": null,
            "customer_account": null,
            "description": self.text("description"),
            "excluded_payment_method_types": null,
            "last_payment_error": self.last_payment_error,
            "latest_charge": self.latest_charge,
            "livemode": false,
            "managed_payments": { "enabled": false },
            "metadata": self.metadata,
            "next_action": (self.status == Status::RequiresAction).then_some(action),
            "on_behalf_of": null,
            "payment_method": self.method.as_ref().map(|method| &method.id),
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": {
                "installments": null,
                "mandate_options": null,
                "network": null,
                "request_three_d_secure": "automatic",
            } },
            "payment_method_types": types,
            "processing": null,
            "receipt_email": self.text("receipt_email"),
            "review": null,
            "setup_future_usage": self.setup_future_usage,
            "shipping": self.shipping,
            "source": null,
            "statement_descriptor": self.text("statement_descriptor"),
            "statement_descriptor_suffix": self.text("statement_descriptor_suffix"),
            "status": self.status.name(),
            "transfer_data": null,
            "transfer_group": self.text("transfer_group"),
        })
    }

    /// An empty account of its money.
    pub(super) fn balance(&self) -> Balance {
        Balance {
            id: self.id.clone(),
            status: self.status.name(),
            currency: self.currency.clone(),
            amount: self.amount,
            metadata: self.metadata.clone(),
            created: self.created,
            held: 0,
            held_since: None,
            captured: 0,
            captures: 0,
            refunded: 0,
            withdrawn: 0,
        }
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.texts.get(name).cloned()
    }

    /// Whether it may be `done` now (`captured`); otherwise the refusal says what it is.
    pub(super) fn must_be(&self, statuses: &[Status], done: &str) -> Result<(), Refusal> {
        if statuses.contains(&self.status) {
            return Ok(());
        }
        let names: Vec<_> = statuses.iter().map(|status| status.name()).collect();
        let message = format!(
            "This PaymentIntent could not be {done} because it has a status of {}. Only a \
             PaymentIntent with one of the following statuses may be {done}: {}.",
            self.status.name(),
            names.join(", "),
        );
        Err(Refusal::unexpected_state(&message, self.view()))
    }

    pub(super) fn set_metadata(&mut self, pairs: Vec<(String, String)>) -> Result<(), Refusal> {
        merge(&mut self.metadata, pairs);
        if self.metadata.len() > 50 {
            return Err(Refusal::parameter("You can have up to 50 metadata keys.", "metadata"));
        }
        Ok(())
    }

    fn describe(&mut self, details: Details) -> Result<(), Refusal> {
        self.texts.extend(details.texts);
        self.references.extend(details.references);
        self.shipping = details.shipping.or_else(|| self.shipping.take());
        self.set_metadata(details.metadata)
    }

    fn unchangeable(&self, name: &str) -> Refusal {
        let message = format!(
            "This PaymentIntent's {name} could not be updated because it has a status of {}. You \
             may only update the {name} of a PaymentIntent with one of the following statuses: \
             requires_payment_method, requires_confirmation, requires_action.",
            self.status.name(),
        );
        Refusal::unexpected_state(&message, self.view()).with("param", name)
    }
}
