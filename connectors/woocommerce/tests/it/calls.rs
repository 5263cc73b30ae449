//! How many calls each step costs the store, parts of a batch not counted.

use commerce::{Change, Connector, Facts};

use crate::stage::{Stage, commitment, line};

/// The calls since the last look.
struct Meter<'a> {
    stage: &'a Stage,
    seen: usize,
}

impl Meter<'_> {
    fn calls(&mut self) -> Vec<String> {
        let all: Vec<String> =
            self.stage.store.calls().into_iter().filter(|call| !call.starts_with(' ')).collect();
        let new = all[self.seen..].to_vec();
        self.seen = all.len();
        new
    }
}

fn more() -> Change {
    Change { lines: Some(vec![line("20", 3)]), ..Change::default() }
}

#[tokio::test]
async fn a_purchase_costs_few_calls() {
    let stage = Stage::start().await;
    // What is read once is no part of it.
    stage.ready("20", 1).await;
    let mut meter = Meter { stage: &stage, seen: 0 };
    meter.calls();

    let draft = stage.ready("20", 1).await;
    let opened = meter.calls();
    assert_eq!(opened.len(), 2, "a cart, and the batch that ends with the draft: {opened:#?}");
    stage.connector.glance(&draft.id).await.unwrap();
    assert_eq!(meter.calls(), [""; 0], "what was just said is known");
    let facts = Facts::from([("locale".to_owned(), "en-US".to_owned())]);
    let draft = stage.revise(&draft, Change { facts, ..more() }).await;
    let revised = meter.calls();
    assert_eq!(revised.len(), 2, "one batch, and what was shown: {revised:#?}");

    let read = stage.connector.load(&draft.id).await.unwrap();
    let commitment = commitment(&read, "pi_1");
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    stage.connector.place(&draft.id, &commitment).await.unwrap();
    let completed = meter.calls();
    assert_eq!(completed.len(), 5, "cart, order, commit, pay, empty: {completed:#?}");
    stage.connector.glance(&draft.id).await.unwrap();
    assert_eq!(meter.calls(), [""; 0]);
}

/// A second process, or one that was away for more than a minute.
#[tokio::test]
async fn whoever_remembers_nothing_asks_once_more() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let other = crate::stage::connector(
        &stage.url,
        stage.store.consumer_key(),
        stage.store.consumer_secret(),
    );
    let mut meter = Meter { stage: &stage, seen: 0 };
    meter.calls();
    other.glance(&draft.id).await.unwrap();
    let read: Vec<String> = meter
        .calls()
        .into_iter()
        .filter(|call| !call.contains("settings") && !call.ends_with("401"))
        .collect();
    assert_eq!(read.len(), 2, "cart and order at once: {read:#?}");
    other.revise(&draft.id, &more()).await.unwrap();
    assert_eq!(meter.calls().len(), 2);
}
