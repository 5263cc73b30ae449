//! A purchase of each kind, to its paid order in the shop's books.

use commerce::{
    Change, CodeRefusal, Connector, Draft, ItemId, Order, Patch, ProblemKind, Rate, RateKind,
    Subject,
};
use serde_json::Value;

use crate::stage::{Stage, ada, commitment, kinds, san_francisco, told};

impl Stage {
    /// Takes a draft to its order.
    pub(crate) async fn buy(&self, draft: &Draft) -> Order {
        let read = self.connector.load(&draft.id).await.unwrap();
        assert_eq!(read.quote.totals, draft.quote.totals, "what was shown is what it costs");
        let tie = commitment(&read, "pi_1");
        let committed = self.connector.commit(&draft.id, &tie).await.unwrap();
        assert_eq!(committed.quote.problems, []);
        let order = self.connector.place(&draft.id, &tie).await.unwrap();
        assert_eq!(order.total, tie.total);
        assert_eq!(order.payment, Some(tie.payment));
        order
    }

    /// The shop's own record of an order.
    pub(crate) fn record(&self, order: &Order) -> Value {
        let books = self.store.ledger();
        let mut orders = books["orders"].as_array().unwrap().iter();
        let gid = format!("gid://shopify/Order/{}", order.id);
        orders.find(|row| row["id"] == gid.as_str()).unwrap().clone()
    }
}

fn selected(draft: &Draft) -> &Rate {
    let mut selected = draft.quote.rates.iter().filter(|rate| rate.selected);
    let one = selected.next().unwrap();
    assert!(selected.next().is_none(), "one way to get it");
    one
}

/// 20.00, and 8.625 % of that; the cheapest way costs 5.99 and is not taxed.
#[tokio::test]
async fn something_is_shipped() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 2).await;
    let totals = &draft.quote.totals;
    assert_eq!((totals.items_base.minor(), totals.shipping.minor()), (4_000, 599));
    assert_eq!(totals.tax.minor(), 345);
    assert_eq!(totals.total.minor(), 4_944);
    let names: Vec<&str> = totals.tax_lines.iter().map(|tax| tax.name.as_str()).collect();
    assert_eq!(names, ["California State Tax", "San Francisco County Tax"]);
    assert_eq!(totals.tax_lines[0].rate_percent, "7.25");
    let line = &draft.quote.lines[0];
    assert_eq!((line.title.as_str(), line.quantity.get()), ("Beanie", 2));
    assert_eq!(line.unit_price.unwrap().minor(), 2_000);
    assert_eq!(line.options, [], "an only variant has nothing that sets it apart");
    assert_eq!(selected(&draft).title, "Standard");
    let order = stage.buy(&draft).await;
    let record = stage.record(&order);
    assert_eq!(record["total"], 4_944);
    assert_eq!(record["paid"], true);
    let details = record["attributes"].as_array().unwrap();
    let has = |key: &str, value: &str| {
        details.iter().any(|detail| detail["key"] == key && detail["value"] == value)
    };
    assert!(has("acp_payment", "pi_1") && has("acp_total", "4944 USD"), "{details:?}");
    assert!(has("acp_session", "cs_test") && has("acp_agent", "tester"), "{details:?}");
    assert_eq!(record["tags"][0], "acp");
}

#[tokio::test]
async fn several_of_several() {
    let stage = Stage::start().await;
    let lines = [("TEE-RED-M", 3), ("OIL-500", 2), ("GUIDE-PDF", 1)];
    let draft = stage.open(&lines).await;
    assert_eq!(draft.quote.problems, []);
    let tee = &draft.quote.lines[0];
    let options: Vec<_> =
        tee.options.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(options, [("Color", "Red"), ("Size", "M")]);
    let shipped: Vec<_> = draft.quote.lines[..2].iter().map(|line| line.id.clone()).collect();
    assert_eq!(selected(&draft).lines, shipped, "a file is in no parcel");
    let order = stage.buy(&draft).await;
    let record = stage.record(&order);
    let bought: Vec<_> = record["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (line["sku"].as_str().unwrap(), line["quantity"].as_u64().unwrap()))
        .collect();
    assert_eq!(bought, [("TEE-RED-M", 3), ("OIL-500", 2), ("GUIDE-PDF", 1)]);
}

#[tokio::test]
async fn a_file_needs_no_place() {
    let stage = Stage::start().await;
    let change = Change {
        lines: Some(vec![stage.line("GUIDE-PDF", 1)]),
        buyer: Patch::Set(ada()),
        ..Change::default()
    };
    let draft = stage.connector.open(&change).await.unwrap();
    assert_eq!(draft.quote.problems, []);
    assert!(!draft.quote.needs_shipping && draft.quote.is_final && !draft.is_scarce);
    assert_eq!(draft.quote.rates, []);
    assert_eq!(stage.record(&stage.buy(&draft).await)["total"], 995);
}

/// The store's own tax counts, not the buyer's.
#[tokio::test]
async fn somebody_comes_for_it() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let is_pickup = |rate: &&Rate| matches!(rate.kind, RateKind::Pickup(_));
    let pickup = draft.quote.rates.iter().find(is_pickup).unwrap().clone();
    let RateKind::Pickup(place) = &pickup.kind else { panic!("{pickup:?}") };
    assert_eq!(
        (place.name.as_str(), place.city.as_str()),
        ("Market Street Store", "San Francisco")
    );
    assert_eq!(pickup.description, "Bring your order number.");
    let change = Change { rates: Some(vec![pickup.id]), ..Change::default() };
    let draft = stage.revise(&draft, change).await;
    assert!(draft.quote.totals.shipping.is_zero());
    let order = stage.buy(&draft).await;
    assert_eq!(stage.record(&order)["total"], 2_173);
    let placed = stage.connector.load(&draft.id).await.unwrap();
    assert!(placed.quote.rates.iter().any(|rate| is_pickup(&rate)), "{:?}", placed.quote.rates);
}

#[tokio::test]
async fn whoever_comes_for_it_needs_no_address() {
    let stage = Stage::start().await;
    let change = Change {
        lines: Some(vec![stage.line("BEANIE-1", 1)]),
        buyer: Patch::Set(ada()),
        ..Change::default()
    };
    let draft = stage.connector.open(&change).await.unwrap();
    assert_eq!(draft.quote.problems, [], "there is no other way to get it than to come");
    assert!(matches!(selected(&draft).kind, RateKind::Pickup(_)));
    stage.buy(&draft).await;
}

#[tokio::test]
async fn a_code_takes_off() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 1).await;
    let codes = |codes: &[&str]| Change {
        codes: Some(codes.iter().map(|code| (*code).to_owned()).collect()),
        ..Change::default()
    };
    let wanted = ["SAVE10", "FREESHIP", "EXPIRED", "MIN100", "nonsense"];
    let cheaper = stage.revise(&draft, codes(&wanted)).await;
    let applied: Vec<_> =
        cheaper.quote.codes.iter().map(|code| (code.code.as_str(), code.amount.minor())).collect();
    assert_eq!(applied, [("FREESHIP", 599), ("SAVE10", 200)]);
    let totals = &cheaper.quote.totals;
    assert_eq!((totals.items_discount.minor(), totals.shipping.minor()), (200, 0));
    assert_eq!(cheaper.quote.lines[0].discount.minor(), 200);
    let why = |code: &str| {
        let subject = Subject::Code(code.to_owned());
        cheaper.quote.problems.iter().find(|problem| problem.subject == subject).unwrap().kind
    };
    assert_eq!(why("EXPIRED"), ProblemKind::CodeRefused(CodeRefusal::Expired));
    assert_eq!(why("MIN100"), ProblemKind::CodeRefused(CodeRefusal::MinimumNotMet));
    assert_eq!(why("nonsense"), ProblemKind::CodeRefused(CodeRefusal::Invalid));
    let alone = stage.revise(&draft, codes(&["SAVE10", "ALONE20"])).await;
    assert_eq!(kinds(&alone), [ProblemKind::CodeRefused(CodeRefusal::CombinationDisallowed)]);
    let order = stage.buy(&alone).await;
    let record = stage.record(&order);
    // The dearer of the two that do not go together.
    assert_eq!(record["total"], alone.quote.totals.total.minor());
}

#[tokio::test]
async fn a_discount_may_come_by_itself() {
    let stage = Stage::start().await;
    let draft = stage.ready("BEANIE-1", 8).await;
    let totals = &draft.quote.totals;
    assert_eq!((totals.items_base.minor(), totals.items_discount.minor()), (16_000, 800));
    assert_eq!(draft.quote.lines[0].discount.minor(), 800);
    assert_eq!(draft.quote.codes, []);
    stage.buy(&draft).await;
}

#[tokio::test]
async fn what_an_agent_cannot_buy_says_why() {
    let stage = Stage::start().await;
    let check = async |sku: &str, words: &str| {
        let draft = stage.open(&[("BEANIE-1", 1), (sku, 1)]).await;
        assert_eq!(kinds(&draft), [ProblemKind::NotPurchasable], "{sku}");
        let problem = &draft.quote.problems[0];
        assert_eq!(problem.subject, Subject::Item(stage.item(sku)));
        assert!(problem.text.contains(words), "{sku}: {}", problem.text);
        assert_eq!(draft.quote.lines.len(), 1, "the rest stays");
    };
    check("GIFT-10", "Gift cards").await;
    check("COFFEE-SUB", "Subscriptions").await;
    check("DRAFT-1", "does not sell").await;
    check("OLD-1", "does not sell").await;
    check("STAFF-1", "does not sell it here").await;
    let backorder = stage.ready("BOOTS-1", 3).await;
    assert!(!backorder.is_scarce, "it is sold below nothing");
    stage.buy(&backorder).await;
    let gone = stage.open(&[("OUT-1", 1)]).await;
    assert_eq!(kinds(&gone), [ProblemKind::OutOfStock]);
    let more = stage.open(&[("LAST-1", 2)]).await;
    assert_eq!(kinds(&more), [ProblemKind::QuantityExceeded]);
    assert_eq!(more.quote.lines[0].quantity_max, Some(1));
}

/// Prices that hold the tax are shown without it, and still add up.
#[tokio::test]
async fn tax_may_be_in_the_price() {
    let stage = Stage::start().await;
    stage.store.set_taxes_included(true);
    let draft = stage.ready("BEANIE-1", 3).await;
    let totals = &draft.quote.totals;
    assert_eq!(totals.total.minor(), 6_000 + 599);
    assert!(totals.tax.minor() > 0);
    let sum = totals.items_base.minor() - totals.items_discount.minor() + totals.shipping.minor();
    assert_eq!(sum + totals.tax.minor(), totals.total.minor());
    assert!(totals.items_discount.is_zero());
    stage.buy(&draft).await;
}

/// What is bad about a buyer or place is left out and said; the rest is quoted.
#[tokio::test]
async fn bad_parts_are_left_out() {
    let stage = Stage::start().await;
    let mut buyer = ada();
    "nobody at home".clone_into(&mut buyer.email);
    let change =
        Change { lines: Some(vec![stage.line("BEANIE-1", 1)]), buyer: Patch::Set(buyer), ..told() };
    let draft = stage.connector.open(&change).await.unwrap();
    assert_eq!(kinds(&draft), [ProblemKind::Invalid]);
    assert_eq!(draft.quote.problems[0].subject, Subject::Email);
    assert_eq!(draft.quote.lines.len(), 1);
    let mut place = san_francisco();
    "??".clone_into(&mut place.address.as_mut().unwrap().country);
    let change = Change { destination: Patch::Set(place), ..Change::default() };
    let draft = stage.revise(&draft, change).await;
    assert!(draft.quote.problems.iter().any(|it| it.subject == Subject::Address(Some("country"))));
    let draft = stage.revise(&draft, told()).await;
    assert_eq!(draft.quote.problems, []);
    let huge = Change {
        lines: Some(vec![commerce::Line {
            item: ItemId::new(stage.item("BOOTS-1").as_str()),
            quantity: std::num::NonZeroU32::MAX,
        }]),
        ..Change::default()
    };
    let draft = stage.revise(&draft, huge).await;
    assert_eq!(kinds(&draft)[0], ProblemKind::QuantityExceeded);
}
