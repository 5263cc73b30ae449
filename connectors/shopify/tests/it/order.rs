//! From a draft to its one paid order, however often and however badly it is gone about.

use commerce::{
    Change, Connector, ConnectorError, Draft, DraftState, Facts, Hold, Patch, ProblemKind, Subject,
};
use emulators::{faults::Fault, shopify};
use serde_json::{Value, json};

use crate::stage::{Stage, commitment, kinds};

const COMPLETE: &str = "graphql.json/draftOrderComplete";
const UPDATE: &str = "graphql.json/draftOrderUpdate";
const WRITE: &str = concat!(
    include_str!("../../src/operations/write_draft.graphql"),
    include_str!("../../src/operations/fragments/draft_state.graphql"),
    include_str!("../../src/operations/fragments/order_head.graphql"),
);

impl Stage {
    fn orders(&self) -> Vec<Value> {
        self.store.ledger()["orders"].as_array().unwrap().clone()
    }

    /// What is off the shelf for open drafts.
    fn held(&self) -> i64 {
        let books = self.store.ledger();
        let drafts = books["drafts"].as_array().unwrap().iter();
        let held = drafts.flat_map(|draft| draft["held"].as_array().unwrap().clone());
        held.map(|held| held["quantity"].as_i64().unwrap()).sum()
    }

    fn left(&self, sku: &str) -> i64 {
        self.store.stock(&self.store.variant(sku).unwrap()).unwrap()
    }

    /// The last write of a draft that the shop has seen, to be carried out once more and too late.
    fn last_write(&self) -> Value {
        let journal = self.store.journal();
        let is_write = |call: &&Value| call["names"].to_string().contains("draftOrderUpdate");
        journal.iter().rev().find(is_write).unwrap()["variables"].clone()
    }

    fn late(&self, variables: &Value) -> Value {
        self.store.admin(WRITE, variables)["data"]["written"].clone()
    }

    /// As its owner would in the admin.
    fn owner(&self, query: &str, variables: &Value) -> Value {
        let answer = self.store.admin(query, variables);
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].clone()
    }
}

fn gid(draft: &Draft) -> String {
    let number = std::str::from_utf8(draft.id.as_bytes()).unwrap();
    format!("gid://shopify/DraftOrder/{number}")
}

fn is_settled<T>(result: &Result<T, ConnectorError>) -> bool {
    matches!(result, Err(ConnectorError::Settled { .. }))
}

#[tokio::test]
async fn a_completion_whose_answer_is_lost_is_one_order() {
    let lost = [
        vec![Fault::DropAfter],
        vec![Fault::DropAfter, Fault::DropAfter],
        vec![Fault::HtmlAfter(502), Fault::HtmlAfter(502)],
        vec![shopify::internal_error(true)],
        vec![Fault::HalfJson],
        vec![shopify::internal_error(false), Fault::DropBefore, shopify::throttled()],
    ];
    for faults in lost {
        let stage = Stage::start().await;
        let draft = stage.ready("BEANIE-1", 1).await;
        let tie = commitment(&draft, "pi_1");
        stage.connector.commit(&draft.id, &tie).await.unwrap();
        for fault in faults.clone() {
            stage.faults.next("POST", COMPLETE, fault);
        }
        let order = stage.connector.place(&draft.id, &tie).await.unwrap();
        assert_eq!(stage.faults.pending(), 0, "{faults:?}");
        assert_eq!(stage.connector.place(&draft.id, &tie).await.unwrap(), order);
        assert_eq!(stage.replica().place(&draft.id, &tie).await.unwrap(), order);
        assert_eq!(stage.orders().len(), 1, "{faults:?}");
        assert_eq!(stage.left("BEANIE-1"), 119, "the goods are taken once");
    }
}

#[tokio::test]
async fn a_completion_that_never_arrives_leaves_no_order() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let tie = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    stage.faults.always("POST", COMPLETE, Fault::DropBefore);
    let lost = stage.connector.place(&draft.id, &tie).await.unwrap_err();
    assert!(!lost.had_no_effect(), "nobody knows: {lost:?}");
    stage.faults.clear();
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert!(matches!(loaded.state, DraftState::Committed { .. }));
    stage.connector.place(&draft.id, &tie).await.unwrap();
    assert_eq!(stage.orders().len(), 1);
}

#[tokio::test]
async fn replicas_that_place_at_once_place_one_order() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let tie = commitment(&draft, "pi_1");
    let (one, two) = (stage.replica(), stage.replica());
    let (first, second) = tokio::join!(one.commit(&draft.id, &tie), two.commit(&draft.id, &tie));
    assert!(matches!(first.unwrap().state, DraftState::Committed { .. }));
    assert!(matches!(second.unwrap().state, DraftState::Committed { .. }));
    let (first, second) = tokio::join!(one.place(&draft.id, &tie), two.place(&draft.id, &tie));
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(stage.orders().len(), 1);
}

#[tokio::test]
async fn a_commitment_whose_answer_is_lost_is_found() {
    let stage = Stage::start().await;
    let draft = stage.ready("LAST-1", 1).await;
    let tie = commitment(&draft, "pi_1");
    for fault in [Fault::DropAfter, Fault::DropAfter] {
        stage.faults.next("POST", UPDATE, fault);
    }
    let lost = stage.connector.commit(&draft.id, &tie).await.unwrap_err();
    assert!(!lost.had_no_effect());
    let loaded = stage.replica().load(&draft.id).await.unwrap();
    assert!(matches!(loaded.state, DraftState::Committed { .. }), "{:?}", loaded.state);
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    assert_eq!(stage.held(), 1, "reserved once");
    assert_eq!(stage.left("LAST-1"), 0);
    assert_eq!(stage.connector.hold(&draft.id).await.unwrap(), Hold::Held);
    stage.connector.place(&draft.id, &tie).await.unwrap();
    assert_eq!((stage.held(), stage.left("LAST-1")), (0, 0));
}

/// What is off the shelf comes back when nothing comes of it.
#[tokio::test]
async fn goods_are_reserved_while_a_purchase_lasts() {
    let stage = Stage::start().await;
    let draft = stage.ready("LAST-1", 1).await;
    assert_eq!(stage.held(), 0, "looking reserves nothing");
    let tie = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    assert_eq!((stage.held(), stage.left("LAST-1")), (1, 0));
    stage.connector.reopen(&draft.id, &tie, &Facts::new()).await.unwrap();
    assert_eq!((stage.held(), stage.left("LAST-1")), (0, 1));
    let draft = stage.connector.load(&draft.id).await.unwrap();
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    let dead = stage.connector.discard(&draft.id, &Facts::new()).await.unwrap();
    assert_eq!(dead.state, DraftState::Discarded);
    assert_eq!((stage.held(), stage.left("LAST-1")), (0, 1));
}

#[tokio::test]
async fn whoever_takes_long_may_be_too_late() {
    let stage = Stage::start().await;
    let slow = stage.ready("LAST-1", 1).await;
    let slow_tie = commitment(&slow, "pi_1");
    stage.connector.commit(&slow.id, &slow_tie).await.unwrap();
    // Nobody else wants it: it is reserved again.
    stage.wait(20 * 60);
    assert_eq!(stage.connector.hold(&slow.id).await.unwrap(), Hold::Held);
    assert_eq!(stage.held(), 1);
    stage.wait(20 * 60);
    let quick = stage.ready("LAST-1", 1).await;
    let quick_tie = commitment(&quick, "pi_2");
    stage.connector.commit(&quick.id, &quick_tie).await.unwrap();
    assert_eq!(stage.connector.hold(&slow.id).await.unwrap(), Hold::SoldOut);
    stage.connector.discard(&slow.id, &Facts::new()).await.unwrap();
    assert_eq!(stage.connector.hold(&quick.id).await.unwrap(), Hold::Held);
    stage.connector.place(&quick.id, &quick_tie).await.unwrap();
    assert_eq!((stage.orders().len(), stage.left("LAST-1")), (1, 0));
}

#[tokio::test]
async fn the_last_ones_go_to_as_many() {
    let stage = Stage::start().await;
    let variant = stage.store.variant("LAST-1").unwrap();
    for units in [1, 2] {
        stage.store.set_stock(&variant, units);
        let mut drafts = Vec::new();
        for _ in 0..4 {
            drafts.push(stage.ready("LAST-1", 1).await);
        }
        let buy = async |draft: &Draft, nth: usize| {
            let own = stage.replica();
            let tie = commitment(draft, &format!("pi_{nth}"));
            let committed = own.commit(&draft.id, &tie).await.unwrap();
            if !matches!(committed.state, DraftState::Committed { .. }) {
                assert_eq!(kinds(&committed)[0], ProblemKind::OutOfStock);
                return 0;
            }
            assert_eq!(own.hold(&draft.id).await.unwrap(), Hold::Held);
            own.place(&draft.id, &tie).await.unwrap();
            1
        };
        let (a, b, c, d) = tokio::join!(
            buy(&drafts[0], 0),
            buy(&drafts[1], 1),
            buy(&drafts[2], 2),
            buy(&drafts[3], 3),
        );
        let bought = a + b + c + d;
        assert!(bought <= units, "{bought} of {units}");
        assert_eq!(stage.left("LAST-1"), units - bought, "nobody has less than nothing");
        assert_eq!(stage.held(), 0);
    }
}

/// Shopify takes no change of a draft that is an order.
#[tokio::test]
async fn no_late_write_reaches_an_order() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    stage
        .revise(&draft, Change { lines: Some(vec![stage.line("OIL-500", 3)]), ..Change::default() })
        .await;
    let revision = stage.last_write();
    let change = Change { lines: Some(vec![stage.line("BEANIE-1", 1)]), ..Change::default() };
    let draft = stage.revise(&draft, change).await;
    let tie = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    let commit = stage.last_write();
    let order = stage.connector.place(&draft.id, &tie).await.unwrap();
    for late in [&revision, &commit] {
        assert_eq!(stage.late(late)["userErrors"].as_array().unwrap().len(), 1);
    }
    assert_eq!(stage.connector.place(&draft.id, &tie).await.unwrap(), order);
    let [only] = &stage.orders()[..] else { panic!("one order") };
    assert_eq!(only["total"], tie.total.minor());
    assert_eq!(only["lines"][0]["sku"], "BEANIE-1");
}

/// A change that comes late unties the draft: for what it costs then nobody has paid.
#[tokio::test]
async fn a_late_change_is_not_charged() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let other = Change { lines: Some(vec![stage.line("OIL-500", 3)]), ..Change::default() };
    stage.revise(&draft, other).await;
    let late = stage.last_write();
    let change = Change { lines: Some(vec![stage.line("BEANIE-1", 1)]), ..Change::default() };
    let draft = stage.revise(&draft, change).await;
    let tie = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    assert_eq!(stage.late(&late)["userErrors"], json!([]));
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.state, DraftState::Open);
    assert!(is_settled(&stage.connector.hold(&draft.id).await), "no money is taken");
    let refused = stage.connector.place(&draft.id, &tie).await.unwrap_err();
    assert!(matches!(refused, ConnectorError::PriceMoved { .. }), "{refused:?}");
    assert!(stage.orders().is_empty());
}

/// A cancellation that comes late, when the money was taken: what was paid for is ordered.
#[tokio::test]
async fn what_was_paid_for_is_ordered() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let tie = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    stage.connector.discard(&draft.id, &Facts::new()).await.unwrap();
    let order = stage.connector.place(&draft.id, &tie).await.unwrap();
    assert_eq!((order.total, &order.payment), (tie.total, &tie.payment));
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert!(matches!(loaded.state, DraftState::Placed(_)));
    assert_eq!(stage.orders().len(), 1);
}

#[tokio::test]
async fn an_order_that_lost_its_details_gets_them_back() {
    let stage = Stage::start().await;
    stage.store.quirks(|quirks| quirks.attributes_get_lost = true);
    let draft = stage.ready("BEANIE-1", 1).await;
    let order = stage.buy(&draft).await;
    let details = stage.record(&order)["attributes"].to_string();
    assert!(details.contains("acp_payment") && details.contains("acp_session"), "{details}");
    let tie = commitment(&draft, "pi_1");
    assert_eq!(stage.connector.place(&draft.id, &tie).await.unwrap(), order);
}

#[tokio::test]
async fn what_the_seller_completes_by_hand_is_the_order() {
    const BY_HAND: &str = "mutation Complete($id: ID!) { draftOrderComplete(id: $id) { draftOrder { id } userErrors { message } } }";

    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let tie = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    stage.owner(BY_HAND, &json!({ "id": gid(&draft) }));
    let order = stage.connector.place(&draft.id, &tie).await.unwrap();
    assert_eq!(order.payment, tie.payment);
    assert_eq!(stage.orders().len(), 1);
    let other = commitment(&draft, "pi_other");
    assert!(is_settled(&stage.connector.place(&draft.id, &other).await), "it has its payment");
}

#[tokio::test]
async fn a_draft_that_the_seller_has_deleted_is_gone() {
    const DELETE: &str = "mutation Delete($input: DraftOrderDeleteInput!) { draftOrderDelete(input: $input) { deletedId } }";

    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let tie = commitment(&draft, "pi_1");
    stage.owner(DELETE, &json!({ "input": { "id": gid(&draft) } }));
    let gone = |result: Result<(), ConnectorError>| {
        assert!(matches!(result, Err(ConnectorError::NotFound { .. })), "{result:?}");
    };
    gone(stage.connector.revise(&draft.id, &Change::default()).await.map(drop));
    gone(stage.connector.load(&draft.id).await.map(drop));
    gone(stage.connector.commit(&draft.id, &tie).await.map(drop));
    gone(stage.connector.hold(&draft.id).await.map(drop));
    gone(stage.connector.place(&draft.id, &tie).await.map(drop));
}

/// What the agent was shown is kept, whoever changes the draft.
#[tokio::test]
async fn what_the_seller_changes_is_not_charged_unseen() {
    const EDIT: &str = "mutation Edit($id: ID!, $input: DraftOrderInput!) { draftOrderUpdate(id: $id, input: $input) { draftOrder { id } userErrors { message } } }";

    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let discount = json!({ "value": 50.0, "valueType": "PERCENTAGE", "title": "For you" });
    let input = json!({ "id": gid(&draft), "input": { "appliedDiscount": discount } });
    stage.owner(EDIT, &input);
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.agreed, Some(draft.quote.totals.total));
    assert_ne!(loaded.quote.totals.total, draft.quote.totals.total);
    assert_eq!(loaded.quote.lines[0].discount.minor(), 1_000, "it is shown");
    let revised = stage.revise(&loaded, Change::default()).await;
    assert_eq!(revised.agreed, Some(revised.quote.totals.total));
    let order = stage.buy(&revised).await;
    assert_eq!(order.total, loaded.quote.totals.total, "the seller's own discount stays");
}

#[tokio::test]
async fn a_price_that_moves_unties() {
    let stage = Stage::start().await;
    let variant = stage.store.variant("LAST-1").unwrap();
    let draft = stage.ready("LAST-1", 1).await;
    let tie = commitment(&draft, "pi_1");
    stage.store.set_price(&variant, 5_000);
    let moved = stage.connector.commit(&draft.id, &tie).await.unwrap_err();
    assert!(matches!(moved, ConnectorError::PriceMoved { .. }), "{moved:?}");
    assert_eq!(stage.held(), 0, "nothing is reserved for it");
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.state, DraftState::Open);
    assert_eq!(loaded.agreed, Some(tie.total), "what the agent has seen");
    // Between the commitment and the money.
    let draft = stage.revise(&loaded, Change::default()).await;
    let tie = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    stage.store.set_price(&variant, 6_000);
    stage.wait(20 * 60);
    let moved = stage.connector.hold(&draft.id).await.unwrap_err();
    assert!(matches!(moved, ConnectorError::PriceMoved { .. }), "{moved:?}");
    assert_eq!(stage.connector.load(&draft.id).await.unwrap().state, DraftState::Open);
}

#[tokio::test]
async fn rates_grow_old() {
    for keep_their_price in [false, true] {
        let stage = Stage::start().await;
        stage.store.quirks(|quirks| quirks.stale_handles_keep_their_price = keep_their_price);
        let draft = stage.ready("BEANIE-1", 1).await;
        let tie = commitment(&draft, "pi_1");
        stage.store.set_rate("US", "Standard", 799);
        let moved = stage.connector.commit(&draft.id, &tie).await.unwrap_err();
        assert!(matches!(moved, ConnectorError::PriceMoved { .. }), "{moved:?}");
        let draft = stage.revise(&draft, Change::default()).await;
        assert_eq!(draft.quote.totals.shipping.minor(), 799);
        stage.buy(&draft).await;
    }
}

#[tokio::test]
async fn a_way_that_is_gone_is_not_replaced_unasked() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 6).await;
    let free = draft.quote.rates.iter().find(|rate| rate.title == "Free over 100").unwrap();
    assert!(free.selected, "the cheapest");
    let tie = commitment(&draft, "pi_1");
    stage.store.set_price(&stage.store.variant("BEANIE-1").unwrap(), 100);
    let refused = stage.connector.commit(&draft.id, &tie).await.unwrap();
    assert_eq!(refused.state, DraftState::Open);
    assert_eq!(refused.quote.problems[0].subject, Subject::Rate);
}

/// What one process remembers of a draft is looked at before it is built on.
#[tokio::test]
async fn nobody_changes_what_another_has_committed() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let other = stage.replica();
    let tie = commitment(&draft, "pi_1");
    other.commit(&draft.id, &tie).await.unwrap();
    let note = Change { note: Patch::Set("later".to_owned()), ..Change::default() };
    assert!(is_settled(&stage.connector.revise(&draft.id, &note).await));
    let mine = commitment(&draft, "pi_2");
    assert!(is_settled(&stage.connector.commit(&draft.id, &mine).await));
    let elsewhere = commitment(&draft, "pi_2");
    let kept = stage.connector.reopen(&draft.id, &elsewhere, &Facts::new()).await.unwrap();
    assert!(matches!(kept.state, DraftState::Committed { .. }), "another's stays");
    other.place(&draft.id, &tie).await.unwrap();
}

/// A large draft takes the store a while: nobody is shown a half of its sums.
#[tokio::test]
async fn a_draft_that_is_not_worked_out_yet_is_waited_for() {
    let stage = Stage::start().await;
    stage.store.quirks(|quirks| quirks.drafts_ready_after_ms = 700);
    let draft = stage.ready("BEANIE-1", 1).await;
    stage.buy(&draft).await;
    assert_eq!(stage.orders().len(), 1);
}

/// Tried for ten minutes; then nobody can complete it any more, and the money may go back.
#[tokio::test]
async fn what_the_store_will_not_complete_is_given_up() {
    let stage = Stage::start().await;
    stage.store.quirks(|quirks| quirks.completion_checks_stock = true);
    let draft = stage.ready("LAST-1", 1).await;
    let tie = commitment(&draft, "pi_1");
    stage.connector.commit(&draft.id, &tie).await.unwrap();
    stage.store.set_stock(&stage.store.variant("LAST-1").unwrap(), -5);
    for _ in 0..2 {
        let refused = stage.connector.place(&draft.id, &tie).await.unwrap_err();
        assert!(matches!(refused, ConnectorError::Unreadable { .. }), "{refused:?}");
        let loaded = stage.connector.load(&draft.id).await.unwrap();
        assert!(matches!(loaded.state, DraftState::Committed { .. }), "{:?}", loaded.state);
        stage.wait(5 * 60);
    }
    stage.wait(60);
    let gone = stage.connector.place(&draft.id, &tie).await.unwrap_err();
    assert!(matches!(gone, ConnectorError::NotFound { .. }), "{gone:?}");
    assert!(stage.connector.load(&draft.id).await.is_err());
    assert!(stage.orders().is_empty());
    // What is there again in time is ordered.
    stage.store.set_stock(&stage.store.variant("LAST-1").unwrap(), 1);
    let draft = stage.ready("LAST-1", 1).await;
    stage.buy(&draft).await;
}

/// The owner lets his buyers pay later: the order that was paid for is paid all the same.
#[tokio::test]
async fn an_order_that_was_paid_for_does_not_wait_for_its_money() {
    const TERMS: &str = "mutation Terms($id: ID!, $terms: PaymentTermsCreateInput!) { paymentTermsCreate(referenceId: $id, paymentTermsAttributes: $terms) { paymentTerms { id } userErrors { message } } }";

    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let terms = json!({
        "paymentTermsTemplateId": "gid://shopify/PaymentTermsTemplate/4",
        "paymentSchedules": [{ "issuedAt": "2026-11-26T00:00:00Z" }],
    });
    let made = stage.owner(TERMS, &json!({ "id": gid(&draft), "terms": terms }));
    assert_eq!(made["paymentTermsCreate"]["userErrors"], json!([]));
    let order = stage.buy(&draft).await;
    assert_eq!(stage.record(&order)["status"], "PAID");
}
