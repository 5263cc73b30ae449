//! Webhook endpoints: who wants to hear of what.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    account::Account,
    errors::Refusal,
    form::{Form, merge},
    lists::Page,
    wire,
};

/// Secrets are known so long after another has taken their place.
const ROLLED: i64 = 24 * 3600;
const ENDPOINTS_MAX: usize = 16;
const URL: &str = "/v1/webhook_endpoints";

/// A webhook endpoint.
pub(super) struct Endpoint {
    pub(super) id: String,
    pub(super) api_version: Option<String>,
    created: i64,
    description: Option<String>,
    enabled_events: Vec<String>,
    metadata: BTreeMap<String, String>,
    pub(super) is_enabled: bool,
    /// Each with the second it stops being used, newest first.
    secrets: Vec<(String, Option<i64>)>,
    pub(super) url: String,
}

/// What a new endpoint shall be.
pub(super) struct Wanted {
    pub(super) url: String,
    pub(super) events: Vec<String>,
    pub(super) secret: String,
    pub(super) api_version: Option<String>,
}

impl Account {
    /// Answers `POST /v1/webhook_endpoints`; only this answer tells the secret.
    pub(super) fn create_endpoint(&mut self, mut form: Form) -> Result<Value, Refusal> {
        let url = form.text("url")?.ok_or_else(|| form.missing("url"))?;
        let events = form.list("enabled_events")?;
        if events.is_empty() {
            return Err(form.missing("enabled_events"));
        }
        check(Some(&url), &events)?;
        let api_version = form.text("api_version")?;
        if let Some(version) = api_version.as_deref().filter(|version| !wire::is_version(version)) {
            let words = format!("Invalid api_version: {version}");
            return Err(Refusal::parameter(&words, "api_version"));
        }
        let description = form.text("description")?;
        let metadata = form.metadata("metadata")?;
        form.boolean("connect")?;
        form.end()?;
        if self.endpoints.len() >= ENDPOINTS_MAX {
            let words = format!("You have reached the maximum of {ENDPOINTS_MAX} test endpoints.");
            return Err(Refusal::during(&words));
        }
        let secret = self.id("whsec_");
        let id = self.add_endpoint(Wanted { url, events, secret: secret.clone(), api_version });
        let endpoint = self.endpoint(&id)?;
        endpoint.description = description;
        endpoint.metadata = metadata.into_iter().collect();
        let mut view = endpoint.view();
        view["secret"] = secret.into();
        Ok(view)
    }

    pub(super) fn add_endpoint(&mut self, wanted: Wanted) -> String {
        let id = self.id("we_1");
        self.endpoints.push(Endpoint {
            id: id.clone(),
            api_version: wanted.api_version,
            created: self.now(),
            description: None,
            enabled_events: wanted.events,
            metadata: BTreeMap::new(),
            is_enabled: true,
            secrets: vec![(wanted.secret, None)],
            url: wanted.url,
        });
        id
    }

    /// Answers `GET /v1/webhook_endpoints`.
    pub(super) fn list_endpoints(&self, mut form: Form) -> Result<Value, Refusal> {
        let page = Page::read(&mut form)?;
        form.end()?;
        let newest = self.endpoints.iter().rev();
        page.list("webhook_endpoint", URL, newest, |e| (&e.id, e.created), Endpoint::view)
    }

    /// Answers `GET /v1/webhook_endpoints/{id}`.
    pub(super) fn read_endpoint(&mut self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        self.endpoint(id).map(|endpoint| endpoint.view())
    }

    /// Answers `POST /v1/webhook_endpoints/{id}`.
    pub(super) fn update_endpoint(&mut self, id: &str, mut form: Form) -> Result<Value, Refusal> {
        let url = form.text("url")?;
        let events = form.list("enabled_events")?;
        check(url.as_deref(), &events)?;
        let description = form.text("description")?;
        let disabled = form.boolean("disabled")?;
        let metadata = form.metadata("metadata")?;
        form.end()?;
        let endpoint = self.endpoint(id)?;
        endpoint.url = url.unwrap_or_else(|| std::mem::take(&mut endpoint.url));
        if !events.is_empty() {
            endpoint.enabled_events = events;
        }
        endpoint.description = description.or_else(|| endpoint.description.take());
        endpoint.is_enabled = disabled.map_or(endpoint.is_enabled, |disabled| !disabled);
        merge(&mut endpoint.metadata, metadata);
        Ok(endpoint.view())
    }

    /// Answers `DELETE /v1/webhook_endpoints/{id}`.
    pub(super) fn delete_endpoint(&mut self, id: &str, form: Form) -> Result<Value, Refusal> {
        form.end()?;
        self.endpoint(id)?;
        self.endpoints.retain(|endpoint| endpoint.id != id);
        Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
    }

    /// Gives an endpoint a new secret; for a day letters are signed with the old one as well.
    pub(super) fn roll_secret(&mut self, id: &str) -> Option<String> {
        let (secret, until) = (self.id("whsec_"), self.now() + ROLLED);
        let endpoint = self.endpoint(id).ok()?;
        for (_, ends) in &mut endpoint.secrets {
            ends.get_or_insert(until);
        }
        endpoint.secrets.insert(0, (secret.clone(), None));
        Some(secret)
    }

    fn endpoint(&mut self, id: &str) -> Result<&mut Endpoint, Refusal> {
        let found = self.endpoints.iter_mut().find(|endpoint| endpoint.id == id);
        found.ok_or_else(|| Refusal::no_such(404, "webhook endpoint", id, "webhook_endpoint"))
    }
}

impl Endpoint {
    pub(super) fn wants(&self, kind: &str) -> bool {
        self.is_enabled && self.enabled_events.iter().any(|wanted| wanted == "*" || wanted == kind)
    }

    /// The secrets that sign at this second, newest first.
    pub(super) fn secrets(&self, now: i64) -> impl Iterator<Item = &str> {
        let active = self.secrets.iter().filter(move |(_, ends)| ends.is_none_or(|at| now < at));
        active.map(|(secret, _)| secret.as_str())
    }

    fn view(&self) -> Value {
        json!({
            "id": self.id,
            "object": "webhook_endpoint",
            "api_version": self.api_version,
            "application": null,
            "created": self.created,
            "description": self.description,
            "enabled_events": self.enabled_events,
            "livemode": false,
            "metadata": self.metadata,
            "status": if self.is_enabled { "enabled" } else { "disabled" },
            "url": self.url,
        })
    }
}

/// Only names that the published typings list are taken: what else the world may accept is not
/// known, and the names of token events are not among them.
fn check(url: Option<&str>, events: &[String]) -> Result<(), Refusal> {
    let is_web = |url: &str| url.starts_with("http://") || url.starts_with("https://");
    if url.is_some_and(|url| !is_web(url)) {
        return Err(Refusal::parameter("Invalid URL: must be an http or https URL.", "url"));
    }
    let is_known = |name: &&String| {
        name.as_str() == "*" || include_str!("event_types.txt").lines().any(|line| line == *name)
    };
    match events.iter().enumerate().find(|(_, name)| !is_known(name)) {
        None => Ok(()),
        Some((at, name)) => {
            let words = format!("Invalid enabled_events[{at}]: {name} is not an event type.");
            Err(Refusal::parameter(&words, &format!("enabled_events[{at}]")))
        }
    }
}
