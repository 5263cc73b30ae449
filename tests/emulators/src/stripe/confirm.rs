//! The steps that move money: confirm, authenticate, capture, cancel.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    account::{Account, TokenPlace},
    agenda::Due,
    cards::{Behavior, Decline},
    charges::Charge,
    details::references,
    errors::Refusal,
    form::Form,
    intents::{CAPTURE_METHODS, FUTURE_USAGES, Intent, OPEN, PaymentMethod, Status},
    ledger::Move,
};

const TOKEN: &str = "shared_payment_granted_token";
/// How long after money was taken the owner of a test card complains.
const COMPLAINT: i64 = 60;
/// What an issuer says, and the versions of the protocol it may say it in.
const INDICATORS: [&str; 5] = ["01", "02", "05", "06", "07"];
const SECURE_VERSIONS: [&str; 5] = ["1.0.2", "2.1.0", "2.2.0", "2.3.0", "2.3.1"];
const CANCELLATION_REASONS: [&str; 4] =
    ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];

/// How a payment shall be confirmed.
pub(super) struct Confirmation {
    method: Option<Method>,
    error_on_requires_action: Option<bool>,
    return_url: Option<String>,
    /// The issuer has been asked elsewhere.
    is_proved: bool,
}

enum Method {
    /// A payment method Stripe offers for tests, by name.
    Plain(String),
    /// A token, and the parameter it came in.
    Token(String, &'static str),
}

impl Confirmation {
    /// Takes what confirming and creating have in common. A token in a place this version does
    /// not know is an unknown parameter.
    pub(super) fn read(form: &mut Form, place: TokenPlace) -> Result<Self, Refusal> {
        let plain = form.text("payment_method")?.map(Method::Plain);
        let nested = match form.hash("payment_method_data")? {
            Some(data) => Some(nested_token(data, place)?),
            None => None,
        };
        let top_level = match place {
            TokenPlace::TopLevel => form.text(TOKEN)?.map(|token| Method::Token(token, TOKEN)),
            _ => None,
        };
        let mut methods: Vec<_> = [plain, nested, top_level].into_iter().flatten().collect();
        let method = methods.pop();
        if !methods.is_empty() {
            let words = "You may only specify one of these parameters: payment_method, \
                         payment_method_data.";
            return Err(Refusal::parameter(words, "payment_method"));
        }
        form.boolean("off_session")?;
        form.boolean("use_stripe_sdk")?;
        let error_on_requires_action = form.boolean("error_on_requires_action")?;
        let return_url = form.text("return_url")?;
        let is_proved = match form.hash("payment_method_options")? {
            Some(options) => proved(options)?,
            None => false,
        };
        Ok(Self { method, error_on_requires_action, return_url, is_proved })
    }

    /// The method of a payment that is not confirmed yet; much makes no sense for one.
    pub(super) fn unconfirmed_method(self) -> Result<Option<String>, Refusal> {
        let early = |param: &str| {
            let words = format!("The parameter `{param}` can only be used when `confirm=true`");
            Refusal::parameter(&words, param)
        };
        if self.error_on_requires_action.is_some() {
            return Err(early("error_on_requires_action"));
        }
        if self.return_url.is_some() {
            return Err(early("return_url"));
        }
        match self.method {
            Some(Method::Token(_, param)) => Err(early(param)),
            Some(Method::Plain(name)) => Ok(Some(name)),
            None => Ok(None),
        }
    }
}

impl Account {
    /// Answers `POST /v1/payment_intents/{id}/confirm`.
    pub(super) fn confirm_intent(
        &mut self,
        id: &str,
        mut form: Form,
        place: TokenPlace,
    ) -> Result<Value, Refusal> {
        let wish = Confirmation::read(&mut form, place)?;
        let capture_method = form.choice("capture_method", &CAPTURE_METHODS)?;
        let future = form.choice("setup_future_usage", &FUTURE_USAGES)?;
        let references = references(&mut form)?;
        form.end()?;
        let mut intent = self.intent(id)?;
        intent.must_be(&OPEN, "confirmed")?;
        intent.references.extend(references);
        intent.capture_method = capture_method.unwrap_or(intent.capture_method);
        intent.setup_future_usage = future.or(intent.setup_future_usage);
        self.confirm(intent, wish).map(|intent| intent.view())
    }

    /// Answers `POST /v1/payment_intents/{id}/capture`.
    pub(super) fn capture_intent(&mut self, id: &str, mut form: Form) -> Result<Value, Refusal> {
        let amount = form.positive("amount_to_capture")?;
        let metadata = form.metadata("metadata")?;
        let references = references(&mut form)?;
        form.boolean("final_capture")?;
        form.end()?;
        let mut intent = self.intent(id)?;
        intent.must_be(&[Status::RequiresCapture], "captured")?;
        let amount = amount.unwrap_or(intent.amount_capturable);
        if amount > intent.amount_capturable {
            let words = "The requested capture amount is greater than the authorized amount.";
            let refusal = Refusal::during(words).code("amount_too_large");
            return Err(refusal.with("param", "amount_to_capture"));
        }
        intent.set_metadata(metadata)?;
        intent.references.extend(references);
        self.take(&mut intent, amount);
        if let Some(charge) = &intent.latest_charge {
            self.emit_charge("charge.captured", charge, None);
        }
        Ok(self.put_told(intent, "payment_intent.succeeded").view())
    }

    /// Answers `POST /v1/payment_intents/{id}/cancel`.
    pub(super) fn cancel_intent(&mut self, id: &str, mut form: Form) -> Result<Value, Refusal> {
        let reason = form.choice("cancellation_reason", &CANCELLATION_REASONS)?;
        form.end()?;
        let intent = self.intent(id)?;
        let cancelable = [&OPEN[..], &[Status::RequiresCapture]].concat();
        intent.must_be(&cancelable, "canceled")?;
        Ok(self.release(intent, reason).view())
    }

    /// Charges, or asks the buyer, or fails.
    pub(super) fn confirm(
        &mut self,
        mut intent: Intent,
        wish: Confirmation,
    ) -> Result<Arc<Intent>, Refusal> {
        let method = match wish.method {
            Some(Method::Token(token, param)) => {
                let card = self.spendable(&token, param, &intent)?;
                self.method(card, Some(token))
            }
            Some(Method::Plain(name)) => self.plain_method(&name)?,
            None => intent.method.clone().ok_or_else(|| without_method(&intent))?,
        };
        if intent.automatic == Some("always") && wish.return_url.is_none() {
            return Err(without_return_url());
        }
        let behavior = method.card.behavior;
        intent.method = Some(method);
        intent.last_payment_error = None;
        match behavior {
            Behavior::Approve => Ok(self.approve(intent)),
            Behavior::Decline(decline) => Err(self.decline(intent, decline)),
            Behavior::Authenticate(None) if wish.is_proved => Ok(self.approve(intent)),
            Behavior::Authenticate(Some(decline)) if wish.is_proved => {
                Err(self.decline(intent, decline))
            }
            Behavior::Authenticate(_) if wish.error_on_requires_action == Some(true) => {
                Err(self.fail(intent, Decline::UNAUTHENTICATED, None))
            }
            Behavior::Authenticate(_) => {
                intent.status = Status::RequiresAction;
                Ok(self.put_told(intent, "payment_intent.requires_action"))
            }
        }
    }

    /// The buyer comes back from their bank, having proved who they are, or not.
    pub(super) fn authenticate(&mut self, id: &str, proved: bool) -> Option<Value> {
        let intent = self.intent(id).ok()?;
        let method = intent.method.clone()?;
        if intent.status != Status::RequiresAction {
            return None;
        }
        // What a caller would be told is kept in the payment.
        match method.card.behavior {
            _ if !proved => drop(self.fail(intent, Decline::UNPROVED, None)),
            Behavior::Authenticate(Some(decline)) => drop(self.decline(intent, decline)),
            _ => drop(self.approve(intent)),
        }
        Some(self.intent(id).ok()?.view())
    }

    /// Ends a payment without money, of its own accord or asked to.
    pub(super) fn release(
        &mut self,
        mut intent: Intent,
        reason: Option<&'static str>,
    ) -> Arc<Intent> {
        if intent.status == Status::RequiresCapture {
            self.token_released(&intent);
            self.book(&intent.id, Move::Released, intent.amount_capturable);
            self.charge_released(&intent, reason);
        }
        intent.status = Status::Canceled;
        intent.amount_capturable = 0;
        intent.canceled_at = Some(self.now());
        intent.cancellation_reason = reason;
        self.put_told(intent, "payment_intent.canceled")
    }

    /// The bank's patience with a payment is over.
    pub(super) fn hold_ends(&mut self, id: &str) {
        let held = self.intent(id).ok().filter(|held| held.status == Status::RequiresCapture);
        if let Some(intent) = held {
            self.release(intent, Some("automatic"));
        }
    }

    fn approve(&mut self, mut intent: Intent) -> Arc<Intent> {
        self.authorizations += 1;
        intent.status = Status::RequiresCapture;
        intent.amount_capturable = intent.amount;
        let charge = self.charge(&mut intent, None);
        let ends = self.charges.get(&charge).and_then(|charge| charge.capture_before);
        if let Some(at) = ends {
            self.agenda.add(at, Due::HoldEnds(intent.id.clone()));
        }
        self.book(&intent.id, Move::Held, intent.amount);
        self.token_authorized(&intent);
        if intent.capture_method == "manual" {
            self.emit_charge("charge.succeeded", &charge, None);
            return self.put_told(intent, "payment_intent.amount_capturable_updated");
        }
        let amount = intent.amount;
        self.take(&mut intent, amount);
        self.emit_charge("charge.succeeded", &charge, None);
        self.put_told(intent, "payment_intent.succeeded")
    }

    /// Takes money that is held and lets go of the rest.
    fn take(&mut self, intent: &mut Intent, amount: i64) {
        self.book(&intent.id, Move::Captured, amount);
        self.book(&intent.id, Move::Released, intent.amount_capturable - amount);
        intent.status = Status::Succeeded;
        intent.amount_received = amount;
        intent.amount_capturable = 0;
        self.token_captured(intent, amount);
        let charge = intent.latest_charge.as_ref().and_then(|id| self.charges.get_mut(id));
        let Some(charge) = charge else { return };
        charge.amount_captured = amount;
        if charge.complaint().is_some() {
            let due = Due::DisputeOpens(charge.id.clone());
            let at = self.now() + COMPLAINT;
            self.agenda.add(at, due);
        }
    }

    /// A canceled hold shows as a refund that moved nothing, an expired one as expired.
    fn charge_released(&mut self, intent: &Intent, reason: Option<&'static str>) {
        let charge = intent.latest_charge.as_ref().and_then(|id| self.charges.get_mut(id));
        let Some(charge) = charge else { return };
        let (id, before) = (charge.id.clone(), charge.refunded_view());
        charge.release();
        if reason == Some("automatic") {
            self.emit_charge("charge.expired", &id, None);
        } else {
            self.emit_charge("charge.refunded", &id, Some(before));
        }
    }

    fn decline(&mut self, mut intent: Intent, decline: Decline) -> Refusal {
        let charge = self.charge(&mut intent, Some(decline));
        self.emit_charge("charge.failed", &charge, None);
        self.fail(intent, decline, Some(&charge))
    }

    /// Back to where another payment method may be tried.
    fn fail(&mut self, mut intent: Intent, decline: Decline, charge: Option<&str>) -> Refusal {
        let method = intent.method.take().map(|method| method.view());
        let error = decline.error(charge, method.unwrap_or_default());
        intent.status = Status::RequiresPaymentMethod;
        intent.last_payment_error = Some(error.clone().into());
        let view = self.put_told(intent, "payment_intent.payment_failed").view();
        Refusal::card(error).with("payment_intent", view)
    }

    fn charge(&mut self, intent: &mut Intent, decline: Option<Decline>) -> String {
        let charge = Charge::new(self.id("ch_3"), self.now(), intent, decline);
        let id = charge.id.clone();
        intent.latest_charge = Some(id.clone());
        self.charges.put(&id, charge);
        id
    }
}

impl PaymentMethod {
    pub(super) fn view(&self) -> Value {
        json!({
            "id": self.id,
            "object": "payment_method",
            "allow_redisplay": "unspecified",
            "billing_details": nobody(),
            "card": self.card.view(),
            "created": self.created,
            "customer": null,
            "customer_account": null,
            "livemode": false,
            "metadata": {},
            "type": "card",
        })
    }
}

/// Billing details of which none are known.
pub(super) fn nobody() -> Value {
    json!({
        "address": {
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null,
            "state": null,
        },
        "email": null, "name": null, "phone": null, "tax_id": null,
    })
}

fn nested_token(mut data: Form, place: TokenPlace) -> Result<Method, Refusal> {
    let kind = data.choice("type", &["card"])?;
    let token = match place {
        TokenPlace::PaymentMethodData => data.text(TOKEN)?,
        _ => None,
    };
    let missing = data.missing(if kind.is_some() { "card" } else { "type" });
    data.end()?;
    let param = "payment_method_data[shared_payment_granted_token]";
    token.map(|token| Method::Token(token, param)).ok_or(missing)
}

/// Whether a proof of the issuer comes with it; half a proof is refused.
fn proved(mut options: Form) -> Result<bool, Refusal> {
    let Some(mut card) = options.hash("card")? else {
        options.end()?;
        return Ok(false);
    };
    options.end()?;
    let Some(mut secure) = card.hash("three_d_secure")? else {
        card.end()?;
        return Ok(false);
    };
    card.end()?;
    for name in ["cryptogram", "transaction_id"] {
        secure.text(name)?.ok_or_else(|| secure.missing(name))?;
    }
    secure.choice("version", &SECURE_VERSIONS)?.ok_or_else(|| secure.missing("version"))?;
    secure.choice("electronic_commerce_indicator", &INDICATORS)?;
    secure.end()?;
    Ok(true)
}

fn without_method(intent: &Intent) -> Refusal {
    let message = "You cannot confirm this PaymentIntent because it's missing a payment method. \
                   You can either update the PaymentIntent with a payment method and then confirm \
                   it again, or confirm it again directly with a payment method or \
                   ConfirmationToken.";
    Refusal::unexpected_state(message, intent.view())
}

fn without_return_url() -> Refusal {
    Refusal::during(
        "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. \
         Because some of these payment methods might redirect your customer off of your page, you \
         must provide a `return_url`. If you don't want to accept redirect-based payment methods, \
         set `automatic_payment_methods[enabled]` to `true` and \
         `automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and \
         Payment Intents.",
    )
    .with("param", "return_url")
}
