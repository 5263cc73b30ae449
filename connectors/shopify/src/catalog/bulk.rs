//! Exports: the store carries out one document in its own time and leaves the result, line by line,
//! in storage of another host, where it is fetched in parts. That takes hardly any points, no pages,
//! and here never more memory than a part.
//!
//! A part never shows our token: storage is none of the store's, and the address is key enough.
//!
//! <https://shopify.dev/docs/api/usage/bulk-operations/queries>

use std::{error::Error, time::Duration};

use commerce::{ConnectorError, Effect};
use http::{Method, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tracing::{info, warn};
use upstream::{Answer, Call, CallError, Kind as Repeat, TransportError};
use url::{Position, Url};

use super::lines::{Families, Stretch};
use crate::{
    Shopify,
    error::{UserError, nonsense, refuse, unreachable},
    id::{Gid, Kind},
    operation::Operation,
};

pub(super) const START: Operation =
    Operation::write_once("export.start", include_str!("../operations/bulk_start.graphql"), 10);
pub(super) const READ: Operation =
    Operation::read("export.read", include_str!("../operations/bulk_read.graphql"), 1);
pub(super) const CANCEL: Operation =
    Operation::write("export.cancel", include_str!("../operations/bulk_cancel.graphql"), 10);
pub(super) const COUNT: Operation =
    Operation::read("product.count", include_str!("../operations/product_count.graphql"), 10);
const FETCH: &str = "export.fetch";

/// The first look comes after so long; the wait doubles up to what the settings say.
const FIRST_POLL: Duration = Duration::from_millis(500);
/// So many bytes are fetched at once.
const PART: usize = 1024 * 1024;
/// One product with all its variants and pictures has to fit into so many bytes.
const PRODUCT_MAX: usize = 32 * 1024 * 1024;
/// More products of which a part stands elsewhere make an export useless.
const STRAYS_MAX: usize = 50;

/// A stretch of what the store has exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Export {
    /// The number of the store's operation.
    pub(super) operation: u64,
    /// The byte that the stretch begins with.
    pub(super) offset: u64,
    /// How many products were found before it.
    pub(super) found: u64,
    /// Which of the exports that were tried.
    pub(super) nth: u8,
}

/// What became of an export.
pub(super) enum Part {
    Lines(Families),
    /// Why it is of no use: it has to be read in another way.
    Nothing(String),
}

/// An operation as the store shows it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bulk {
    pub(super) id: Gid,
    pub(super) status: String,
    #[serde(default)]
    pub(super) error_code: Option<String>,
    /// Lines so far, in digits.
    #[serde(default)]
    pub(super) object_count: String,
    /// Products so far, in digits.
    #[serde(default)]
    pub(super) root_object_count: String,
    /// Where the result is. Without a single line there is none.
    #[serde(default)]
    pub(super) url: Option<String>,
    #[serde(default)]
    pub(super) query: String,
}

impl Bulk {
    fn products(&self) -> u64 {
        self.root_object_count.parse().unwrap_or(0)
    }

    pub(super) fn is_under_way(&self) -> bool {
        matches!(self.status.as_str(), "CREATED" | "RUNNING" | "CANCELING")
    }
}

/// A part of a result.
enum Fetched {
    Part {
        bytes: Vec<u8>,
        is_last: bool,
    },
    /// Storage gives it out whole or not at all, and whole it is too large.
    TooLarge,
}

impl Shopify {
    /// Has the store carry a document out; answers the operation's number. `None` where it takes none
    /// on: as many as it allows are under way, or it does not like the document.
    pub(super) async fn start_bulk(&self, document: &str) -> Result<Option<u64>, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            bulk_operation_run_query: Payload,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Payload {
            bulk_operation: Option<Started>,
            user_errors: Vec<UserError>,
        }
        #[derive(Deserialize)]
        struct Started {
            id: Gid,
        }

        let answer: Answer = match self.client.run(&START, &json!({ "query": document })).await {
            Ok(answer) => answer,
            // It may have begun, and is found again when the next one is refused because of it.
            Err(error @ ConnectorError::Unavailable { .. }) => return Err(error),
            Err(error) => {
                warn!(%error, "the store makes no export");
                return Ok(None);
            }
        };
        let Payload { bulk_operation, user_errors } = answer.bulk_operation_run_query;
        if let Some(Started { id }) = bulk_operation.filter(|_| user_errors.is_empty()) {
            return Ok(Some(id.0));
        }
        for error in &user_errors {
            if let Some(same) = self.same_bulk(&error.message, document).await? {
                info!(operation = same, "the store makes the same export already");
                return Ok(Some(same));
            }
        }
        let why = user_errors.first().map(|error| error.message.as_str());
        warn!(why, "the store makes no export");
        Ok(None)
    }

    /// The next products of an export, when it is ready.
    pub(super) async fn exported(&self, export: Export) -> Result<Part, ConnectorError> {
        let bulk = match self.finished(export.operation).await? {
            Ok(bulk) => bulk,
            Err(why) => return Ok(Part::Nothing(why)),
        };
        let Some(url) = &bulk.url else {
            return match self.count(super::ACTIVE).await? {
                0 => Ok(Part::Lines(Families::default())),
                some => Ok(Part::Nothing(format!("nothing was exported of {some} products"))),
            };
        };
        let url: Url = url.parse().map_err(|error| nonsense(READ.name, error))?;
        let mut bytes = Vec::new();
        loop {
            let at = export.offset + bytes.len() as u64;
            let is_last = match self.fetch(&url, at).await? {
                Fetched::TooLarge => {
                    return Ok(Part::Nothing("storage gives it out only as a whole".to_owned()));
                }
                Fetched::Part { bytes: more, is_last } => {
                    bytes.extend_from_slice(&more);
                    is_last
                }
            };
            let stretch = Stretch::read(&bytes, is_last);
            if is_last || stretch.used > 0 {
                return Ok(families(stretch, export, &bulk, is_last));
            }
            if bytes.len() > PRODUCT_MAX {
                return Ok(Part::Nothing("a product in it is too large".to_owned()));
            }
        }
    }

    /// How many products a filter finds.
    pub(super) async fn count(&self, filter: &str) -> Result<u64, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            products_count: Option<Counted>,
        }
        #[derive(Deserialize)]
        struct Counted {
            count: u64,
        }

        let answer: Answer = self.client.run(&COUNT, &json!({ "filter": filter })).await?;
        Ok(answer.products_count.map_or(0, |counted| counted.count))
    }

    /// The operation that another one was refused for, if it carries out the same document.
    async fn same_bulk(
        &self,
        message: &str,
        document: &str,
    ) -> Result<Option<u64>, ConnectorError> {
        const START_OF_ID: &str = "gid://shopify/BulkOperation/";

        let Some(at) = message.find(START_OF_ID) else { return Ok(None) };
        let digits = message[at + START_OF_ID.len()..].split(|c: char| !c.is_ascii_digit()).next();
        let Some(number) = digits.and_then(|digits| digits.parse().ok()) else { return Ok(None) };
        let bulk = self.bulk(number).await?;
        Ok(bulk.filter(|bulk| bulk.query.trim() == document.trim()).map(|bulk| bulk.id.0))
    }

    async fn bulk(&self, number: u64) -> Result<Option<Bulk>, ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            bulk_operation: Option<Bulk>,
        }

        let id = Kind::BulkOperation.gid(number);
        let answer: Answer = self.client.run(&READ, &json!({ "id": id })).await?;
        Ok(answer.bulk_operation)
    }

    /// Waits for an export's end. It is told of, and looked for where nobody tells. `Err` says why
    /// there is nothing to read.
    async fn finished(&self, number: u64) -> Result<Result<Bulk, String>, ConnectorError> {
        let (mut seen, mut moved) = (String::new(), Instant::now());
        let mut pause = FIRST_POLL.min(self.catalog.export_poll);
        loop {
            let told = self.reading.exported.notified();
            let Some(bulk) = self.bulk(number).await? else {
                return Ok(Err("the store knows nothing of it".to_owned()));
            };
            if bulk.status == "COMPLETED" {
                return Ok(Ok(bulk));
            }
            if !bulk.is_under_way() {
                let code = bulk.error_code.as_deref().unwrap_or("no reason");
                return Ok(Err(format!("it ended as {} for {code}", bulk.status)));
            }
            if bulk.object_count != seen {
                (seen, moved) = (bulk.object_count, Instant::now());
            }
            if moved.elapsed() >= self.catalog.export_stall_max {
                self.cancel_bulk(number).await;
                return Ok(Err("it got no further, and was called off".to_owned()));
            }
            tokio::select! {
                () = told => {}
                () = sleep(pause) => {}
            }
            pause = (pause * 2).min(self.catalog.export_poll);
        }
    }

    /// Best effort: one that goes on takes a place, and ends by itself.
    async fn cancel_bulk(&self, number: u64) {
        let id = Kind::BulkOperation.gid(number);
        let answer: Result<Value, _> = self.client.run(&CANCEL, &json!({ "id": id })).await;
        if let Err(error) = answer {
            warn!(%error, operation = number, "an export was not called off");
        }
    }

    async fn fetch(&self, url: &Url, at: u64) -> Result<Fetched, ConnectorError> {
        let is_safe =
            url.scheme() == "https" || url.scheme() == self.client.upstream().base().scheme();
        if !is_safe {
            return Err(nonsense(FETCH, format!("a result over {}", url.scheme())));
        }
        let mut origin = url.clone();
        origin.set_path("/");
        origin.set_query(None);
        origin.set_fragment(None);
        let range = format!("bytes={at}-{}", at + PART as u64 - 1);
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let call = Call::new(FETCH, Method::GET, path, Repeat::Repeatable)
            .header(header::RANGE, &range)
            .header(header::ACCEPT_ENCODING, "identity");
        let answer = match self.storage(&origin).send(call).await {
            Ok(answer) => answer,
            Err(error) if is_too_large(&error) => return Ok(Fetched::TooLarge),
            Err(error) => return Err(unreachable(error, false)),
        };
        part(&answer, at)
    }
}

/// What of an answer was asked for.
fn part(answer: &Answer, at: u64) -> Result<Fetched, ConnectorError> {
    let start = usize::try_from(at).unwrap_or(usize::MAX);
    match answer.status {
        StatusCode::PARTIAL_CONTENT => {
            let (first, end, size) = answer
                .header("content-range")
                .and_then(placed)
                .ok_or_else(|| nonsense(FETCH, "a part of which nobody says where it stands"))?;
            if first != at {
                return Err(nonsense(FETCH, format!("a part from byte {first} in place of {at}")));
            }
            Ok(Fetched::Part { bytes: answer.body.to_vec(), is_last: end >= size })
        }
        // Storage that knows no parts.
        StatusCode::OK => {
            let bytes = answer.body.get(start..).unwrap_or_default().to_vec();
            Ok(Fetched::Part { bytes, is_last: true })
        }
        StatusCode::RANGE_NOT_SATISFIABLE => Ok(Fetched::Part { bytes: Vec::new(), is_last: true }),
        // The address has run out; the next look at the operation shows another one.
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => Err(ConnectorError::Unavailable {
            retry_after: None,
            effect: Effect::None,
            source: Some(format!("{FETCH}: status {}", answer.status).into()),
        }),
        _ => Err(refuse(FETCH, answer, Effect::None)),
    }
}

/// `bytes 0-99/1234`: the first byte, the one after the last, and how many there are.
fn placed(text: &str) -> Option<(u64, u64, u64)> {
    let (bounds, size) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = bounds.split_once('-')?;
    let last: u64 = last.parse().ok()?;
    Some((first.parse().ok()?, last + 1, size.parse().ok()?))
}

/// Products of a stretch, and where the next one begins.
fn families(stretch: Stretch, export: Export, bulk: &Bulk, is_last: bool) -> Part {
    let Stretch { products, strays, roots, used } = stretch;
    let found = export.found + roots;
    if strays.len() > STRAYS_MAX {
        return Part::Nothing("what belongs together does not stand together in it".to_owned());
    }
    if is_last && found < bulk.products() {
        return Part::Nothing(format!("it holds {found} products of {}", bulk.products()));
    }
    let offset = export.offset + used as u64;
    let next = (!is_last).then_some(Export { offset, found, ..export });
    Part::Lines(Families { products, strays, total: bulk.products(), next })
}

fn is_too_large(error: &CallError) -> bool {
    let source = error.source().and_then(|source| source.downcast_ref::<TransportError>());
    matches!(source, Some(TransportError::TooLarge(_)))
}
