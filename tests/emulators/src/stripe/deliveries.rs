//! Telling endpoints of events: at least once, in no order, each attempt signed afresh.

use std::{collections::BTreeMap, fmt::Write};

use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use rand::seq::SliceRandom;
use sha2::Sha256;

use super::{
    account::Account,
    endpoints::Endpoint,
    events::{Event, Thing},
    wire,
};
use crate::post::Letter;

/// Seconds from one failed attempt to the next. Stripe says only that it tries for three days,
/// less and less often; when, is not known.
const PAUSES: [i64; 9] = [300, 1_800, 7_200, 18_000, 36_000, 43_200, 43_200, 43_200, 43_200];

/// One attempt to tell an endpoint of an event: a request, as data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// `we_…`.
    pub endpoint: String,
    /// `evt_…`.
    pub event: String,
    /// `payment_intent.succeeded`.
    pub kind: String,
    /// 1 is the first.
    pub attempt: usize,
    /// What is posted.
    pub letter: Letter,
}

/// How the post misbehaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostQuirks {
    /// How often every attempt is made; 1 is once.
    pub copies: usize,
    /// Whether what is due is told in no order.
    pub shuffled: bool,
    /// What is added to the time in every signature.
    pub skew: SignedDuration,
    /// The version every event claims to be in, whatever its endpoint's is.
    pub api_version: Option<String>,
    /// How often an endpoint that fails is tried: ten times within three days in live mode, three
    /// times within hours in a sandbox.
    pub attempts_max: usize,
}

impl Default for PostQuirks {
    fn default() -> Self {
        let attempts_max = PAUSES.len() + 1;
        Self {
            copies: 1,
            shuffled: false,
            skew: SignedDuration::ZERO,
            api_version: None,
            attempts_max,
        }
    }
}

/// What is to be told.
#[derive(Default)]
pub(super) struct Outbox {
    pub(super) quirks: PostQuirks,
    /// By when it is due, and in which order it came to be.
    waiting: BTreeMap<(i64, u64), Task>,
    /// Taken and not settled, by endpoint and event.
    out: BTreeMap<(String, String), Task>,
    /// How many endpoints have not heard of an event.
    undelivered: BTreeMap<String, usize>,
    made: u64,
}

#[derive(Clone)]
struct Task {
    endpoint: String,
    event: String,
    attempt: usize,
}

impl Outbox {
    fn add(&mut self, at: i64, task: Task) {
        self.made += 1;
        self.waiting.insert((at, self.made), task);
    }

    /// When the next attempt is due.
    pub(super) fn next_due(&self) -> Option<i64> {
        self.waiting.first_key_value().map(|((at, _), _)| *at)
    }
}

impl Account {
    /// Puts an event into the post of everybody who wants to hear of it.
    pub(super) fn mail(&mut self, event: &str, kind: &str) {
        let now = self.now();
        for endpoint in self.endpoints.iter().filter(|endpoint| endpoint.wants(kind)) {
            let (endpoint, event) = (endpoint.id.clone(), event.to_owned());
            *self.outbox.undelivered.entry(event.clone()).or_default() += 1;
            self.outbox.add(now, Task { endpoint, event, attempt: 1 });
        }
    }

    /// Takes every attempt that is due, signed now. What is taken is out until it is settled.
    pub(super) fn take_deliveries(&mut self) -> Vec<Delivery> {
        let now = self.now();
        let mut taken = Vec::new();
        while let Some(first) = self.outbox.waiting.first_entry().filter(|e| e.key().0 <= now) {
            let task = first.remove();
            if let Some(delivery) = self.delivery(&task) {
                taken.extend(std::iter::repeat_n(delivery, self.outbox.quirks.copies));
                self.outbox.out.insert((task.endpoint.clone(), task.event.clone()), task);
            }
        }
        if self.outbox.quirks.shuffled {
            taken.shuffle(&mut self.chance);
        }
        taken
    }

    /// Says how an attempt went. A failed one is made again later, until there have been enough.
    pub(super) fn settle(&mut self, delivery: &Delivery, fine: bool) {
        let key = (delivery.endpoint.clone(), delivery.event.clone());
        let Some(task) = self.outbox.out.remove(&key) else { return };
        if fine {
            self.outbox.undelivered.entry(key.1).and_modify(|left| *left -= 1);
        } else if task.attempt < self.outbox.quirks.attempts_max.min(PAUSES.len() + 1) {
            let at = self.now() + PAUSES[task.attempt - 1];
            self.outbox.add(at, Task { attempt: task.attempt + 1, ..task });
        }
    }

    /// The same attempt, signed now.
    pub(super) fn signed_again(&self, delivery: &Delivery) -> Delivery {
        let found = self.endpoints.iter().find(|endpoint| endpoint.id == delivery.endpoint);
        let mut delivery = delivery.clone();
        if let Some(endpoint) = found {
            delivery.letter = self.letter(endpoint, delivery.letter.body);
        }
        delivery
    }

    /// How many endpoints have not heard of an event yet, or never will.
    pub(super) fn undelivered(&self, event: &str) -> usize {
        self.outbox.undelivered.get(event).copied().unwrap_or(0)
    }

    /// A test's own event, which is told like any other.
    pub(super) fn invent(&mut self, kind: &str, object: serde_json::Value) -> String {
        self.emit(kind.to_owned(), Thing::Other(object))
    }

    /// `None` if the endpoint is gone, or switched off.
    fn delivery(&self, task: &Task) -> Option<Delivery> {
        let endpoint = self.endpoints.iter().find(|endpoint| endpoint.id == task.endpoint)?;
        let event = self.events.get(&task.event).filter(|_| endpoint.is_enabled)?;
        Some(Delivery {
            endpoint: task.endpoint.clone(),
            event: task.event.clone(),
            kind: event.kind.to_string(),
            attempt: task.attempt,
            letter: self.letter(endpoint, self.told(endpoint, event)),
        })
    }

    fn told(&self, endpoint: &Endpoint, event: &Event) -> Vec<u8> {
        let own = endpoint.api_version.as_deref().unwrap_or(wire::DEFAULT_VERSION);
        let version = self.outbox.quirks.api_version.as_deref().unwrap_or(own);
        wire::pretty(&self.event_view(event, version)).into_bytes()
    }

    fn letter(&self, endpoint: &Endpoint, body: Vec<u8>) -> Letter {
        let at = self.now() + self.outbox.quirks.skew.as_secs();
        let mut signature = format!("t={at}");
        for secret in endpoint.secrets(self.now()) {
            signature.push_str(",v1=");
            signature.push_str(&signed(secret, at, &body));
        }
        // In test mode there is a second scheme, which proves nothing.
        signature.push_str(",v0=");
        signature.push_str(&signed("v0", at, b""));
        let headers = vec![
            ("accept", "*/*; q=0.5, application/xml".to_owned()),
            ("cache-control", "no-cache".to_owned()),
            ("content-type", "application/json; charset=utf-8".to_owned()),
            ("stripe-signature", signature),
            ("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)".to_owned()),
        ];
        Letter { url: endpoint.url.clone(), headers, body }
    }
}

fn signed(secret: &str, at: i64, body: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
    let mac = mac.expect("HMAC takes keys of any length");
    let mac = mac.chain_update(format!("{at}.")).chain_update(body).finalize().into_bytes();
    mac.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _written = write!(hex, "{byte:02x}");
        hex
    })
}
