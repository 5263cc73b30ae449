//! Stores that make no order before it is placed (WooCommerce 10.9 and later): the draft's order is
//! one of ours, filled when it is committed.

use commerce::{Change, Connector, ConnectorError, DraftState, Facts, Patch, ProblemKind};

use crate::stage::{Stage, commitment, connector, line, told};

async fn stage() -> Stage {
    let stage = Stage::start().await;
    stage.store.defer_orders(true);
    stage
}

#[tokio::test]
async fn every_kind_of_cart_comes_out_the_same_as_an_order() {
    for (what, lines, codes, rate) in [
        ("one line", &[("20", 2)][..], &[][..], None),
        ("a variation", &[("26", 1), ("20", 1)], &[], None),
        ("nothing to ship", &[("30", 3)], &[], None),
        ("express", &[("20", 1)], &[], Some("flat_rate:2")),
        ("pickup, taxed where the store is", &[("20", 1)], &[], Some("local_pickup:4")),
        ("a coupon", &[("20", 3)], &["save10"], None),
        ("scarce", &[("3495", 1)], &[], None),
    ] {
        let stage = stage().await;
        let change = Change {
            lines: Some(lines.iter().map(|(item, quantity)| line(item, *quantity)).collect()),
            codes: Some(codes.iter().map(|code| (*code).to_owned()).collect()),
            rates: rate.map(|rate| vec![commerce::RateId::new(rate)]),
            ..told()
        };
        let opened = stage.connector.open(&change).await.unwrap();
        assert_eq!(opened.quote.problems, [], "{what}");
        assert_eq!(opened.agreed, Some(opened.quote.totals.total), "{what}");
        let draft = stage.connector.load(&opened.id).await.unwrap();
        assert_eq!(draft.quote.totals, opened.quote.totals, "{what}");
        assert_eq!(draft.agreed, opened.agreed, "{what}");

        let commitment = commitment(&draft, "pi_1");
        let committed = stage.connector.commit(&draft.id, &commitment).await.unwrap();
        assert!(matches!(committed.state, DraftState::Committed { .. }), "{what}: {committed:?}");
        assert_eq!(committed.quote.totals.total, draft.quote.totals.total, "{what}");
        assert_eq!(committed.quote.lines.len(), lines.len(), "{what}");
        assert_eq!(committed.buyer, draft.buyer, "{what}");
        let order = stage.connector.place(&draft.id, &commitment).await.unwrap();
        assert_eq!(order.total, draft.quote.totals.total, "{what}");
        assert_eq!(stage.store.orders().len(), 1, "{what}");
        assert_eq!(stage.store.cart_lines(), 0, "{what}");
    }
}

#[tokio::test]
async fn a_commitment_that_is_taken_back_can_be_changed_and_made_again() {
    let stage = stage().await;
    let draft = stage.ready("20", 1).await;
    stage.connector.commit(&draft.id, &commitment(&draft, "pi_1")).await.unwrap();
    let settled = stage.revise_error(&draft).await;
    assert!(matches!(settled, ConnectorError::Settled { .. }), "{settled:?}");
    let open = stage
        .connector
        .reopen(&draft.id, &commitment(&draft, "pi_1"), &Facts::new())
        .await
        .unwrap();
    assert_eq!(open.state, DraftState::Open);
    let more = Change { lines: Some(vec![line("20", 3), line("21", 1)]), ..Change::default() };
    let more = stage.revise(&draft, more).await;
    let again = commitment(&more, "pi_1");
    let committed = stage.connector.commit(&draft.id, &again).await.unwrap();
    assert_eq!(committed.quote.lines.len(), 2, "nothing of the first try is left");
    assert_eq!(committed.quote.totals.total, more.quote.totals.total);
    stage.connector.place(&draft.id, &again).await.unwrap();
}

#[tokio::test]
async fn what_was_shown_is_remembered_by_the_store() {
    let stage = stage().await;
    let change = Change {
        lines: Some(vec![line("20", 1)]),
        note: Patch::Set("Ring twice".to_owned()),
        facts: Facts::from([("metadata".to_owned(), "{}".to_owned())]),
        ..told()
    };
    let draft = stage.connector.open(&change).await.unwrap();
    stage.store.set_price(20, "25.00");
    // Another process, which remembers nothing.
    let other = connector(&stage.url, stage.store.consumer_key(), stage.store.consumer_secret());
    let read = other.load(&draft.id).await.unwrap();
    assert_eq!(read.agreed, draft.agreed);
    assert_ne!(read.quote.totals.total, draft.quote.totals.total);
    assert_eq!((read.note.as_deref(), read.facts), (Some("Ring twice"), change.facts));
    let moved = other.commit(&draft.id, &commitment(&draft, "pi_1")).await;
    assert!(matches!(moved, Err(ConnectorError::PriceMoved { .. })), "{moved:?}");
}

#[tokio::test]
async fn an_empty_beginning_is_filled_and_bought() {
    let stage = stage().await;
    let draft = stage.open(&[("999999", 1)]).await;
    assert_eq!(draft.quote.problems[0].kind, ProblemKind::UnknownItem);
    let filled = Change { lines: Some(vec![line("20", 1)]), ..Change::default() };
    let filled = stage.revise(&draft, filled).await;
    let commitment = commitment(&filled, "pi_1");
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    stage.connector.place(&draft.id, &commitment).await.unwrap();
    let placed = stage.connector.load(&draft.id).await.unwrap();
    assert!(matches!(placed.state, DraftState::Placed(_)));
}

#[tokio::test]
async fn a_canceled_draft_stays_canceled() {
    let stage = stage().await;
    let draft = stage.ready("20", 1).await;
    stage.connector.discard(&draft.id, &Facts::new()).await.unwrap();
    let read = stage.connector.load(&draft.id).await.unwrap();
    assert_eq!(read.state, DraftState::Discarded);
}
