//! What is counted of every answer. A counter is looked up once and then kept: looking it up takes
//! as long as a small answer does.

use std::{array, sync::OnceLock, time::Duration};

use http::{Method, StatusCode};
use metrics::{Counter, Histogram};

/// What anybody may call a method stands under one name: a series for each would have no bound.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "HEAD", "other"];
/// The first status that is counted, and how many are.
const STATUSES: (usize, usize) = (100, 500);

/// The counters of all answers.
pub(super) struct Tally {
    took: [OnceLock<Histogram>; METHODS.len()],
    answered: Vec<OnceLock<Counter>>,
}

impl Tally {
    pub(super) fn new() -> Self {
        let answered = (0..STATUSES.1).map(|_| OnceLock::new()).collect();
        Self { took: array::from_fn(|_| OnceLock::new()), answered }
    }

    /// One answer more.
    pub(super) fn count(&self, method: &Method, status: StatusCode, took: Duration) {
        let other = METHODS.len() - 1;
        let nth = METHODS.iter().position(|it| *it == method.as_str()).unwrap_or(other);
        let histogram = self.took[nth]
            .get_or_init(|| metrics::histogram!("request_seconds", "method" => METHODS[nth]));
        histogram.record(took);
        let Some(answered) = self.answered.get(usize::from(status.as_u16()) - STATUSES.0) else {
            return;
        };
        let counter = answered.get_or_init(
            || metrics::counter!("requests_total", "status" => status.as_str().to_owned()),
        );
        counter.increment(1);
    }
}
