//! What each step costs the store, in its own points: at most, as it is asked for before it is
//! answered.

use std::time::Duration;

use commerce::{Change, Connector, Draft, Hold};
use serde_json::Value;

use crate::stage::{Stage, commitment, connector, granted};

/// The calls since the last look.
struct Meter<'a> {
    stage: &'a Stage,
    seen: usize,
}

impl<'a> Meter<'a> {
    fn new(stage: &'a Stage) -> Self {
        Self { stage, seen: stage.store.journal().len() }
    }

    /// Names and points of each call, and the sum of what they cost at most.
    fn read(&mut self) -> (Vec<String>, u64) {
        let journal = self.stage.store.journal();
        let new = &journal[self.seen..];
        let points = |call: &Value| call["requested"].as_u64().unwrap_or(0);
        let words = new.iter().map(|call| {
            let name = call["names"][0].as_str().or(call["call"].as_str()).unwrap();
            format!("{name} {}", points(call))
        });
        let read = (words.collect(), new.iter().map(points).sum());
        self.seen = journal.len();
        read
    }

    fn points(&mut self, words: &str, most: u64) -> u64 {
        let (calls, points) = self.read();
        assert!(points <= most, "{words}: {points} points, {calls:?}");
        points
    }
}

fn more(stage: &Stage) -> Change {
    Change { lines: Some(vec![stage.line("BEANIE-1", 3)]), ..Change::default() }
}

/// Money is held and taken between `commit` and `hold`, and `place`.
async fn complete(stage: &Stage, draft: &Draft) {
    let draft = stage.connector.load(&draft.id).await.unwrap();
    let tie = commitment(&draft, "pi_1");
    let committed = stage.connector.commit(&draft.id, &tie).await.unwrap();
    assert!(committed.is_scarce);
    assert_eq!(stage.connector.hold(&draft.id).await.unwrap(), Hold::Held);
    stage.connector.place(&draft.id, &tie).await.unwrap();
}

#[tokio::test]
async fn a_purchase_costs_few_points() {
    let stage = Stage::start().await;
    // What is read once is no part of it.
    stage.ready("BEANIE-1", 1).await;
    let mut meter = Meter::new(&stage);

    let draft = stage.ready("BEANIE-1", 1).await;
    let opened = meter.points("create", 75);
    stage.connector.glance(&draft.id).await.unwrap();
    meter.points("get within two seconds", 0);
    stage.revise(&draft, more(&stage)).await;
    let revised = meter.points("update", 125);
    complete(&stage, &draft).await;
    let completed = meter.points("complete", 160);
    stage.connector.load(&draft.id).await.unwrap();
    let read = meter.points("get", 47);
    println!("points: create {opened}, update {revised}, complete {completed}, get {read}");
    let whole = opened + revised + completed;
    assert!(whole <= 300, "a Standard store's 6,000 points a minute are 20 of these: {whole}");
}

/// A second process, or one that was away for more than a minute.
#[tokio::test]
async fn whoever_remembers_nothing_reads_the_draft_once_more() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let other = async || {
        let other = connector(&stage.url, granted(&stage.store));
        // Its token and what holds for the whole store are read once.
        other.load(&draft.id).await.unwrap();
        Meter::new(&stage).read();
        connector(&stage.url, granted(&stage.store))
    };
    let fresh = other().await;
    let mut meter = Meter::new(&stage);
    fresh.glance(&draft.id).await.unwrap();
    let (calls, points) = meter.read();
    // The grant, the locations, and the draft with what is offered for it.
    assert!(points <= 47 + 16, "get by a stranger: {points}, {calls:?}");
    let fresh = other().await;
    let mut meter = Meter::new(&stage);
    fresh.revise(&draft.id, &more(&stage)).await.unwrap();
    let (calls, points) = meter.read();
    assert!(points <= 125 + 16, "update by a stranger: {points}, {calls:?}");
}

#[tokio::test]
async fn a_large_cart_costs_little_more() {
    let stage = Stage::start().await;
    let skus = [
        "BEANIE-1",
        "TEE-RED-S",
        "TEE-RED-M",
        "TEE-GREEN-M",
        "HOODIE-ZIP",
        "BOOTS-1",
        "OIL-500",
        "SPECIAL-1",
        "UNLISTED-1",
        "GUIDE-PDF",
        "LAST-1",
    ];
    stage.ready("BEANIE-1", 1).await;
    let mut meter = Meter::new(&stage);
    let draft = stage.open(&skus.map(|sku| (sku, 1))).await;
    assert_eq!(draft.quote.lines.len(), skus.len());
    meter.points("create with eleven lines", 75);
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let read = stage.connector.glance(&draft.id).await.unwrap();
    assert_eq!(read.quote.lines.len(), skus.len());
    meter.points("get with eleven lines", 47);
}
