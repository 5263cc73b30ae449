//! What happens to an order after the purchase, or when the purchase never ended.

use commerce::{Booking, Brought, Connector, Draft, Money, OrderId, Sale};
use emulators::faults::Fault;
use jiff::Timestamp;

use crate::stage::{Stage, commitment};

/// A paid order.
async fn bought(stage: &Stage) -> (Draft, OrderId) {
    let draft = stage.ready("20", 2).await;
    let commitment = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    let order = stage.connector.place(&draft.id, &commitment).await.unwrap();
    (draft, order.id)
}

async fn sale(stage: &Stage, order: &OrderId) -> Sale {
    match stage.connector.brought(order).await.unwrap() {
        Brought::Sold(sale) => *sale,
        other => panic!("{other:?}"),
    }
}

fn booking(mark: &str, amount: Money) -> Booking {
    Booking { mark: mark.to_owned(), amount, reason: "Refunded at the processor".to_owned() }
}

#[tokio::test]
async fn money_that_went_back_is_booked_once() {
    let stage = Stage::start().await;
    let (draft, order) = bought(&stage).await;
    let part = Money::new(500, draft.quote.currency);
    for _ in 0..2 {
        stage.connector.book_refund(&order, &booking("re_1", part)).await.unwrap();
    }
    let sold = sale(&stage, &order).await;
    let marks: Vec<_> = sold.refunds.iter().map(|refund| refund.mark.as_deref()).collect();
    assert_eq!(marks, [Some("re_1")]);
    assert_eq!(sold.refunds[0].amount, part);
}

/// The answer is lost, so nobody knows; looking tells.
#[tokio::test]
async fn a_booking_whose_answer_is_lost_is_not_made_again() {
    let stage = Stage::start().await;
    let (draft, order) = bought(&stage).await;
    let part = booking("re_1", Money::new(500, draft.quote.currency));
    stage.faults.next("POST", "/orders/{}/refunds", Fault::DropAfter);
    assert!(stage.connector.book_refund(&order, &part).await.is_err());
    stage.connector.book_refund(&order, &part).await.unwrap();
    assert_eq!(sale(&stage, &order).await.refunds.len(), 1);
}

#[tokio::test]
async fn all_of_an_order_goes_back_with_its_goods() {
    let stage = Stage::start().await;
    stage.store.set_stock(20, 50);
    let (draft, order) = bought(&stage).await;
    assert_eq!(stage.store.stock(20), Some(48));
    let all = booking("re_1", draft.quote.totals.total);
    stage.connector.book_refund(&order, &all).await.unwrap();
    assert_eq!(stage.store.stock(20), Some(50), "they are on the shelf again");
    let stored = stage.store.order(order.as_str().parse().unwrap()).unwrap();
    assert_eq!(stored["status"], "refunded");
}

#[tokio::test]
async fn a_note_is_left_once() {
    let stage = Stage::start().await;
    let (_, order) = bought(&stage).await;
    for _ in 0..2 {
        stage.connector.note(&order, "dp_1", "The buyer disputes the payment").await.unwrap();
    }
    let notes = stage.get(&format!("/wp-json/wc/v3/orders/{order}/notes")).await;
    let ours = notes.as_array().unwrap().iter().filter(|note| {
        note["note"] == "The buyer disputes the payment [dp_1]" && note["customer_note"] == false
    });
    assert_eq!(ours.count(), 1, "{notes}");
}

#[tokio::test]
async fn what_the_agent_was_told_is_kept() {
    let stage = Stage::start().await;
    let (_, order) = bought(&stage).await;
    assert_eq!(sale(&stage, &order).await.told, None);
    stage.connector.keep_told(&order, "processing 0").await.unwrap();
    let sales = stage.connector.sales_since(Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(sales[0].told.as_deref(), Some("processing 0"));
}

#[tokio::test]
async fn whoever_waits_for_money_is_known() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let order = draft.order.clone();
    assert_eq!(stage.connector.unsettled().await.unwrap(), []);
    let nobody = stage.connector.brought(&order).await.unwrap();
    assert!(matches!(nobody, Brought::ByNobody), "it is tied to nothing yet: {nobody:?}");
    let commitment = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &commitment).await.unwrap();
    let waiting = stage.connector.unsettled().await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].session, commitment.session);
    assert_eq!(waiting[0].payment, commitment.payment);
    let unpaid = stage.connector.brought(&order).await.unwrap();
    assert!(matches!(&unpaid, Brought::Unpaid(origin) if *origin == waiting[0]), "{unpaid:?}");
    stage.connector.place(&draft.id, &commitment).await.unwrap();
    assert_eq!(stage.connector.unsettled().await.unwrap(), []);
    let unknown = stage.connector.brought(&OrderId::new("999999")).await.unwrap();
    assert!(matches!(unknown, Brought::ByNobody), "{unknown:?}");
}
