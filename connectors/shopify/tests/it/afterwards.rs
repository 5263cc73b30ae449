//! After the purchase: what has become of orders, refunds, notes, and what is left of sessions.

use commerce::{
    Booking, Brought, Change, Connector, Draft, Hold, Money, Order, OrderId, OrderState,
};
use emulators::faults::Fault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::stage::{Stage, commitment};

impl Stage {
    /// A shop whose search knows everything at once.
    async fn prompt() -> Self {
        let stage = Self::start().await;
        stage.store.set_search_lag(SignedDuration::ZERO);
        stage
    }

    async fn sold(&self, sku: &str, quantity: u32) -> (Draft, Order) {
        let draft = self.ready(sku, quantity).await;
        let order = self.buy(&draft).await;
        (draft, order)
    }

    async fn sale(&self, order: &OrderId) -> commerce::Sale {
        match self.connector.brought(order).await.unwrap() {
            Brought::Sold(sale) => *sale,
            other => panic!("{other:?}"),
        }
    }
}

fn gid(order: &Order) -> String {
    format!("gid://shopify/Order/{}", order.id)
}

/// What the draft was called before it was an order.
fn before(draft: &Draft) -> OrderId {
    assert!(draft.order.as_str().starts_with('D'));
    draft.order.clone()
}

#[tokio::test]
async fn an_order_is_found_under_both_its_names() {
    let stage = Stage::prompt().await;
    let draft = stage.ready("BEANIE-1", 2).await;
    let early = before(&draft);
    assert!(matches!(stage.connector.brought(&early).await.unwrap(), Brought::ByNobody));
    let tie = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    let Brought::Unpaid(origin) = stage.connector.brought(&early).await.unwrap() else {
        panic!("it waits for its money")
    };
    assert_eq!((&origin.session, &origin.agent), (&tie.session, &tie.agent));
    assert_eq!((&origin.order, &origin.payment), (&early, &tie.payment));
    assert_eq!(stage.connector.unsettled().await.unwrap(), [origin]);
    let order = stage.connector.place(&draft.id, &tie).await.unwrap();
    for id in [&early, &order.id] {
        let sale = stage.sale(id).await;
        assert_eq!(sale.order, order);
        let (sold, shown) = (&sale.quote.totals, &draft.quote.totals);
        assert_eq!(sold, shown, "sold for what was shown");
        assert_eq!(sale.quote.lines[0].id, draft.quote.lines[0].id, "a line keeps its id");
    }
    assert!(stage.connector.unsettled().await.unwrap().is_empty());
    let nobody = stage.connector.brought(&OrderId::new("999999999")).await.unwrap();
    assert!(matches!(nobody, Brought::ByNobody));
    let nobody = stage.connector.brought(&OrderId::new("nonsense")).await.unwrap();
    assert!(matches!(nobody, Brought::ByNobody));
}

#[tokio::test]
async fn every_sale_is_told_in_pages() {
    let stage = Stage::prompt().await;
    for _ in 0..12 {
        let (_, order) = stage.sold("BEANIE-1", 1).await;
        stage.wait(1);
        stage.store.fulfill(&gid(&order), None);
        stage.wait(20);
    }
    let sales = stage.connector.sales_since(Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(sales.len(), 12);
    assert!(sales.is_sorted_by_key(|sale| sale.changed_at), "the oldest change first");
    assert!(sales.iter().all(|sale| sale.order.state == OrderState::Completed));
    let last = sales.last().unwrap().changed_at;
    let newest = stage.connector.sales_since(last).await.unwrap();
    assert_eq!(newest.len(), 1);
}

/// Shopify's search learns late; an order that is read by its id is known at once.
#[tokio::test]
async fn the_search_is_late_and_nothing_hangs_on_it() {
    let stage = Stage::start().await;
    let (_, order) = stage.sold("BEANIE-1", 1).await;
    assert!(stage.connector.sales_since(Timestamp::UNIX_EPOCH).await.unwrap().is_empty());
    assert_eq!(stage.sale(&order.id).await.order, order);
    stage.wait(5);
    assert_eq!(stage.connector.sales_since(Timestamp::UNIX_EPOCH).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_becomes_of_an_order_is_told() {
    const CANCEL: &str = "mutation Cancel($id: ID!) { orderCancel(orderId: $id, reason: CUSTOMER, restock: true, refundMethod: { originalPaymentMethodsRefund: true }) { job { id } orderCancelUserErrors { message } } }";

    let stage = Stage::prompt().await;
    let (_, shipped) = stage.sold("BEANIE-1", 1).await;
    assert_eq!(stage.sale(&shipped.id).await.order.state, OrderState::Processing);
    stage.store.fulfill(&gid(&shipped), None);
    assert_eq!(stage.sale(&shipped.id).await.order.state, OrderState::Completed);
    let (_, canceled) = stage.sold("BEANIE-1", 1).await;
    let answer = stage.store.admin(CANCEL, &json!({ "id": gid(&canceled) }));
    assert!(answer["errors"].is_null(), "{answer}");
    stage.wait(60);
    let sale = stage.sale(&canceled.id).await;
    assert_eq!(sale.order.state, OrderState::Canceled);
    assert_eq!(sale.refunds.len(), 1, "its money went back: {:?}", sale.refunds);
    assert_eq!(sale.refunds[0].amount, canceled.total);
    assert_eq!(sale.refunds[0].mark, None, "nobody has booked it for us");
}

#[tokio::test]
async fn a_refund_is_booked_once() {
    let stage = Stage::prompt().await;
    let (draft, order) = stage.sold("LAST-1", 1).await;
    let part = Booking {
        mark: "re_1".to_owned(),
        amount: Money::new(1_000, order.total.currency()),
        reason: "Refunded at the processor".to_owned(),
    };
    stage.faults.next("POST", "graphql.json/refundCreate", Fault::DropAfter);
    for id in [&order.id, &order.id, &before(&draft)] {
        stage.connector.book_refund(id, &part).await.unwrap();
    }
    let sale = stage.sale(&order.id).await;
    assert_eq!(sale.refunds.len(), 1);
    assert_eq!(
        (sale.refunds[0].amount, sale.refunds[0].mark.as_deref()),
        (part.amount, Some("re_1"))
    );
    assert_eq!(stage.store.stock(&stage.store.variant("LAST-1").unwrap()), Some(0));
    let rest = order.total.checked_sub(part.amount).unwrap();
    let rest = Booking { mark: "re_2".to_owned(), amount: rest, ..part };
    let (one, two) = (stage.replica(), stage.replica());
    let (first, second) =
        tokio::join!(one.book_refund(&order.id, &rest), two.book_refund(&order.id, &rest),);
    first.and(second).unwrap();
    let sale = stage.sale(&order.id).await;
    assert_eq!(sale.refunds.len(), 2, "two at once are one");
    assert_eq!(sale.order.state, OrderState::Refunded);
}

#[tokio::test]
async fn what_goes_back_whole_goes_back_on_the_shelf() {
    let stage = Stage::prompt().await;
    let (_, order) = stage.sold("LAST-1", 1).await;
    let whole =
        Booking { mark: "re_1".to_owned(), amount: order.total, reason: "Refunded".to_owned() };
    stage.connector.book_refund(&order.id, &whole).await.unwrap();
    assert_eq!(stage.store.stock(&stage.store.variant("LAST-1").unwrap()), Some(1));
    assert_eq!(stage.record(&order)["refunded"], order.total.minor());
}

#[tokio::test]
async fn a_note_is_left_once_and_hurts_nothing() {
    let stage = Stage::prompt().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let change =
        Change { note: commerce::Patch::Set("Ring twice".to_owned()), ..Change::default() };
    let draft = stage.revise(&draft, change).await;
    let order = stage.buy(&draft).await;
    for _ in 0..2 {
        stage.connector.note(&order.id, "dp_1", "The bank asks for the money back.").await.unwrap();
    }
    stage.connector.keep_told(&order.id, "processing").await.unwrap();
    stage.connector.keep_told(&order.id, "completed").await.unwrap();
    let details = stage.record(&order)["attributes"].to_string();
    assert_eq!(details.matches("The bank asks").count(), 1, "{details}");
    let sale = stage.sale(&order.id).await;
    assert_eq!(sale.told.as_deref(), Some("completed"));
    assert_eq!(sale.note.as_deref(), Some("Ring twice"));
    assert_eq!(sale.order, order, "what it keeps for us stays");
}

#[tokio::test]
async fn only_what_came_to_nothing_is_swept() {
    let stage = Stage::prompt().await;
    let abandoned = stage.ready("BEANIE-1", 1).await;
    let canceled = stage.ready("BEANIE-1", 1).await;
    stage.connector.discard(&canceled.id, &commerce::Facts::new()).await.unwrap();
    let waiting = stage.ready("BEANIE-1", 1).await;
    stage.connector.commit(&waiting.id, &commitment(&waiting, "pi_1")).await.unwrap();
    let (sold, _) = stage.sold("BEANIE-1", 1).await;
    let theirs = stage.store.admin(
        "mutation Open($input: DraftOrderInput!) { draftOrderCreate(input: $input) { draftOrder { id } } }",
        &json!({ "input": {
            "lineItems": [{ "variantId": stage.store.variant("BEANIE-1"), "quantity": 1 }],
            "tags": ["acp"],
        } }),
    );
    assert!(theirs["errors"].is_null(), "{theirs}");
    stage.wait(3_600);
    let young = stage.ready("BEANIE-1", 1).await;
    stage.wait(60);
    let before = emulators::system_clock()() + SignedDuration::from_mins(30);
    assert_eq!(stage.connector.sweep(before).await.unwrap(), 2);
    assert_eq!(stage.connector.sweep(before).await.unwrap(), 0);
    for kept in [&waiting, &sold, &young] {
        stage.replica().load(&kept.id).await.unwrap();
    }
    for gone in [&abandoned, &canceled] {
        assert!(stage.replica().load(&gone.id).await.is_err());
    }
    assert_eq!(stage.store.ledger()["drafts"].as_array().unwrap().len(), 3, "and theirs");
}

/// Money was taken, nobody came to end the purchase while its goods were reserved, and meanwhile
/// somebody else has bought them.
#[tokio::test]
async fn what_is_sold_twice_is_told() {
    let stage = Stage::start().await;
    let variant = stage.store.variant("LAST-1").unwrap();
    for (minutes, left, is_told) in [(1, 0, false), (16, 1, false), (16, 0, true)] {
        stage.store.set_stock(&variant, 1);
        let draft = stage.ready("LAST-1", 1).await;
        let tie = commitment(&draft, "pi_1");
        stage.connector.commit(&draft.id, &tie).await.unwrap();
        assert_eq!(stage.connector.hold(&draft.id).await.unwrap(), Hold::Held);
        stage.wait(minutes * 60);
        // Time passes for the shop when somebody looks.
        stage.store.ledger();
        stage.store.set_stock(&variant, left);
        let order = stage.connector.place(&draft.id, &tie).await.unwrap();
        // Whoever asks again finds it told.
        stage.connector.place(&draft.id, &tie).await.unwrap();
        let details = stage.record(&order)["attributes"].clone();
        let notes = details.as_array().unwrap().iter();
        let notes = notes.filter(|detail| detail["key"] == "Note [oversold]").count();
        assert_eq!(notes, usize::from(is_told), "{minutes} minutes, {left} left: {details}");
    }
}
