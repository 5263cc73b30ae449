//! How calls find their answers.

use serde_json::Value;

use super::{
    account::{Account, TokenPlace},
    errors::Refusal,
    events::Cause,
    form::Form,
    quirks::TokenParam,
    wire::Call,
};

/// Members that hold an id and may hold the thing instead.
const EXPANDABLE: [&str; 3] = ["latest_charge", "charge", "payment_intent"];

impl Account {
    /// Carries a call out. `request` is the id Stripe gave it.
    pub(super) fn answer(
        &mut self,
        call: &Call,
        mut form: Form,
        request: &str,
    ) -> Result<Value, Refusal> {
        let expand = form.list("expand")?;
        for path in &expand {
            let name = path.strip_prefix("data.").unwrap_or(path);
            if !EXPANDABLE.contains(&name) {
                let words = format!("This property cannot be expanded ({path}).");
                return Err(Refusal::parameter(&words, "expand"));
            }
        }
        let key = call.key().map(str::to_owned);
        self.cause = Some(Cause { request: request.to_owned(), key });
        let outcome = self.route(call, form);
        self.cause = None;
        let mut value = outcome?;
        for path in expand {
            match path.strip_prefix("data.") {
                None => self.expand(&mut value, &path),
                Some(name) => {
                    let things = value["data"].as_array_mut().into_iter().flatten();
                    things.for_each(|thing| self.expand(thing, name));
                }
            }
        }
        Ok(value)
    }

    fn route(&mut self, call: &Call, form: Form) -> Result<Value, Refusal> {
        let place = self.token_place(call.version());
        match (call.method.as_str(), call.segments().as_slice()) {
            ("GET", ["account"]) => self.view(form),
            ("POST", ["payment_intents"]) => self.create_intent(form, place),
            ("GET", ["payment_intents"]) => self.list_intents(form),
            ("GET", ["payment_intents", "search"]) => self.search_intents(form),
            ("GET", ["payment_intents", id]) => self.read_intent(id, form),
            ("POST", ["payment_intents", id]) => self.update_intent(id, form),
            ("POST", ["payment_intents", id, "confirm"]) => self.confirm_intent(id, form, place),
            ("POST", ["payment_intents", id, "capture"]) => self.capture_intent(id, form),
            ("POST", ["payment_intents", id, "cancel"]) => self.cancel_intent(id, form),
            ("GET", ["charges"]) => self.list_charges(form),
            ("GET", ["charges", id]) => self.charge_view(id, form),
            ("POST", ["charges", id]) => self.update_charge(id, form),
            ("POST", ["refunds"]) => self.create_refund(form),
            ("GET", ["refunds"]) => self.list_refunds(form),
            ("GET", ["refunds", id]) => self.refund_view(id, form),
            ("POST", ["refunds", id]) => self.update_refund(id, form),
            ("POST", ["refunds", id, "cancel"]) => self.cancel_refund(id, form),
            ("GET", ["disputes"]) => self.list_disputes(form),
            ("GET", ["disputes", id]) => self.read_dispute(id, form),
            ("POST", ["disputes", id]) => self.update_dispute(id, form),
            ("POST", ["disputes", id, "close"]) => self.close_dispute(id, form),
            ("GET", ["events"]) => self.list_events(form),
            ("GET", ["events", id]) => self.read_event(id, form),
            ("POST", ["webhook_endpoints"]) => self.create_endpoint(form),
            ("GET", ["webhook_endpoints"]) => self.list_endpoints(form),
            ("GET", ["webhook_endpoints", id]) => self.read_endpoint(id, form),
            ("POST", ["webhook_endpoints", id]) => self.update_endpoint(id, form),
            ("DELETE", ["webhook_endpoints", id]) => self.delete_endpoint(id, form),
            (_, ["shared_payment" | "test_helpers", ..]) if place != TokenPlace::Nowhere => {
                self.token_route(call, form)
            }
            _ => Err(Refusal::no_such_route(&call.method, &call.path)),
        }
    }

    fn token_route(&mut self, call: &Call, form: Form) -> Result<Value, Refusal> {
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

    /// Puts a thing in place of its id, where there is one.
    fn expand(&self, value: &mut Value, name: &str) {
        let id = value[name].as_str().unwrap_or_default();
        let thing = match name {
            "payment_intent" => self.intents.get(id).map(|intent| intent.view()),
            _ => self.charges.get(id).map(super::charges::Charge::view),
        };
        if let Some(thing) = thing {
            value[name] = thing;
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
}
