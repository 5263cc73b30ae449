//! The ledger and the journal: what invariants are held against.

use emulators::stripe::{Move, Movement};

use crate::bench::{Bench, HELD, PREVIEW, paying};

const CREATE: &str = "/v1/payment_intents";

#[tokio::test]
async fn every_movement_is_booked() {
    let bench = Bench::new();
    let start = bench.now();
    let id = bench.post(CREATE, &format!("{HELD}&metadata[acp_session]=s1")).await.id();
    bench.confirm(&id, &bench.stripe.mint("pm_card_visa", 9000, "usd")).await;
    bench.wait(5);
    bench.post(&format!("{CREATE}/{id}/capture"), "amount_to_capture=4000").await;
    bench.post("/v1/refunds", &format!("payment_intent={id}&amount=1500")).await;
    bench.stripe.dispute(&id, "fraudulent");
    let books = bench.stripe.ledger();
    let at = |after: i64, what, amount| Movement {
        at: start + after,
        payment: id.clone(),
        what,
        amount,
    };
    assert_eq!(
        books.movements,
        [
            at(0, Move::Held, 5000),
            at(5, Move::Captured, 4000),
            at(5, Move::Released, 1000),
            at(5, Move::Refunded, 1500),
            at(5, Move::Withdrawn, 2500),
        ]
    );
    let payment = &books.payments[0];
    assert_eq!(
        (payment.held, payment.captured, payment.captures, payment.refunded, payment.withdrawn),
        (0, 4000, 1, 1500, 2500)
    );
    assert_eq!((payment.status, payment.held_since), ("succeeded", Some(start)));
    assert_eq!(books.captured_by("acp_session"), [("s1".to_owned(), 4000)].into());
    assert_eq!(books.captured_by("another"), [].into());
}

#[tokio::test]
async fn holds_are_open_until_they_are_taken_let_go_or_over() {
    let bench = Bench::new();
    let (taken, _) = bench.authorized().await;
    let (canceled, _) = bench.authorized().await;
    let (left, _) = bench.authorized().await;
    let declined = bench.stripe.mint("pm_card_chargeDeclined", 9000, "usd");
    bench.confirm(&bench.open().await, &declined).await;
    bench.post(&format!("{CREATE}/{taken}/capture"), "").await;
    bench.post(&format!("{CREATE}/{canceled}/cancel"), "").await;
    let open = || -> Vec<String> {
        bench.stripe.ledger().holds().map(|payment| payment.id.clone()).collect()
    };
    assert_eq!(open(), [left]);
    bench.wait(7 * 24 * 3600);
    assert_eq!(open(), [""; 0]);
}

#[tokio::test]
async fn the_books_agree_with_the_objects() {
    let bench = Bench::new();
    for card in ["pm_card_visa", "pm_card_chargeDeclined", "pm_card_refundFail"] {
        for amount in [5000, 3000] {
            let body = format!("amount={amount}&currency=usd&confirm=true&{}", {
                let token = bench.stripe.mint(card, 9000, "usd");
                paying(&token)
            });
            let body = format!("{body}&return_url=https://shop.test/back");
            let made = bench.post(CREATE, &body).await;
            if made.status == 200 && amount == 3000 {
                bench.stripe.refund_by_hand(&made.id(), Some(100));
            }
        }
    }
    bench.wait(60);
    for payment in bench.stripe.ledger().payments {
        let intent = bench.stripe.intent(&payment.id).unwrap();
        assert_eq!(intent["amount_received"], payment.captured);
        assert_eq!(intent["amount_capturable"], payment.held);
        let charge = intent["latest_charge"].as_str().unwrap();
        let charge = bench.get(&format!("/v1/charges/{charge}")).await.body;
        assert_eq!(charge["amount_refunded"], payment.refunded);
    }
}

#[tokio::test]
async fn the_journal_knows_keys_versions_and_replays() {
    let bench = Bench::new();
    for _ in 0..2 {
        bench.keyed("open-1", CREATE, HELD).await;
    }
    let journal = bench.stripe.journal();
    assert_eq!(journal.len(), 2);
    for (entry, replayed) in journal.iter().zip([false, true]) {
        assert_eq!((entry.method.as_str(), entry.path.as_str()), ("POST", CREATE));
        assert_eq!(entry.key.as_deref(), Some("open-1"));
        assert_eq!(entry.version.as_deref(), Some(PREVIEW));
        assert_eq!((entry.status, entry.replayed, entry.at), (200, replayed, bench.now()));
    }
}
