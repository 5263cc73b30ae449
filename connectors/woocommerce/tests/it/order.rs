//! From a draft to a paid order, each step twice, and every way back.

use commerce::{Change, Commitment, Connector, ConnectorError, DraftState, Facts, Money, RateKind};
use emulators::faults::Fault;

use crate::stage::{Stage, commitment, kinds};

const ORDER: &str = "/wp-json/wc/v3/orders/{}";

#[tokio::test]
async fn every_step_may_happen_twice() {
    let stage = Stage::start().await;
    let stock = stage.store.stock(3506).unwrap();
    let draft = stage.ready("3506", 2).await;
    let commitment = commitment(&draft, "pi_1");
    for _ in 0..2 {
        let committed = stage.connector.commit(&draft.id, &commitment).await.unwrap();
        let DraftState::Committed { payment, total, memo } = committed.state else { panic!() };
        assert_eq!(payment, commitment.payment);
        assert_eq!(total, commitment.total);
        assert_eq!(memo, commitment.memo);
    }
    for _ in 0..2 {
        let order = stage.connector.place(&draft.id, &commitment).await.unwrap();
        assert_eq!(order.total, commitment.total);
        assert_eq!(order.payment, commitment.payment);
    }
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert!(matches!(loaded.state, DraftState::Placed(_)), "{:?}", loaded.state);
    assert_eq!(stage.store.orders().len(), 1);
    assert_eq!(stage.store.stock(3506), Some(stock - 2), "stock is taken once");
    assert_eq!(stage.store.cart_lines(), 0, "the cart cannot buy again");
}

#[tokio::test]
async fn the_order_carries_who_and_how() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let commitment = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    let order = stage.connector.place(&draft.id, &commitment).await.unwrap();
    let stored = stage.store.order(order.id.as_str().parse().unwrap()).unwrap();
    assert_eq!(stored["status"], "processing");
    assert_eq!(stored["transaction_id"], "pi_1");
    assert_eq!(stored["payment_method_title"], "Card, through an AI agent");
    let meta = stored["meta_data"].as_array().unwrap();
    for (key, value) in [
        ("_acp_session", "cs_test"),
        ("_acp_agent", "tester"),
        ("_wc_order_attribution_utm_source", "tester"),
    ] {
        assert!(meta.iter().any(|one| one["key"] == key && one["value"] == value), "{key}");
    }
    assert!(order.permalink.contains(stored["order_key"].as_str().unwrap()));
}

#[tokio::test]
async fn a_commitment_can_be_taken_back() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    stage.connector.commit(&draft.id, &commitment(&draft, "pi_1")).await.unwrap();
    for _ in 0..2 {
        let first = commitment(&draft, "pi_1");
        let reopened = stage.connector.reopen(&draft.id, &first, &Facts::new()).await.unwrap();
        assert_eq!(reopened.state, DraftState::Open);
    }
    let second = commitment(&draft, "pi_2");
    stage.connector.commit(&draft.id, &second).await.unwrap();
    let elsewhere = Commitment { memo: "another memo".to_owned(), ..second.clone() };
    for late in [commitment(&draft, "pi_1"), elsewhere] {
        let kept = stage.connector.reopen(&draft.id, &late, &Facts::new()).await.unwrap();
        assert!(matches!(kept.state, DraftState::Committed { .. }), "somebody else's commitment");
    }
    stage.connector.place(&draft.id, &second).await.unwrap();
    let paid = stage.connector.reopen(&draft.id, &second, &Facts::new()).await;
    assert!(matches!(paid, Err(ConnectorError::Settled { .. })), "{paid:?}");
}

#[tokio::test]
async fn a_committed_draft_neither_changes_nor_serves_another_payment() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    stage.connector.commit(&draft.id, &commitment(&draft, "pi_1")).await.unwrap();
    let settled =
        |result: Result<_, ConnectorError>| matches!(result, Err(ConnectorError::Settled { .. }));
    assert!(settled(stage.connector.commit(&draft.id, &commitment(&draft, "pi_2")).await));
    assert!(settled(stage.connector.revise(&draft.id, &crate::stage::told()).await));
}

#[tokio::test]
async fn another_price_is_never_committed() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let mut cheaper = commitment(&draft, "pi_1");
    cheaper.total = Money::new(cheaper.total.minor() - 1, cheaper.total.currency());
    let moved = stage.connector.commit(&draft.id, &cheaper).await;
    assert!(matches!(moved, Err(ConnectorError::PriceMoved { .. })), "{moved:?}");

    stage.store.set_price(20, "99.00");
    let moved = stage.connector.commit(&draft.id, &commitment(&draft, "pi_1")).await;
    assert!(matches!(moved, Err(ConnectorError::PriceMoved { .. })), "{moved:?}");
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.state, DraftState::Open);
    assert_ne!(loaded.agreed, Some(loaded.quote.totals.total), "what was shown is remembered");
}

#[tokio::test]
async fn what_sold_out_meanwhile_is_not_committed() {
    let stage = Stage::start().await;
    let draft = stage.ready("3495", 1).await;
    stage.store.set_stock(3495, 0);
    let open = stage.connector.commit(&draft.id, &commitment(&draft, "pi_1")).await.unwrap();
    assert_eq!(open.state, DraftState::Open);
    assert_eq!(kinds(&open), [commerce::ProblemKind::OutOfStock]);
}

#[tokio::test]
async fn lost_answers_lose_nothing() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let commitment = commitment(&draft, "pi_1");
    stage.faults.next("PUT", ORDER, Fault::DropAfter);
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    stage.faults.next("PUT", ORDER, Fault::DropAfter);
    stage.connector.place(&draft.id, &commitment).await.unwrap();
    assert_eq!(stage.store.orders().len(), 1);
}

#[tokio::test]
async fn a_cart_that_cannot_be_emptied_does_not_undo_the_order() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let commitment = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    stage.faults.always("DELETE", "/wp-json/wc/store/v1/cart/items", Fault::Status(500));
    assert!(stage.connector.place(&draft.id, &commitment).await.is_ok());
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert!(matches!(loaded.state, DraftState::Placed(_)));
}

#[tokio::test]
async fn a_paid_order_is_not_discarded() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let commitment = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    stage.connector.place(&draft.id, &commitment).await.unwrap();
    let refused = stage.connector.discard(&draft.id, &Facts::new()).await;
    assert!(matches!(refused, Err(ConnectorError::Settled { .. })), "{refused:?}");
}

/// Whatever the store carries out late: by then nobody takes money for it.
#[tokio::test]
async fn what_was_discarded_stays_discarded() {
    for status in ["on-hold", "pending", "failed", "checkout-draft"] {
        let stage = Stage::start().await;
        let stock = stage.store.stock(3506).unwrap();
        let draft = stage.ready("3506", 1).await;
        let commitment = commitment(&draft, "pi_1");
        stage.connector.commit(&draft.id, &commitment).await.unwrap();
        stage.connector.discard(&draft.id, &Facts::new()).await.unwrap();
        stage.seller_sets_status(&draft, status).await;
        if status != "checkout-draft" {
            let unsettled = stage.connector.unsettled().await.unwrap();
            assert_eq!(unsettled.len(), 1, "{status}: somebody has to look at it");
        }
        let loaded = stage.connector.load(&draft.id).await.unwrap();
        assert_eq!(loaded.state, DraftState::Discarded, "{status}");
        let order = stage.store.order(draft.order.as_str().parse().unwrap()).unwrap();
        assert_eq!(order["status"], "cancelled", "{status}: ended again");
        assert_eq!(stage.store.stock(3506), Some(stock), "{status}");
        assert_eq!(stage.connector.unsettled().await.unwrap(), []);
        let settled = |result: &Result<_, ConnectorError>| {
            matches!(result, Err(ConnectorError::Settled { .. }))
        };
        let held = stage.connector.hold(&draft.id).await.map(|_| ());
        assert!(settled(&held), "{status}: {held:?}");
        let committed = stage.connector.commit(&draft.id, &commitment).await.map(|_| ());
        assert!(settled(&committed), "{status}: {committed:?}");
        assert_eq!(stage.store.stock(3506), Some(stock), "{status}");
    }
}

/// Whoever had taken its money when it was canceled gets an order all the same.
#[tokio::test]
async fn what_was_discarded_and_paid_is_an_order() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let commitment = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    stage.connector.discard(&draft.id, &Facts::new()).await.unwrap();
    stage.connector.place(&draft.id, &commitment).await.unwrap();
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert!(matches!(loaded.state, DraftState::Placed(_)), "{:?}", loaded.state);
}

#[tokio::test]
async fn what_was_shown_stays_what_was_bought() {
    let stage = Stage::start().await;
    let draft = stage.ready("34", 1).await;
    let is_pickup = |rate: &&commerce::Rate| matches!(rate.kind, RateKind::Pickup(_));
    let pickup = draft.quote.rates.iter().find(is_pickup).unwrap().id.clone();
    let draft = stage.revise(&draft, Change { rates: Some(vec![pickup]), ..<_>::default() }).await;
    let shown = draft.quote.rates.iter().find(|rate| rate.selected).unwrap();

    let commitment = commitment(&draft, "pi_1");
    let committed = stage.connector.commit(&draft.id, &commitment).await.unwrap();
    stage.connector.place(&draft.id, &commitment).await.unwrap();
    let placed = stage.connector.load(&draft.id).await.unwrap();
    for later in [committed, placed] {
        let (before, after) = (&draft.quote.lines[0], &later.quote.lines[0]);
        assert_eq!(after.title, before.title);
        let sorted = |line: &commerce::QuotedLine| {
            let mut options = line.options.clone();
            options.sort();
            options
        };
        assert!(!before.options.is_empty());
        assert_eq!(sorted(after), sorted(before));
        assert_eq!(later.quote.rates[0].id, shown.id);
        assert_eq!(later.quote.rates[0].kind, shown.kind);
    }
}

#[tokio::test]
async fn a_paid_order_is_read_without_its_cart() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let commitment = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    stage.connector.place(&draft.id, &commitment).await.unwrap();
    stage.faults.always("GET", "/wp-json/wc/store/v1/cart", Fault::Status(500));
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert!(matches!(loaded.state, DraftState::Placed(_)), "{:?}", loaded.state);
}

#[tokio::test]
async fn an_order_put_on_hold_is_not_paid() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let commitment = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    stage.seller_sets_status(&draft, "on-hold").await;
    let waits = stage.connector.load(&draft.id).await.unwrap();
    assert!(matches!(waits.state, DraftState::Committed { .. }), "{:?}", waits.state);

    let order = stage.connector.place(&draft.id, &commitment).await.unwrap();
    assert_eq!(order.state, commerce::OrderState::Processing);
}
