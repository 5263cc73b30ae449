//! Whole feeds as files on an SFTP server.

use std::{sync::Arc, time::Duration};

use ::catalog::Snapshot;
use bytes::Bytes;
use commerce::{Finding, Level};
use feed::{Filter, Profile, READ_BYTES_MAX, Summary, validate};
use sftp::{Connection, SftpError, Stat};
use tracing::warn;

use super::{PushError, Pushed, count, judge, warning};
use crate::{
    Seams,
    config::SftpPush,
    feeds::{self, NoFeed, Ready, Shard, Wanted},
    progress::{Progress, Work},
    store::Store,
};

/// What a full replacement by the protocol's Feed API is called.
const PRODUCTS: &str = "products.jsonl";
const METADATA: &str = "metadata.json";
/// First wait after a push that failed; doubles up to how old the file may become.
const RETRY_DELAY: Duration = Duration::from_mins(1);

/// Puts the feed there, in parts where it is too large for one file.
pub(super) async fn put(
    store: &Store,
    push: &SftpPush,
    seams: &Seams,
    is_forced: bool,
) -> Result<Pushed, PushError> {
    let parts = parts(store, push).await?;
    let snapshot = store.catalog.snapshot().ok_or(PushError::NoFeed(NoFeed::NotReady))?;
    let mut connection = Connection::open(&push.target, &push.folder).await?;
    let there = there(&mut connection, push).await;
    let previous = previous(&mut connection, push, &there).await;
    let report = judge(&snapshot, store, push.profile, previous, (seams, is_forced)).await?;
    let total = parts.iter().map(|(_, ready)| ready.length).sum();
    let mut progress = Progress::new(Work::Putting, &store.id).to(&push.target.host);
    for (name, ready) in &parts {
        let mut sent = |bytes| progress.add(bytes, Some(total));
        connection.put(name, &ready.pieces, &mut sent).await?;
        progress.add_beside(ready.rows);
        let there = connection.stat(name).await?.map(|stat| stat.size);
        if there != Some(ready.length) {
            return Err(PushError::Differs(1, name.clone()));
        }
    }
    if push.profile == Profile::Acp {
        let metadata = metadata(store, push, seams).to_string();
        connection.put(METADATA, &[Bytes::from(metadata)], &mut |_| {}).await?;
    }
    // Readers would read the parts of another division too.
    for (name, _) in there.iter().filter(|(name, _)| parts.iter().all(|(new, _)| new != name)) {
        connection.remove(name).await?;
    }
    let (rows, bytes) = (report.summary.rows, progress.end());
    Ok(Pushed { rows, changed: rows, bytes, note: None })
}

/// Puts it there as often as the configuration says: a file that another replica has just put there
/// is left alone.
pub(super) async fn keep(store: &Store, push: &SftpPush, seams: &Seams) {
    if store.catalog.first().await.is_none() {
        return;
    }
    let mut delay = RETRY_DELAY.min(push.every);
    loop {
        let age = age(push, seams).await;
        if let Ok(Some(age)) = age
            && age < push.every
        {
            tokio::time::sleep(push.every.saturating_sub(age)).await;
            continue;
        }
        let pushed = put(store, push, seams, false).await;
        count(&store.id, &push.target.host, &pushed, seams.clock.now());
        if pushed.is_ok() {
            delay = RETRY_DELAY.min(push.every);
            tokio::time::sleep(push.every).await;
        } else {
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(push.every);
        }
    }
}

/// What `storebridge check` says of it.
pub(super) async fn look(
    store: &Store,
    push: &SftpPush,
    products: Option<&Arc<Snapshot>>,
    seams: &Seams,
) -> Vec<Finding> {
    let host = &push.target.host;
    let what = format!("Feed on {host}");
    let mut connection = match Connection::open(&push.target, &push.folder).await {
        Ok(connection) => connection,
        Err(error) => {
            return vec![Finding { level: Level::Failure, what, detail: error.to_string() }];
        }
    };
    let there = there(&mut connection, push).await;
    let name = name(push, None);
    let (level, detail) = match newest(&there, seams) {
        Some(age) if age <= push.every * 2 => {
            (Level::Ok, format!("{name} is {} min old", age.as_secs() / 60))
        }
        Some(age) => {
            let hours = age.as_secs() / 3600;
            (Level::Warning, format!("{name} is {hours} h old: see why pushes fail in the log"))
        }
        None => {
            let how = "run `storebridge feed push`, or wait for `serve`";
            (Level::Warning, format!("nothing is there yet: {how}"))
        }
    };
    let mut findings = vec![Finding { level, what, detail }];
    if let Some(products) = products {
        let previous = previous(&mut connection, push, &there).await;
        let judged = judge(products, store, push.profile, previous, (seams, false)).await;
        findings.extend(judged.err().map(|error| warning(host, &error)));
    }
    findings
}

/// How old the newest of its files is.
async fn age(push: &SftpPush, seams: &Seams) -> Result<Option<Duration>, SftpError> {
    let mut connection = Connection::open(&push.target, &push.folder).await?;
    Ok(newest(&there(&mut connection, push).await, seams))
}

fn newest(there: &[(String, Stat)], seams: &Seams) -> Option<Duration> {
    let newest = there.iter().map(|(_, stat)| stat.modified).max();
    let now = seams.clock.now().as_second();
    newest.map(|at| Duration::from_secs(u64::try_from(now - at).unwrap_or(0)))
}

/// The feed's files by their names.
async fn parts(store: &Store, push: &SftpPush) -> Result<Vec<(String, Arc<Ready>)>, PushError> {
    let wanted = |shard| Wanted {
        profile: push.profile,
        format: push.format,
        packing: push.packing,
        filter: Filter::default(),
        shard,
    };
    let get = async |shard| {
        let fresh = store.feeds.get(&store.catalog, &wanted(shard)).await;
        fresh.map(|fresh| (name(push, shard), fresh.ready)).map_err(PushError::NoFeed)
    };
    let whole = get(None).await?;
    let of = whole.1.shards;
    if of < 2 || push.profile == Profile::Acp {
        return Ok(vec![whole]);
    }
    let mut parts = Vec::new();
    for nth in 1..=of {
        parts.push(get(Some(Shard { nth, of })).await?);
    }
    Ok(parts)
}

/// The feed's files that are there, in one part or many.
async fn there(connection: &mut Connection<'_>, push: &SftpPush) -> Vec<(String, Stat)> {
    let is_its = |name: &str| match feeds::parse(name, Filter::default()) {
        Some(wanted) => self::name(push, wanted.shard) == name,
        None => self::name(push, None) == name,
    };
    match connection.list().await {
        Ok(there) => there.into_iter().filter(|(name, _)| is_its(name)).collect(),
        Err(error) => {
            warn!(%error, "the folder cannot be listed, so nothing is compared");
            Vec::new()
        }
    }
}

/// What is there now, in short; `None` where there is nothing, or nothing can be read.
async fn previous(
    connection: &mut Connection<'_>,
    push: &SftpPush,
    there: &[(String, Stat)],
) -> Option<Summary> {
    let mut all: Option<Summary> = None;
    for (name, _) in there {
        let bytes = match connection.get(name, READ_BYTES_MAX).await {
            Ok(bytes) => bytes?,
            Err(error) => {
                warn!(%error, "the feed that is there cannot be read, so nothing is compared");
                return None;
            }
        };
        let profile = push.profile;
        let report = crate::catalog::beside(move || validate(&bytes, profile)).await;
        match &mut all {
            Some(all) => all.add(report.summary),
            None => all = Some(report.summary),
        }
    }
    all
}

fn name(push: &SftpPush, shard: Option<Shard>) -> String {
    if push.profile == Profile::Acp {
        return PRODUCTS.to_owned();
    }
    let (profile, format, packing) = (push.profile, push.format, push.packing);
    Wanted { profile, format, packing, filter: Filter::default(), shard }.to_string()
}

/// `FeedMetadata` of the protocol.
fn metadata(store: &Store, push: &SftpPush, seams: &Seams) -> serde_json::Value {
    let mut metadata = serde_json::json!({
        "id": push.feed_id.as_deref().unwrap_or(&store.id),
        "updated_at": seams.clock.now().to_string(),
    });
    if let Some(country) = &push.target_country {
        metadata["target_country"] = country.as_str().into();
    }
    metadata
}
