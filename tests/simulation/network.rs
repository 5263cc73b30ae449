//! The network between agents, replicas, store and processor, and what goes wrong in it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{Router, body::Body};
use bytes::Bytes;
use emulators::{faults::Dropped, stripe::Stripe};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Collected};
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use upstream::{Transport, TransportError};

use crate::{steps, store::Store};

/// Where store and processor are.
pub(crate) const STORE: &str = "http://store.test";
pub(crate) const STRIPE: &str = "http://stripe.test";

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mishap {
    /// It never arrives.
    DropBefore,
    /// It is carried out, and nobody hears of it.
    DropAfter,
    /// That status in place of the call.
    Refused(u16),
    /// It is carried out and answered with a 502 all the same.
    BadGateway,
    /// It is carried out, and half of the answer comes.
    Truncated,
    /// It arrives so late, however long its caller waits.
    Slow(Duration),
    /// Its answer comes so late.
    SlowAnswer(Duration),
    /// The processor fails and keeps that under the key.
    Stored,
    /// The processor carries it out, fails, and keeps the failure under the key.
    StoredAfter,
    /// The caller dies with the call on its lips.
    KillBefore,
    /// The caller dies before it hears what became of it.
    KillAfter,
    /// The power fails: every replica dies, the caller with the call on its lips, and none is started
    /// again for so long.
    PowerCut(Duration),
}

/// Who decides what goes wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// Chance.
    Dice,
    /// Nothing goes wrong.
    Fair,
    /// This one call does.
    OneCall(usize, Mishap),
}

/// How bad the day is, and the dice.
pub(crate) struct Weather {
    dice: Mutex<StdRng>,
    plan: Plan,
    calls: AtomicUsize,
    is_stormy: AtomicBool,
    /// Calls in a thousand that suffer.
    faults: u32,
    /// Sufferings in a hundred that kill the caller.
    kills: u32,
    /// At which call the power fails, if it does, and for how long.
    cut: Option<(usize, Duration)>,
    /// Until when there is none.
    dark_until: Mutex<Option<Instant>>,
    lines: Mutex<Option<Vec<String>>>,
    /// Steps that should not have been made.
    wrong: Mutex<Vec<String>>,
}

impl Weather {
    pub(crate) fn new(seed: u64, keeps_lines: bool) -> Self {
        let mut dice = StdRng::seed_from_u64(seed);
        let faults = [0, 20, 60, 150, 400][dice.random_range(0..5)];
        let kills = [0, 10, 30][dice.random_range(0..3)];
        Self {
            dice: Mutex::new(dice),
            plan: Plan::Dice,
            calls: AtomicUsize::new(0),
            is_stormy: AtomicBool::new(true),
            faults,
            kills,
            cut: None,
            dark_until: Mutex::new(None),
            lines: Mutex::new(keeps_lines.then(Vec::new)),
            wrong: Mutex::default(),
        }
    }

    /// The same day, on which the power may fail. It has dice of its own, so that the days on which
    /// it does not are as they were.
    pub(crate) fn with_power_cuts(self, seed: u64) -> Self {
        let mut dice = StdRng::seed_from_u64(!seed);
        let cut = dice.random_ratio(15, 100).then(|| {
            // Longer than a store keeps goods off the shelf for a purchase.
            let minutes = dice.random_range(16..25);
            (dice.random_range(1..60), Duration::from_mins(minutes))
        });
        Self { cut, ..self }
    }

    /// A day on which nothing goes wrong but one call.
    pub(crate) fn scripted(mishap: Option<(usize, Mishap)>) -> Self {
        let plan = mishap.map_or(Plan::Fair, |(call, mishap)| Plan::OneCall(call, mishap));
        Self { plan, ..Self::new(1, false) }
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// Whether it is known what goes wrong.
    pub(crate) fn is_scripted(&self) -> bool {
        self.plan != Plan::Dice
    }

    /// From now on nothing goes wrong.
    pub(crate) fn clear(&self) {
        self.is_stormy.store(false, Ordering::Relaxed);
    }

    pub(crate) fn is_stormy(&self) -> bool {
        self.is_stormy.load(Ordering::Relaxed)
    }

    pub(crate) fn dice(&self) -> MutexGuard<'_, StdRng> {
        self.dice.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True so many times in a hundred.
    pub(crate) fn happens(&self, percent: u32) -> bool {
        !self.is_scripted() && self.dice().random_ratio(percent, 100)
    }

    /// Whether the power has failed and is not back.
    pub(crate) fn is_dark(&self) -> bool {
        self.dark_until().is_some_and(|until| Instant::now() < until)
    }

    /// Waits until the power is back; says whether it ever failed.
    pub(crate) async fn light(&self) -> bool {
        let until = self.dark_until();
        if let Some(until) = until {
            tokio::time::sleep_until(until).await;
        }
        until.is_some()
    }

    fn dark_until(&self) -> Option<Instant> {
        *self.dark_until.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn darken(&self, time: Duration) {
        let until = Instant::now() + time;
        *self.dark_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }

    /// What befalls the next call.
    fn mishap(&self) -> Option<Mishap> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed) + 1;
        if !self.is_stormy() {
            return None;
        }
        match self.plan {
            Plan::Dice => {
                if let Some((_, time)) = self.cut.filter(|(at, _)| *at == call) {
                    return Some(Mishap::PowerCut(time));
                }
            }
            Plan::Fair => return None,
            Plan::OneCall(at, mishap) => return (at == call).then_some(mishap),
        }
        let mut dice = self.dice();
        if !dice.random_ratio(self.faults, 1_000) {
            return None;
        }
        if dice.random_ratio(self.kills, 100) {
            let before = dice.random_bool(0.5);
            return Some(if before { Mishap::KillBefore } else { Mishap::KillAfter });
        }
        let delay = Duration::from_millis(dice.random_range(100..40_000));
        Some(match dice.random_range(0..10) {
            0 => Mishap::DropBefore,
            1 | 2 => Mishap::DropAfter,
            3 => Mishap::Refused(429),
            4 => Mishap::Refused(503),
            5 => Mishap::BadGateway,
            6 => Mishap::Truncated,
            7 => {
                if dice.random_bool(0.5) {
                    Mishap::Slow(delay)
                } else {
                    Mishap::SlowAnswer(delay)
                }
            }
            8 => Mishap::Stored,
            _ => Mishap::StoredAfter,
        })
    }

    fn complain(&self, wrong: String) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).push(wrong);
    }

    /// Steps that should not have been made, so far.
    pub(crate) fn wrong_steps(&self) -> Vec<String> {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn say(&self, line: impl FnOnce() -> String) {
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lines) = lines.as_mut() {
            lines.push(line());
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.clone().unwrap_or_default()
    }
}

/// The network as one replica sees it. It ends with the replica.
pub(crate) struct Network {
    pub(crate) weather: Arc<Weather>,
    pub(crate) store: Store,
    pub(crate) stripe: Stripe,
    pub(crate) routes: Vec<(&'static str, Router)>,
    pub(crate) died: CancellationToken,
    pub(crate) name: usize,
}

#[async_trait]
impl Transport for Network {
    async fn send(
        &self,
        request: Request<Bytes>,
        body_max: usize,
    ) -> Result<Response<Bytes>, TransportError> {
        if self.weather.is_dark() {
            self.died.cancel();
        }
        if self.died.is_cancelled() {
            return std::future::pending().await;
        }
        let mishap = self.weather.mishap().filter(|mishap| !is_beyond_us(*mishap, &request));
        self.weather.say(|| {
            let body = String::from_utf8_lossy(&request.body()[..request.body().len().min(300)]);
            format!("{} {} {} {mishap:?} {body}", self.name, request.method(), request.uri())
        });
        match mishap {
            Some(Mishap::DropBefore) => return Err(TransportError::Lost("dropped".into())),
            Some(Mishap::KillBefore) => {
                self.died.cancel();
                return std::future::pending().await;
            }
            Some(Mishap::PowerCut(time)) => {
                self.weather.darken(time);
                self.died.cancel();
                return std::future::pending().await;
            }
            Some(Mishap::Refused(status)) => return Ok(self.refusal(status, &request)),
            Some(Mishap::Stored | Mishap::StoredAfter) if !is_keyed(&request) => {
                return Ok(self.refusal(500, &request));
            }
            Some(Mishap::Stored) => {
                self.stripe.fail_next_stored(request.method().as_str(), request.uri().path());
            }
            Some(Mishap::StoredAfter) => {
                self.stripe.fail_next_after(request.method().as_str(), request.uri().path());
            }
            _ => {}
        }
        if let Some(wrong) = steps::wrong(&request, &self.store, &self.stripe) {
            self.weather.complain(wrong);
        }
        let arriving = self.carry_out(request, mishap);
        // What has left arrives, even if the caller hangs up.
        let response = tokio::task::spawn(arriving).await.expect("an emulator does not panic");
        match mishap {
            Some(Mishap::KillAfter) => {
                self.died.cancel();
                return std::future::pending().await;
            }
            Some(Mishap::DropAfter) => return Err(TransportError::Lost("dropped".into())),
            Some(Mishap::BadGateway) => return Ok(bare(502)),
            Some(Mishap::SlowAnswer(delay)) => tokio::time::sleep(delay).await,
            _ => {}
        }
        if response.extensions().get::<Dropped>().is_some() {
            return Err(TransportError::Lost("dropped".into()));
        }
        let (head, body) = response.into_parts();
        if body.len() > body_max {
            return Err(TransportError::TooLarge(body_max));
        }
        if matches!(mishap, Some(Mishap::Truncated)) {
            let half = body.slice(..body.len() / 2);
            return Ok(Response::from_parts(head, half));
        }
        Ok(Response::from_parts(head, body))
    }
}

impl Network {
    /// That status, as whoever was called says it.
    fn refusal(&self, status: u16, request: &Request<Bytes>) -> Response<Bytes> {
        match self.store.refusal(status, request) {
            Some((status, body)) => bare(status).map(|_| Bytes::from(body.to_string())),
            None => bare(status),
        }
    }

    fn carry_out(
        &self,
        request: Request<Bytes>,
        mishap: Option<Mishap>,
    ) -> impl Future<Output = Response<Bytes>> + Send + 'static {
        let host = request.uri().host().unwrap_or_default();
        let found = self.routes.iter().find(|(name, _)| name.ends_with(host));
        let router = found.map(|(_, router)| router.clone()).expect("the host is known");
        async move {
            if let Some(Mishap::Slow(delay)) = mishap {
                tokio::time::sleep(delay).await;
            }
            let Ok(response) = router.oneshot(request.map(Body::from)).await;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
            Response::from_parts(head, body)
        }
    }
}

/// What nothing of ours can survive: a store that knows no conditions, and puts goods into an order
/// long after whoever asked for it has given up, when the order was paid meanwhile.
fn is_beyond_us(mishap: Mishap, request: &Request<Bytes>) -> bool {
    let is_late = matches!(mishap, Mishap::Slow(delay) if delay > Duration::from_secs(8));
    let body = request.body();
    is_late && request.method() == "PUT" && body.windows(12).any(|part| part == b"\"line_items\"")
}

/// Only the processor keeps answers under keys.
fn is_keyed(request: &Request<Bytes>) -> bool {
    request.method() == "POST" && request.headers().contains_key("idempotency-key")
}

fn bare(status: u16) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}
