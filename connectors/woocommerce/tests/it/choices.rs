//! What a variation leaves open ("any size") is asked for, ordered as part of the id, and never
//! guessed.

use commerce::{Change, Connector, Patch, ProblemKind};

use crate::stage::{Stage, commitment, connector, kinds, line, told};

/// A red tee, whose size is open.
const TEE: &str = "31";

fn ordered(draft: &commerce::Draft) -> Vec<(&str, u32)> {
    draft.quote.lines.iter().map(|line| (line.item.as_str(), line.quantity.get())).collect()
}

#[tokio::test]
async fn what_is_open_is_asked_for() {
    let stage = Stage::start().await;
    let draft = stage.open(&[(TEE, 1)]).await;
    assert_eq!(kinds(&draft)[0], ProblemKind::NotPurchasable);
    let text = &draft.quote.problems[0].text;
    assert!(text.contains("Size"), "{text}");
    assert!(text.contains("31?attribute=value"), "{text}");
    let draft = stage.open(&[("31?pa_size=xxl", 1)]).await;
    assert!(draft.quote.problems[0].text.contains("Allowed values: l, m, s"));
    let draft = stage.open(&[("17", 1)]).await;
    assert!(draft.quote.problems[0].text.contains("17?attribute=value"));
}

#[tokio::test]
async fn choices_make_lines_of_their_own_and_are_bought() {
    for deferred in [false, true] {
        let stage = Stage::start().await;
        stage.store.defer_orders(deferred);
        let (medium, large) = ("31?pa_size=m", "31?Size=L");
        let draft = stage.open(&[(medium, 2), (large, 1), ("20", 1)]).await;
        assert_eq!(draft.quote.problems, []);
        assert_eq!(ordered(&draft), [(medium, 2), (large, 1), ("20", 1)]);
        assert_eq!(draft.quote.lines[0].id.as_str(), "li_31?pa_size=m");

        // Another process knows the names from the order.
        let other =
            connector(&stage.url, stage.store.consumer_key(), stage.store.consumer_secret());
        let read = other.load(&draft.id).await.unwrap();
        assert_eq!(ordered(&read), ordered(&draft));
        let change =
            Change { lines: Some(vec![line(large, 3), line("20", 1)]), ..Change::default() };
        let draft = other.revise(&draft.id, &change).await.unwrap();
        assert_eq!(draft.quote.problems, []);
        assert_eq!(ordered(&draft), [(large, 3), ("20", 1)]);

        let read = stage.connector.load(&draft.id).await.unwrap();
        assert_eq!(ordered(&read), ordered(&draft));
        let commitment = commitment(&read, "pi_1");
        stage.connector.commit(&draft.id, &commitment).await.unwrap();
        stage.connector.place(&draft.id, &commitment).await.unwrap();
        let placed = stage.connector.load(&draft.id).await.unwrap();
        assert_eq!(ordered(&placed), ordered(&draft), "{deferred}");
        let order = stage.store.last_order().unwrap();
        let meta = order["line_items"][0]["meta_data"].to_string().to_lowercase();
        assert!(meta.contains("size"), "the seller reads which size to send: {meta}");
    }
}

/// A parent with all of its attributes is the variation that has them.
#[tokio::test]
async fn a_parent_with_all_choices_is_its_variation() {
    let stage = Stage::start().await;
    let item = "17?pa_color=blue&pa_size=s";
    let draft = stage.open(&[(item, 1)]).await;
    assert_eq!(draft.quote.problems, []);
    assert_eq!(ordered(&draft), [(item, 1)]);
    assert_eq!(draft.quote.lines[0].base.minor(), 1500);
    let note = Change { note: Patch::Set("Gift".to_owned()), ..told() };
    let draft = stage.revise(&draft, note).await;
    assert_eq!(ordered(&draft), [(item, 1)]);
}
