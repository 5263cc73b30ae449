//! Products brought to an agent: all that differ at first and from time to time, and in between
//! what has changed, within moments.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use ::catalog::Snapshot;
use commerce::{Finding, Level, Product};
use feed::{Format, Profile, Summary, Writer, validate};
use http::StatusCode;
use serde::{Deserialize, Deserializer, de};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::Instant;
use tracing::error;

use super::{
    PushError, Pushed,
    agent::{Agent, AgentError, Metadata},
    count, judge, warning,
};
use crate::{
    Seams,
    catalog::beside,
    config::ApiPush,
    progress::{Progress, Work},
    store::Store,
};

/// First wait after a push that failed; doubles up to the time between comparisons.
const RETRY_DELAY: Duration = Duration::from_secs(1);
/// Where more than one in so many products has changed, all are compared, and the guards look.
const MANY: usize = 10;
/// Fewer are never many.
const FEW: usize = 100;

/// A product as an agent has it, in short.
struct Print {
    id: String,
    digest: [u8; 32],
    /// Its variants by id, with their titles.
    variants: Vec<(String, String)>,
    is_gone: bool,
}

#[derive(Deserialize)]
struct Theirs {
    products: Vec<Print>,
}

/// Brings all that differs, makes the feed first where there is none, and reads it back.
pub(super) async fn bring(
    agent: &Agent,
    store: &Store,
    push: &ApiPush,
    snapshot: &Arc<Snapshot>,
    seams: &Seams,
    is_forced: bool,
) -> Result<Pushed, PushError> {
    let Some(feed) = &push.feed_id else {
        let made = agent.create(push.target_country.as_deref()).await?.id;
        let pushed = compare(agent, store, push, &made, snapshot, (seams, is_forced)).await?;
        let note = format!(
            "made the feed {made}: write feed_id = \"{made}\" into its [[store.feed.api]], so that \
             `serve` keeps it fresh"
        );
        return Ok(Pushed { note: Some(note), ..pushed });
    };
    compare(agent, store, push, feed, snapshot, (seams, is_forced)).await
}

/// Keeps the agent's products as the store has them.
pub(super) async fn keep(store: &Store, push: &ApiPush, seams: &Seams) {
    let Some(feed) = &push.feed_id else {
        error!(
            store.id = store.id,
            "no feed_id in [[store.feed.api]]: run `storebridge feed push` once, which makes a feed"
        );
        return;
    };
    let agent = Agent::new(&store.id, push, seams);
    let mut news = store.catalog.subscribe();
    let Some(mut brought) = store.catalog.first().await else { return };
    let (mut due, mut delay, mut is_behind) = (Instant::now(), RETRY_DELAY, true);
    loop {
        tokio::select! {
            () = tokio::time::sleep_until(due) => {}
            changed = news.changed(), if !is_behind => {
                if changed.is_err() {
                    return;
                }
                tokio::time::sleep(push.gather).await;
            }
        }
        let Some(snapshot) = store.catalog.snapshot() else { continue };
        news.mark_unchanged();
        let is_due = Instant::now() >= due;
        let pushed = if is_due || is_behind {
            compare(&agent, store, push, feed, &snapshot, (seams, false)).await
        } else if snapshot.revision() == brought.revision() {
            continue;
        } else {
            follow(&agent, store, push, feed, &brought, &snapshot, seams).await
        };
        count(&store.id, push.url.as_str(), &pushed, seams.clock.now());
        is_behind = pushed.is_err();
        if is_behind {
            due = Instant::now() + delay;
            delay = (delay * 2).min(push.compare);
        } else {
            brought = snapshot;
            delay = RETRY_DELAY;
            if is_due {
                due = Instant::now() + push.compare;
            }
        }
    }
}

/// What `storebridge check` says of it.
pub(super) async fn look(
    store: &Store,
    push: &ApiPush,
    products: Option<&Arc<Snapshot>>,
    seams: &Seams,
) -> Vec<Finding> {
    let what = format!("Feed at {}", push.url);
    let Some(feed) = &push.feed_id else {
        let detail = "no feed has been made yet: run `storebridge feed push`".to_owned();
        return vec![Finding { level: Level::Warning, what, detail }];
    };
    let agent = Agent::new(&store.id, push, seams);
    let detail = match agent.metadata(feed).await {
        Ok(Metadata { updated_at: Some(at), .. }) => {
            let age = seams.clock.now().duration_since(at).as_secs().max(0);
            format!("{feed} was last changed {} min ago", age / 60)
        }
        Ok(_) => format!("{feed} is there"),
        Err(error) => {
            return vec![Finding { level: Level::Failure, what, detail: error.to_string() }];
        }
    };
    let mut findings = vec![Finding { level: Level::Ok, what, detail }];
    if let Some(products) = products
        && let Ok((_, previous)) = there(&agent, feed).await
    {
        let judged = judge(products, store, Profile::Acp, previous, (seams, false)).await;
        findings.extend(judged.err().map(|error| warning(push.url.as_str(), &error)));
    }
    findings
}

/// What the agent has, product by product and in short; no summary where it has nothing.
async fn there(
    agent: &Agent,
    feed: &str,
) -> Result<(HashMap<String, Print>, Option<Summary>), PushError> {
    let body = agent.products(feed).await?.body;
    let reading = move || (theirs(&body), validate(&body, Profile::Acp).summary);
    let (theirs, summary) = beside(reading).await;
    Ok((theirs?, Some(summary).filter(|summary| summary.rows > 0)))
}

/// Reads what is there, brings what differs, and reads it back.
async fn compare(
    agent: &Agent,
    store: &Store,
    push: &ApiPush,
    feed: &str,
    snapshot: &Arc<Snapshot>,
    (seams, is_forced): (&Seams, bool),
) -> Result<Pushed, PushError> {
    let (theirs, previous) = there(agent, feed).await?;
    let report = judge(snapshot, store, Profile::Acp, previous, (seams, is_forced)).await?;
    let (writer, all) = (writer(store), Arc::clone(snapshot));
    let (ours, mut sending) = beside(move || differing(&writer, &all, &theirs)).await;
    let changed = sending.len();
    let bytes = send(agent, store, push, feed, &mut sending).await?;
    if changed > 0 {
        let answer = agent.products(feed).await?;
        let there = beside(move || self::theirs(&answer.body)).await?;
        let is_there = |(id, digest): &(&String, &[u8; 32])| {
            there.get(*id).is_some_and(|print| print.digest == **digest)
        };
        let lost: Vec<&String> =
            ours.iter().filter(|one| !is_there(one)).map(|(id, _)| id).collect();
        if let Some(first) = lost.first() {
            return Err(PushError::Differs(lost.len(), (*first).clone()));
        }
    }
    let (rows, changed) = (report.summary.rows, changed as u64);
    Ok(Pushed { rows, changed, bytes, note: None })
}

/// Brings what has changed since.
async fn follow(
    agent: &Agent,
    store: &Store,
    push: &ApiPush,
    feed: &str,
    old: &Arc<Snapshot>,
    new: &Arc<Snapshot>,
    seams: &Seams,
) -> Result<Pushed, PushError> {
    let changed = new.since(old).len();
    if changed > FEW && changed * MANY > new.len() {
        return compare(agent, store, push, feed, new, (seams, false)).await;
    }
    let (writer, old, next) = (writer(store), Arc::clone(old), Arc::clone(new));
    let mut sending = beside(move || {
        let mut lines = Vec::new();
        for (id, entry) in next.since(&old) {
            let line = |product: &Product| line(&writer, product);
            let now = entry.filter(|entry| entry.exclusion().is_none());
            let now = now.and_then(|entry| line(&entry.read()));
            let before = old.product(&id).filter(|product| product.exclusion.is_none());
            match (before.as_ref().and_then(line), now) {
                (before, Some(now)) if before.as_ref() != Some(&now) => lines.push(now),
                (Some(before), None) => lines.extend(ended(&before)),
                _ => {}
            }
        }
        lines
    })
    .await;
    let changed = sending.len() as u64;
    let bytes = send(agent, store, push, feed, &mut sending).await?;
    Ok(Pushed { rows: new.len() as u64, changed, bytes, note: None })
}

/// Sends in batches, and says how many bytes went. A batch that is refused is halved, down to the
/// product that is; the others go.
async fn send(
    agent: &Agent,
    store: &Store,
    push: &ApiPush,
    feed: &str,
    lines: &mut Vec<Vec<u8>>,
) -> Result<u64, PushError> {
    let (mut refused, mut bytes) = (None, 0);
    let total = Some(lines.len() as u64);
    let mut progress = Progress::new(Work::Bringing, &store.id).to(push.url.as_str());
    while !lines.is_empty() {
        let rest = lines.split_off(lines.len().min(push.batch_products_max));
        let mut batches = vec![std::mem::replace(lines, rest)];
        while let Some(mut batch) = batches.pop() {
            match agent.upsert(feed, &batch).await {
                Ok(()) => {
                    let sent = batch.iter().map(|line| line.len() as u64).sum::<u64>();
                    bytes += sent;
                    progress.add_beside(sent);
                    progress.add(batch.len() as u64, total);
                }
                Err(AgentError::Refused { status: StatusCode::BAD_REQUEST, .. })
                    if batch.len() > 1 =>
                {
                    let half = batch.split_off(batch.len() / 2);
                    batches.extend([half, batch]);
                }
                Err(error @ AgentError::Refused { status: StatusCode::BAD_REQUEST, .. }) => {
                    error!(feed, %error, "the agent refuses a product");
                    refused.get_or_insert(error);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    refused.map_or(Ok(bytes), |error| Err(error.into()))
}

/// What we have, and what has to be sent so that the agent has it too.
fn differing(
    writer: &Writer,
    snapshot: &Snapshot,
    theirs: &HashMap<String, Print>,
) -> (BTreeMap<String, [u8; 32]>, Vec<Vec<u8>>) {
    let (mut ours, mut sending) = (BTreeMap::new(), Vec::new());
    for entry in snapshot.iter().filter(|entry| entry.exclusion().is_none()) {
        let Some(line) = line(writer, &entry.read()) else { continue };
        let Ok(print) = serde_json::from_slice::<Print>(&line) else { continue };
        if theirs.get(&print.id).is_none_or(|there| there.digest != print.digest) {
            sending.push(line);
        }
        ours.insert(print.id, print.digest);
    }
    let gone = theirs.values().filter(|there| !there.is_gone && !ours.contains_key(&there.id));
    let mut gone: Vec<&Print> = gone.collect();
    gone.sort_by_key(|print| &print.id);
    sending.extend(gone.into_iter().map(Print::ended));
    (ours, sending)
}

/// A product as the protocol has it; `None` if none of its variants may be shown.
fn line(writer: &Writer, product: &Product) -> Option<Vec<u8>> {
    let mut segment = writer.segment(product);
    if segment.rows == 0 {
        return None;
    }
    segment.bytes.truncate(segment.bytes.trim_ascii_end().len());
    Some(segment.bytes)
}

/// A product that is no longer sold: the protocol has no way to take it out.
fn ended(line: &[u8]) -> Option<Vec<u8>> {
    serde_json::from_slice::<Print>(line).ok().map(|print| print.ended())
}

fn writer(store: &Store) -> Writer {
    Writer::new(store.feeds.plan(), Profile::Acp, Format::Jsonl).expect("a format of the profile")
}

fn theirs(body: &[u8]) -> Result<HashMap<String, Print>, AgentError> {
    let theirs: Theirs =
        serde_json::from_slice(body).map_err(|error| AgentError::Unreadable(error.to_string()))?;
    Ok(theirs.products.into_iter().map(|print| (print.id.clone(), print)).collect())
}

impl Print {
    fn ended(&self) -> Vec<u8> {
        let variants = self.variants.iter().map(|(id, title)| {
            let availability = json!({ "available": false, "status": "discontinued" });
            json!({ "id": id, "title": title, "availability": availability })
        });
        let variants: Vec<Value> = variants.collect();
        json!({ "id": self.id, "variants": variants }).to_string().into_bytes()
    }
}

impl<'de> Deserialize<'de> for Print {
    /// Whole products would take much memory at once; each is let go of when it has been looked at.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut product = Value::deserialize(from)?;
        product.sort_all_objects();
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let id = text(&product["id"]).ok_or_else(|| de::Error::custom("a product has no id"))?;
        let variants = product["variants"].as_array().into_iter().flatten();
        let is_gone =
            variants.clone().all(|variant| variant["availability"]["status"] == "discontinued");
        let variants = variants
            .filter_map(|variant| Some((text(&variant["id"])?, text(&variant["title"])?)))
            .collect();
        let digest = Sha256::digest(product.to_string()).into();
        Ok(Self { id, digest, variants, is_gone })
    }
}
