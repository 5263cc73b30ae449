//! Telling an agent of its orders (ACP RFC "orders", webhook `order_events`).
//!
//! An event holds the whole order, so one that comes twice or late does no harm. It is sent until
//! the agent takes it, within bounds; whoever looks after the order next sends what was not taken.

use std::{fmt::Write, sync::Arc, time::Duration};

use acp::latest::{Order, OrderEvent, Version, encode_event};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderName, Method, StatusCode, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};
use upstream::{Answer, Call, CallError, Chance, Kind, Transport, Upstream};

use crate::{
    chain::Chain,
    clock::Clock,
    config::{Events, Profile},
};

const SIGNATURE: HeaderName = HeaderName::from_static("merchant-signature");
const TIMESTAMP: HeaderName = HeaderName::from_static("timestamp");

/// What has become of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happening {
    /// It was made.
    Created,
    /// It has come further, or money went back.
    Updated,
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The agent has it.
    Taken,
    /// The agent wants none of it, and would not the next time.
    Refused,
    /// The agent could not be reached in all attempts.
    GivenUp,
}

/// Where one agent hears of its orders.
pub(crate) struct Outlet {
    upstream: Upstream,
    path: String,
    secret: SecretString,
    attempts_max: u32,
    first_delay: Duration,
    profile: Profile,
    version: Version,
    chance: Arc<dyn Chance>,
}

impl Outlet {
    pub(crate) fn new(
        name: String,
        events: &Events,
        profile: Profile,
        transport: &Arc<dyn Transport>,
        chance: &Arc<dyn Chance>,
    ) -> Self {
        let mut base = events.url.clone();
        base.set_path("/");
        base.set_query(None);
        let query = events.url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let (transport, chance) = (Arc::clone(transport), Arc::clone(chance));
        Self {
            upstream: Upstream::new(name, base, transport, Arc::clone(&chance), events.limits),
            path: format!("{}{query}", events.url.path()),
            secret: events.secret.clone(),
            attempts_max: events.attempts_max,
            first_delay: events.first_delay,
            profile,
            version: events.version,
            chance,
        }
    }

    /// Sends until the agent takes it, refuses it, or the attempts are used up. Each attempt is
    /// signed afresh.
    pub(crate) async fn tell(
        &self,
        happening: Happening,
        order: Order,
        clock: &dyn Clock,
        stopping: &CancellationToken,
    ) -> Sent {
        let order_id = order.id.clone();
        let event = OrderEvent { kind: self.word(happening).to_owned(), data: order };
        let body = encode_event(event, self.version).expect("texts and integers serialize");
        let body = Bytes::from(body);
        for attempt in 1..=self.attempts_max {
            let wait = match self.upstream.send(self.call(&body, clock.now())).await {
                Ok(answer) if answer.status.is_success() => {
                    info!(order.id = order_id, attempt, "order event taken");
                    return Sent::Taken;
                }
                Ok(answer) if !may_retry(answer.status) => {
                    error!(
                        order.id = order_id,
                        status = answer.status.as_u16(),
                        "the agent refuses order events: compare url and secret with it",
                    );
                    return Sent::Refused;
                }
                result => self.wait_for(attempt, &result),
            };
            warn!(order.id = order_id, attempt, "order event not taken yet");
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stopping.cancelled() => break,
            }
        }
        error!(order.id = order_id, "order event given up for now: the agent does not know of it");
        Sent::GivenUp
    }

    fn call(&self, body: &Bytes, now: Timestamp) -> Call {
        let mut call = Call::new("order.event", Method::POST, self.path.clone(), Kind::Once)
            .header(header::CONTENT_TYPE, "application/json")
            .header(TIMESTAMP, &now.to_string())
            .secret_header(SIGNATURE, &self.signature(body, now));
        call.body = body.clone();
        call
    }

    /// `t=<seconds>,v1=<hex>` over `<seconds>.<body>`.
    fn signature(&self, body: &[u8], now: Timestamp) -> String {
        let seconds = now.as_second();
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes())
            .expect("HMAC takes a key of any length")
            .chain_update(format!("{seconds}."))
            .chain_update(body)
            .finalize();
        mac.into_bytes().iter().fold(format!("t={seconds},v1="), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a String takes every write");
            text
        })
    }

    /// What the agent asks for, or the doubled delay of which half is chance.
    fn wait_for(&self, attempt: u32, result: &Result<Answer, CallError>) -> Duration {
        let asked = match result {
            Ok(answer) => answer.retry_after(),
            Err(error) => {
                warn!(error = %Chain(error), "order event not sent");
                None
            }
        };
        let half = self.first_delay * 2_u32.saturating_pow(attempt - 1) / 2;
        let most = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
        let backoff = half + Duration::from_millis(self.chance.below(most.saturating_add(1)));
        asked.unwrap_or_default().max(backoff)
    }

    /// Agents name the same thing differently.
    const fn word(&self, happening: Happening) -> &'static str {
        match (happening, self.profile) {
            (Happening::Created, Profile::OpenAi) => "order_created",
            (Happening::Updated, Profile::OpenAi) => "order_updated",
            (Happening::Created, Profile::Standard | Profile::Stripe) => "order_create",
            (Happening::Updated, Profile::Standard | Profile::Stripe) => "order_update",
        }
    }
}

/// The agent is busy or ill; every other refusal would only come again.
fn may_retry(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
        || status.is_server_error()
}
