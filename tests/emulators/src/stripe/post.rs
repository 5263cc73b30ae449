//! Webhooks from outside: who is told, what waits, and how it is delivered.

use std::time::Duration;

use serde_json::Value;

use super::{
    Stripe,
    deliveries::{Delivery, PostQuirks},
    endpoints::Wanted,
};
use crate::post;

/// A receiver has this long. How long Stripe waits is not published.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often what waits for its time is looked at.
const LOOK: Duration = Duration::from_millis(100);

impl Stripe {
    /// The `whsec_…` secret of the endpoints made with [`listen`](Self::listen).
    pub fn webhook_secret(&self) -> &str {
        &self.inner.webhook_secret
    }

    /// Makes an endpoint that hears of these kinds of events, `*` of all. Answers its id.
    pub fn listen(&self, url: &str, kinds: &[&str]) -> String {
        let events = kinds.iter().map(|&kind| kind.to_owned()).collect();
        let secret = self.inner.webhook_secret.clone();
        self.lock().add_endpoint(Wanted { url: url.to_owned(), events, secret, api_version: None })
    }

    /// Gives an endpoint a new secret, which is answered; for a day letters are signed with the
    /// old one as well.
    pub fn roll_secret(&self, endpoint: &str) -> Option<String> {
        self.lock().roll_secret(endpoint)
    }

    /// Chooses how the post misbehaves.
    pub fn set_post_quirks(&self, quirks: PostQuirks) {
        self.lock().outbox.quirks = quirks;
    }

    /// Something of any kind happens to any object, which endpoints for `*` or that kind hear of.
    /// Answers the event's id.
    pub fn emit(&self, kind: &str, object: Value) -> String {
        self.lock().invent(kind, object)
    }

    /// Takes every attempt that is due, signed now. Whoever takes one may make it, twice, later or
    /// not at all, but must [settle](Self::settle) it, or there is no other.
    pub fn take_deliveries(&self) -> Vec<Delivery> {
        self.lock().take_deliveries()
    }

    /// When the next attempt is due, in seconds since 1970; `None` if nothing waits.
    pub fn next_delivery(&self) -> Option<i64> {
        self.lock().outbox.next_due()
    }

    /// The same attempt, signed now.
    pub fn sign_again(&self, delivery: &Delivery) -> Delivery {
        self.lock().signed_again(delivery)
    }

    /// Says whether an attempt was answered in the 2xx range. If not, another follows later.
    pub fn settle(&self, delivery: &Delivery, fine: bool) {
        self.lock().settle(delivery, fine);
    }

    /// Makes every attempt that is due, over HTTP, one after the other. Answers how many.
    pub async fn deliver(&self) -> usize {
        let due = self.take_deliveries();
        for delivery in &due {
            let status = post::send(delivery.letter.clone(), PATIENCE).await;
            self.settle(delivery, status.is_some_and(|status| status / 100 == 2));
        }
        due.len()
    }

    /// Delivers for ever.
    pub async fn keep_delivering(&self) {
        loop {
            self.deliver().await;
            tokio::time::sleep(LOOK).await;
        }
    }
}
