//! Events: what happened, with the thing as it was then.

use std::{borrow::Cow, sync::Arc};

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    account::Account, charges::Charge, disputes::Dispute, errors::Refusal, form::Form,
    intents::Intent, lists::Page, refunds::Refund, tokens::Token,
};

/// How long an event can be read.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Something that happened.
pub(super) struct Event {
    pub(super) id: String,
    pub(super) kind: Cow<'static, str>,
    created: i64,
    thing: Thing,
    previous: Option<Value>,
    cause: Option<Cause>,
}

/// A thing as it was.
pub(super) enum Thing {
    Intent(Arc<Intent>),
    Charge(Box<Charge>),
    Refund(Box<Refund>),
    Dispute(Box<Dispute>),
    Token(Box<Token>),
    /// A test's own invention.
    Other(Value),
}

/// The call that made something happen.
#[derive(Clone)]
pub(super) struct Cause {
    pub(super) request: String,
    pub(super) key: Option<String>,
}

impl Account {
    /// Something happened, by the call that is being carried out or by itself.
    pub(super) fn emit(&mut self, kind: impl Into<Cow<'static, str>>, thing: Thing) -> String {
        self.emit_changed(kind, thing, None)
    }

    /// The same, and what some members were before.
    pub(super) fn emit_changed(
        &mut self,
        kind: impl Into<Cow<'static, str>>,
        thing: Thing,
        previous: Option<Value>,
    ) -> String {
        let kind = kind.into();
        let (id, created) = (self.id("evt_3"), self.now());
        self.mail(&id, &kind);
        let cause = self.cause.clone();
        let event = Event { id: id.clone(), kind, created, thing, previous, cause };
        self.events.put(&id, event);
        id
    }

    /// What the charge of a payment is now.
    pub(super) fn emit_charge(&mut self, kind: &'static str, id: &str, previous: Option<Value>) {
        if let Some(charge) = self.charges.get(id).cloned() {
            self.emit_changed(kind, Thing::Charge(Box::new(charge)), previous);
        }
    }

    pub(super) fn emit_token(&mut self, kind: &'static str, id: &str) {
        let token = self.tokens.get(id).filter(|_| self.quirks.token_events);
        if let Some(token) = token.cloned() {
            self.emit(kind, Thing::Token(Box::new(token)));
        }
    }

    /// Answers `GET /v1/events`, newest first.
    pub(super) fn list_events(&self, mut form: Form) -> Result<Value, Refusal> {
        let page = Page::read(&mut form)?;
        let kind = form.text("type")?;
        let kinds = form.list("types")?;
        let delivered = form.boolean("delivery_success")?;
        form.end()?;
        if kind.is_some() && !kinds.is_empty() {
            let words = "You may only specify one of these parameters: type, types.";
            return Err(Refusal::parameter(words, "type"));
        }
        if kinds.len() > 20 {
            let words = "You may specify up to 20 types.";
            return Err(Refusal::parameter(words, "types"));
        }
        let since = self.now() - KEPT.as_secs();
        let found = self.events.iter().rev().filter(|event| {
            event.created > since
                && kind.as_deref().is_none_or(|kind| is_kind(&event.kind, kind))
                && (kinds.is_empty() || kinds.iter().any(|kind| event.kind == *kind))
                && delivered.is_none_or(|wanted| wanted == (self.undelivered(&event.id) == 0))
        });
        page.list(
            "event",
            "/v1/events",
            found,
            |event| (&event.id, event.created),
            |event| self.event_view(event, super::wire::DEFAULT_VERSION),
        )
    }

    /// Answers `GET /v1/events/{id}`.
    pub(super) fn read_event(&self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        let since = self.now() - KEPT.as_secs();
        let event = self.events.get(id).filter(|event| event.created > since);
        let event = event.ok_or_else(|| Refusal::no_such(404, "event", id, "id"))?;
        Ok(self.event_view(event, super::wire::DEFAULT_VERSION))
    }

    pub(super) fn event_view(&self, event: &Event, version: &str) -> Value {
        let mut data = json!({ "object": event.thing.view() });
        if let Some(previous) = &event.previous {
            data["previous_attributes"] = previous.clone();
        }
        let cause = event.cause.as_ref();
        json!({
            "id": event.id,
            "object": "event",
            "api_version": version,
            "created": event.created,
            "data": data,
            "livemode": false,
            "pending_webhooks": self.undelivered(&event.id),
            "request": {
                "id": cause.map(|cause| &cause.request),
                "idempotency_key": cause.and_then(|cause| cause.key.as_ref()),
            },
            "type": event.kind,
        })
    }
}

impl Thing {
    fn view(&self) -> Value {
        match self {
            Self::Intent(intent) => intent.view(),
            Self::Charge(charge) => charge.view(),
            Self::Refund(refund) => refund.view(),
            Self::Dispute(dispute) => dispute.view(),
            Self::Token(token) => token.view(),
            Self::Other(value) => value.clone(),
        }
    }
}

/// `charge.*` is all that begins with `charge.`.
fn is_kind(kind: &str, wanted: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(group) => kind.starts_with(group),
        None => kind == wanted,
    }
}
