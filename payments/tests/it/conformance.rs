//! What every processor promises, run against each of them. A new one brings a [`Bench`] and gets
//! a line in [`every`].

use commerce::{AgentId, Currency, Money, OrderId, PaymentId, SessionId};
use jiff::SignedDuration;
use payments::{
    BadToken, Opening, Origin, Payment, PaymentError, PaymentState, Proof, Refund, RefundRequest,
};

use crate::{
    bench::{Bench, Card, Step},
    memory::Memory,
    stage::Stage,
};

const TOTAL: i64 = 2_499;
const STORE: &str = "shop";

/// Runs a promise against every processor.
async fn every(promise: impl AsyncFn(&dyn Bench)) {
    promise(&Memory::new()).await;
    promise(&Stage::start().await).await;
}

#[tokio::test]
async fn a_payment_tells_whom_it_is_for() {
    every(async |bench| {
        let opened = open(bench, "s1", TOTAL).await.unwrap();
        assert_eq!((opened.state, opened.total), (PaymentState::Open, usd(TOTAL)));
        assert_eq!(opened.session, Some(SessionId::new("s1")));
        assert_eq!(opened.store.as_deref(), Some(STORE));
        assert_eq!(opened.agent, Some(AgentId::new("agent")));
        assert_eq!(opened.opened_at, bench.now());
        assert!(!opened.livemode);
        let fetched = bench.processor().fetch(&opened.id).await.unwrap();
        assert_eq!(fetched, opened);
    })
    .await;
}

#[tokio::test]
async fn money_is_held_then_taken_then_given_back() {
    every(async |bench| {
        let held = hold(bench, "s1").await;
        assert_eq!((held.state, held.capturable), (PaymentState::Authorized, usd(TOTAL)));
        assert_eq!(bench.taken(), Vec::<i64>::new());
        let paid = capture(bench, &held.id).await.unwrap();
        assert_eq!((paid.state, paid.captured), (PaymentState::Captured, usd(TOTAL)));
        assert_eq!(paid.order, Some(OrderId::new("42")));
        let back = refund(bench, &held.id, 1_000, &store_refund("7")).await.unwrap();
        assert_eq!((back.amount, &back.payment), (usd(1_000), &held.id));
        assert_eq!(back.origin, Some(store_refund("7")));
        let now = bench.processor().fetch(&held.id).await.unwrap();
        assert_eq!((now.state, now.refunded), (PaymentState::Captured, usd(1_000)));
        assert_eq!(bench.taken(), [TOTAL]);
    })
    .await;
}

#[tokio::test]
async fn every_call_twice_has_its_effect_once() {
    every(async |bench| {
        let (held, again) = (hold(bench, "s1").await, open(bench, "s1", TOTAL).await.unwrap());
        assert_eq!(again.id, held.id);
        assert_eq!(again.state, PaymentState::Authorized, "it is returned as it is");
        let first = capture(bench, &held.id).await.unwrap();
        assert_eq!(capture(bench, &held.id).await.unwrap().captured, first.captured);
        let back = refund(bench, &held.id, 1_000, &store_refund("7")).await.unwrap();
        assert_eq!(refund(bench, &held.id, 1_000, &store_refund("7")).await.unwrap(), back);
        assert_eq!(bench.processor().refunds(&held.id).await.unwrap(), [back]);
        refund(bench, &held.id, 1_000, &store_refund("8")).await.unwrap();
        let now = bench.processor().fetch(&held.id).await.unwrap();
        assert_eq!(now.refunded, usd(2_000), "another refund of the same amount");
        assert_eq!(bench.taken(), [TOTAL]);
    })
    .await;
}

#[tokio::test]
async fn a_refund_is_found_after_keys_are_forgotten() {
    every(async |bench| {
        let paid = pay(bench, "s1").await;
        let back = refund(bench, &paid.id, 1_000, &store_refund("7")).await.unwrap();
        bench.pass(3 * 24 * 3_600);
        assert_eq!(refund(bench, &paid.id, 1_000, &store_refund("7")).await.unwrap().id, back.id);
        let other = refund(bench, &paid.id, 1_000, &store_refund("8")).await.unwrap();
        assert_ne!(other.id, back.id, "another refund of the same amount");
        let too_much = refund(bench, &paid.id, 1_000, &store_refund("9")).await.unwrap_err();
        assert!(matches!(too_much, PaymentError::Rejected { .. }), "{too_much:?}");
        let now = bench.processor().fetch(&paid.id).await.unwrap();
        assert_eq!(now.refunded, usd(2_000));
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_refund_bears_no_mark() {
    every(async |bench| {
        let paid = pay(bench, "s1").await;
        bench.refund_elsewhere(&paid.id, usd(400));
        refund(bench, &paid.id, 600, &Origin::Rollback).await.unwrap();
        let refunds = bench.processor().refunds(&paid.id).await.unwrap();
        let seen: Vec<_> =
            refunds.iter().map(|refund| (refund.amount.minor(), &refund.origin)).collect();
        assert_eq!(seen.len(), 2);
        assert!(seen.contains(&(400, &None)) && seen.contains(&(600, &Some(Origin::Rollback))));
    })
    .await;
}

#[tokio::test]
async fn a_voided_payment_stays_voided() {
    every(async |bench| {
        let held = hold(bench, "s1").await;
        let voided = bench.processor().void(&held.id).await.unwrap();
        assert_eq!((voided.state, voided.refunded), (PaymentState::Voided, usd(0)));
        let again = bench.processor().void(&held.id).await.unwrap();
        assert_eq!(again.state, PaymentState::Voided);
        let error = capture(bench, &held.id).await.unwrap_err();
        assert!(matches!(error, PaymentError::Rejected { .. }), "{error:?}");
        assert_eq!(open(bench, "s1", TOTAL).await.unwrap().state, PaymentState::Voided);
        assert_eq!(bench.taken(), Vec::<i64>::new());
        let paid = pay(bench, "s2").await;
        let error = bench.processor().void(&paid.id).await.unwrap_err();
        assert!(matches!(error, PaymentError::Rejected { .. }), "{error:?}");
    })
    .await;
}

#[tokio::test]
async fn another_total_meets_the_same_payment() {
    every(async |bench| {
        let first = open(bench, "s1", 1_000).await.unwrap();
        for cents in [2_000, 1_000, TOTAL] {
            let opened = open(bench, "s1", cents).await.unwrap();
            assert_eq!((&opened.id, opened.total), (&first.id, usd(cents)));
        }
        assert_eq!(hold(bench, "s1").await.capturable, usd(TOTAL));
    })
    .await;
}

#[tokio::test]
async fn a_decline_leaves_the_payment_open() {
    every(async |bench| {
        let opened = open(bench, "s1", TOTAL).await.unwrap();
        let declined = bench.token(Card::Declined, usd(TOTAL));
        let error = bench.processor().authorize(&opened.id, &declined, None, 0).await.unwrap_err();
        assert!(matches!(error, PaymentError::Declined(_)), "{error:?}");
        let now = bench.processor().fetch(&opened.id).await.unwrap();
        assert_eq!(now.state, PaymentState::Open);
        assert!(now.decline.is_some());
        assert_eq!(hold(bench, "s1").await.state, PaymentState::Authorized);
    })
    .await;
}

#[tokio::test]
async fn tokens_that_cannot_pay_are_told_apart() {
    every(async |bench| {
        let opened = open(bench, "s1", TOTAL).await.unwrap();
        let euros = Money::new(TOTAL, Currency::EUR);
        let spent = bench.token(Card::Good, usd(TOTAL));
        let other = open(bench, "s2", TOTAL).await.unwrap();
        bench.processor().authorize(&other.id, &spent, None, 0).await.unwrap();
        let cases = [
            (bench.token(Card::Good, usd(TOTAL - 1)), BadToken::LimitTooSmall),
            (bench.token(Card::Good, euros), BadToken::WrongCurrency),
            (payments::PaymentToken::new("spt_neverissued"), BadToken::Unknown),
            (spent, BadToken::Deactivated),
        ];
        for (token, expected) in &cases {
            let error = bench.processor().authorize(&opened.id, token, None, 0).await.unwrap_err();
            let PaymentError::BadToken(why) = &error else { panic!("{expected:?}: {error:?}") };
            assert_eq!(why, expected);
        }
        let now = bench.processor().fetch(&opened.id).await.unwrap();
        assert_eq!(now.state, PaymentState::Open);
    })
    .await;
}

#[tokio::test]
async fn a_proof_pays_for_its_own_session_and_total_only() {
    every(async |bench| {
        let opened = open(bench, "s1", TOTAL).await.unwrap();
        let token = bench.token(Card::Authenticated, usd(TOTAL));
        let authorize = async |proof: Option<Proof>, generation| {
            bench.processor().authorize(&opened.id, &token, proof.as_ref(), generation).await
        };
        let error = authorize(None, 0).await.unwrap_err();
        assert!(matches!(error, PaymentError::AuthenticationRequired { .. }), "{error:?}");
        for (session, cents) in [("s2", TOTAL), ("s1", TOTAL + 1)] {
            let error = authorize(Some(proof(session, cents)), 1).await.unwrap_err();
            assert!(matches!(error, PaymentError::Rejected { .. }), "{error:?}");
        }
        let held = authorize(Some(proof("s1", TOTAL)), 1).await.unwrap();
        assert_eq!(held.state, PaymentState::Authorized);
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_a_doubt_that_a_look_ends() {
    every(async |bench| {
        let processor = bench.processor();
        let session = SessionId::new("s1");
        let since = bench.now();

        bench.lose(Step::Open);
        doubt(&open(bench, "s1", TOTAL).await.unwrap_err());
        let opened = processor.find(&session, since).await.unwrap().unwrap();
        assert_eq!(open(bench, "s1", TOTAL).await.unwrap().id, opened.id);

        bench.lose(Step::Authorize);
        let token = bench.token(Card::Good, usd(TOTAL));
        doubt(&processor.authorize(&opened.id, &token, None, 0).await.unwrap_err());
        let now = processor.fetch(&opened.id).await.unwrap();
        assert_eq!(now.state, PaymentState::Authorized);

        bench.lose(Step::Capture);
        doubt(&capture(bench, &opened.id).await.unwrap_err());
        assert_eq!(capture(bench, &opened.id).await.unwrap().captured, usd(TOTAL));
        assert_eq!(bench.taken(), [TOTAL]);

        bench.lose(Step::Refund);
        doubt(&refund(bench, &opened.id, 500, &store_refund("7")).await.unwrap_err());
        refund(bench, &opened.id, 500, &store_refund("7")).await.unwrap();
        assert_eq!(processor.fetch(&opened.id).await.unwrap().refunded, usd(500));

        let held = hold(bench, "s2").await;
        bench.lose(Step::Void);
        doubt(&processor.void(&held.id).await.unwrap_err());
        let voided = processor.fetch(&held.id).await.unwrap();
        assert_eq!(voided.state, PaymentState::Voided);
    })
    .await;
}

#[tokio::test]
async fn what_is_stuck_is_found_by_its_store() {
    every(async |bench| {
        let since = bench.now();
        let (held, opened) = (hold(bench, "s1").await, open(bench, "s2", TOTAL).await.unwrap());
        let (paid, voided) = (pay(bench, "s3").await, hold(bench, "s4").await);
        bench.processor().void(&voided.id).await.unwrap();
        bench.pass(600);
        let young = open(bench, "s5", TOTAL).await.unwrap();
        let before = bench.now() - SignedDuration::from_mins(5);

        let unsettled = bench.processor().unsettled(STORE, before).await.unwrap();
        assert_eq!(ids(&unsettled), sorted([&held.id, &opened.id]));
        assert!(
            unsettled.iter().all(|payment| payment.id != young.id && payment.session.is_some())
        );
        assert_eq!(bench.processor().unsettled("other", before).await.unwrap(), []);

        let changed = bench.processor().changed_since(STORE, since).await.unwrap();
        let changed = ids(&changed);
        assert!(changed.contains(&paid.id) && changed.contains(&voided.id), "{changed:?}");
        assert_eq!(bench.processor().changed_since("other", since).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_dispute_is_seen_and_told() {
    every(async |bench| {
        let paid = pay(bench, "s1").await;
        assert!(!paid.is_disputed);
        bench.pass(3_600);
        bench.dispute(&paid.id);
        let now = bench.processor().fetch(&paid.id).await.unwrap();
        assert!(now.is_disputed);
        let disputes = bench.processor().disputes(&paid.id).await.unwrap();
        let [dispute] = disputes.as_slice() else { panic!("{disputes:?}") };
        assert_eq!((dispute.amount, &dispute.payment), (usd(TOTAL), &paid.id));
    })
    .await;
}

#[tokio::test]
async fn only_genuine_deliveries_are_heard() {
    every(async |bench| {
        let paid = pay(bench, "s1").await;
        let (headers, body) = bench.delivery(&paid.id);
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone())
        };
        let hint = bench.processor().hear(&header, &body, bench.now()).unwrap().unwrap();
        assert_eq!(hint.payment, paid.id);
        let without = |_: &str| None;
        assert!(bench.processor().hear(&without, &body, bench.now()).is_err());
    })
    .await;
}

async fn open(bench: &dyn Bench, session: &str, cents: i64) -> Result<Payment, PaymentError> {
    let opening = Opening {
        session: &SessionId::new(session),
        store: STORE,
        agent: &AgentId::new("agent"),
        order: None,
        total: usd(cents),
        session_opened_at: bench.now(),
        description: "A purchase",
    };
    bench.processor().open(&opening).await
}

async fn hold(bench: &dyn Bench, session: &str) -> Payment {
    let opened = open(bench, session, TOTAL).await.unwrap();
    let token = bench.token(Card::Good, usd(TOTAL));
    bench.processor().authorize(&opened.id, &token, None, 0).await.unwrap()
}

async fn pay(bench: &dyn Bench, session: &str) -> Payment {
    let held = hold(bench, session).await;
    capture(bench, &held.id).await.unwrap()
}

async fn capture(bench: &dyn Bench, id: &PaymentId) -> Result<Payment, PaymentError> {
    bench.processor().capture(id, usd(TOTAL), &OrderId::new("42")).await
}

async fn refund(
    bench: &dyn Bench,
    payment: &PaymentId,
    cents: i64,
    origin: &Origin,
) -> Result<Refund, PaymentError> {
    let request = RefundRequest { payment, amount: usd(cents), reason: "broken", origin };
    bench.processor().refund(&request).await
}

fn store_refund(id: &str) -> Origin {
    Origin::Store(id.to_owned())
}

fn proof(session: &str, cents: i64) -> Proof {
    let session = SessionId::new(session);
    Proof::new(&session, usd(cents), "AAIBBYNoEwAAACcKhAJkdQAAAAA=", "05", "c4e59ceb", "2.2")
        .unwrap()
}

fn doubt(error: &PaymentError) {
    assert!(matches!(error, PaymentError::OutcomeUnknown { .. }), "{error:?}");
}

fn ids(payments: &[Payment]) -> Vec<PaymentId> {
    sorted(payments.iter().map(|payment| &payment.id))
}

fn sorted<'a>(ids: impl IntoIterator<Item = &'a PaymentId>) -> Vec<PaymentId> {
    let mut ids: Vec<_> = ids.into_iter().cloned().collect();
    ids.sort();
    ids
}

fn usd(cents: i64) -> Money {
    Money::new(cents, Currency::USD)
}
