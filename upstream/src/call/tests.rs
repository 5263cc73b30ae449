use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use url::Url;

use super::{Call, CallError, Kind, Limits, Upstream};
use crate::{GateLimits, Seeded, Transport, TransportError};

/// Plays a script, then says 200; counts what it was asked.
#[derive(Default)]
struct Script {
    steps: Mutex<VecDeque<Step>>,
    asked: Mutex<usize>,
}

#[derive(Clone, Copy)]
enum Step {
    Status(u16),
    Refuse,
    Lose,
    Hang,
}

#[async_trait]
impl Transport for Script {
    async fn send(&self, _: Request<Bytes>, _: usize) -> Result<Response<Bytes>, TransportError> {
        *self.asked.lock().unwrap() += 1;
        let step = self.steps.lock().unwrap().pop_front().unwrap_or(Step::Status(200));
        match step {
            Step::Status(status) => {
                Ok(Response::builder().status(status).body(Bytes::new()).unwrap())
            }
            Step::Refuse => Err(TransportError::NotSent("refused".into())),
            Step::Lose => Err(TransportError::Lost("reset".into())),
            Step::Hang => std::future::pending().await,
        }
    }
}

async fn run(kind: Kind, steps: &[Step]) -> (Result<u16, CallError>, usize) {
    let script = Arc::new(Script::default());
    script.steps.lock().unwrap().extend(steps);
    let upstream = upstream(&script);
    let result = upstream.send(Call::new("test", Method::GET, "/x", kind)).await;
    let asked = *script.asked.lock().unwrap();
    (result.map(|answer| answer.status.as_u16()), asked)
}

fn upstream(script: &Arc<Script>) -> Upstream {
    let limits = Limits {
        deadline: Duration::from_secs(2),
        body_max: 1024,
        retries_max: 2,
        retry_delay: Duration::from_millis(100),
        gate: GateLimits { in_flight_max: 1, queue_max: 1, queue_wait_max: Duration::from_secs(1) },
    };
    let base = Url::parse("http://store.test/").unwrap();
    let chance = Arc::new(Seeded::new(1));
    Upstream::new("store", base, Arc::<Script>::clone(script), chance, limits)
}

#[tokio::test(start_paused = true)]
async fn harmless_calls_are_repeated_and_bounded() {
    let (result, asked) = run(Kind::Repeatable, &[Step::Lose, Step::Status(503)]).await;
    assert_eq!((result.unwrap(), asked), (200, 3));

    let (result, asked) = run(Kind::Repeatable, &[Step::Status(502); 9]).await;
    assert_eq!((result.unwrap(), asked), (502, 3));
}

#[tokio::test(start_paused = true)]
async fn a_lost_try_stays_in_doubt() {
    let (result, asked) = run(Kind::Repeatable, &[Step::Lose, Step::Refuse, Step::Refuse]).await;
    assert!(matches!(result, Err(CallError::Unknown { .. })), "{result:?}");
    assert_eq!(asked, 3);
    let busy = [Step::Lose, Step::Status(429), Step::Status(429)];
    let (result, _) = run(Kind::Repeatable, &busy).await;
    assert!(matches!(result, Err(CallError::Unknown { .. })), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn a_write_is_repeated_only_when_it_never_arrived() {
    let (result, asked) = run(Kind::Once, &[Step::Refuse]).await;
    assert_eq!((result.unwrap(), asked), (200, 2));

    let (result, asked) = run(Kind::Once, &[Step::Lose]).await;
    assert!(matches!(result, Err(CallError::Unknown { .. })), "{result:?}");
    assert_eq!(asked, 1);

    let (result, asked) = run(Kind::Once, &[Step::Status(500)]).await;
    assert_eq!((result.unwrap(), asked), (500, 1));
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_call_that_hangs() {
    let (result, asked) = run(Kind::Repeatable, &[Step::Hang]).await;
    assert!(result.is_err_and(|error| !error.had_no_effect()));
    assert_eq!(asked, 1);
}

/// A host in trouble is asked a tenth more often and not three times as often.
#[tokio::test(start_paused = true)]
async fn repeats_have_a_budget() {
    let script = Arc::new(Script::default());
    script.steps.lock().unwrap().extend([Step::Status(503); 1_000]);
    let upstream = upstream(&script);
    for _ in 0..100 {
        let call = Call::new("test", Method::GET, "/x", Kind::Repeatable);
        assert_eq!(upstream.send(call).await.unwrap().status, 503);
    }
    let asked = *script.asked.lock().unwrap();
    assert!((100..=131).contains(&asked), "{asked}");
}

#[tokio::test(start_paused = true)]
async fn another_host_has_a_gate_of_its_own() {
    let script = Arc::new(Script::default());
    script.steps.lock().unwrap().push_back(Step::Hang);
    let upstream = upstream(&script);
    let other = upstream.elsewhere("storage", Url::parse("http://storage.test/").unwrap());
    assert_eq!(other.base().host_str(), Some("storage.test"));
    let call = || Call::new("test", Method::GET, "/x", Kind::Once);
    tokio::select! {
        biased;
        hanging = upstream.send(call()) => panic!("{hanging:?}"),
        answer = other.send(call()) => assert_eq!(answer.unwrap().status, 200),
    }
}
