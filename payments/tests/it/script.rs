//! A Stripe that says what it is told, for what an honest one seldom says.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use payments::{API_VERSION, Sca, Settings, Stripe, TOKEN_API_VERSION, TokenParameter};
use secrecy::SecretString;
use upstream::{GateLimits, Limits, Seeded, Transport, TransportError, Upstream};
use url::Url;

/// A line of the script: the call that must come, and what it is told.
pub(crate) struct Line {
    pub(crate) call: &'static str,
    pub(crate) status: u16,
    pub(crate) replayed: bool,
    pub(crate) body: String,
}

/// The script, and what was sent so far.
#[derive(Default)]
pub(crate) struct Script {
    lines: Mutex<VecDeque<Line>>,
    sent: Mutex<Vec<Request<Bytes>>>,
}

impl Script {
    pub(crate) fn new(lines: impl IntoIterator<Item = Line>) -> Arc<Self> {
        Arc::new(Self { lines: Mutex::new(lines.into_iter().collect()), ..Self::default() })
    }

    /// A client of this Stripe.
    pub(crate) fn stripe(self: &Arc<Self>) -> Stripe {
        let base = Url::parse("https://api.stripe.test").unwrap();
        let transport: Arc<dyn Transport> = Arc::<Self>::clone(self);
        stripe(base, transport, settings("sk_test_scripted"))
    }

    /// One header of every call, in order.
    pub(crate) fn header(&self, name: &str) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        let text = |request: &Request<Bytes>| match request.headers().get(name) {
            Some(value) => value.to_str().unwrap().to_owned(),
            None => String::new(),
        };
        sent.iter().map(text).collect()
    }

    /// Whether the secret key is marked as secret in every call.
    pub(crate) fn hides_the_key(&self) -> bool {
        self.sent.lock().unwrap().iter().all(|sent| sent.headers()["authorization"].is_sensitive())
    }

    /// The whole script must have been played.
    pub(crate) fn assert_played(&self) {
        let left = self.lines.lock().unwrap();
        assert!(left.is_empty(), "{:?} never came", left.front().map(|line| line.call));
    }
}

#[async_trait]
impl Transport for Script {
    async fn send(
        &self,
        request: Request<Bytes>,
        _body_max: usize,
    ) -> Result<Response<Bytes>, TransportError> {
        let call = format!("{} {}", request.method(), request.uri().path_and_query().unwrap());
        self.sent.lock().unwrap().push(request);
        let line = self.lines.lock().unwrap().pop_front().unwrap_or_else(|| panic!("{call} came"));
        assert_eq!(call, line.call);
        let mut response = Response::builder().status(line.status);
        if line.replayed {
            response = response.header("Idempotent-Replayed", "true");
        }
        Ok(response.body(line.body.into()).unwrap())
    }
}

/// The usual settings for a key.
pub(crate) fn settings(secret_key: &str) -> Settings {
    Settings {
        secret_key: SecretString::from(secret_key),
        api_version: API_VERSION.to_owned(),
        token_api_version: TOKEN_API_VERSION.to_owned(),
        token_parameter: TokenParameter::PaymentMethodData,
        sca: Sca::AcpDelegate,
        webhook_secrets: Vec::new(),
    }
}

/// A client of any Stripe, with short waits.
pub(crate) fn stripe(base: Url, transport: Arc<dyn Transport>, settings: Settings) -> Stripe {
    let limits = Limits {
        deadline: Duration::from_secs(5),
        body_max: 1024 * 1024,
        retries_max: 2,
        retry_delay: Duration::from_millis(1),
        gate: GateLimits {
            in_flight_max: 16,
            queue_max: 16,
            queue_wait_max: Duration::from_secs(1),
        },
    };
    let upstream = Upstream::new("stripe", base, transport, Arc::new(Seeded::new(7)), limits);
    Stripe::new(upstream, settings)
}
