//! Carts of every shape: several packages, fees, limits of quantity, nothing to ship, nothing to pay
//! for shipping.

use commerce::{Change, Connector, DraftState, LineId, ProblemKind, RateId, RateKind, Subject};

use crate::stage::{Stage, commitment, kinds, line, told};

fn choose(rates: &[&str]) -> Change {
    let rates = rates.iter().map(|rate| RateId::new(*rate)).collect();
    Change { rates: Some(rates), ..Change::default() }
}

fn chosen(draft: &commerce::Draft) -> Vec<&str> {
    let rates = draft.quote.rates.iter().filter(|rate| rate.selected);
    rates.map(|rate| rate.id.as_str()).collect()
}

/// A plugin ships each product by itself; it counts its packages, or names them.
#[tokio::test]
async fn each_package_has_its_rates_and_its_choice() {
    for (named, second) in [(false, "@1"), (true, "@warehouse_1")] {
        let stage = Stage::start().await;
        stage.store.split_packages(true, named);
        let first = if named { "@warehouse_0" } else { "" };
        let draft = stage.open(&[("20", 1), ("26", 1)]).await;
        assert_eq!(draft.quote.problems, []);
        let of_second: Vec<_> =
            draft.quote.rates.iter().filter(|rate| rate.id.as_str().ends_with(second)).collect();
        assert!(of_second.len() >= 3, "{:?}", draft.quote.rates);
        assert!(of_second.iter().all(|rate| rate.lines == [LineId::new("li_26")]));
        assert_eq!(draft.quote.totals.shipping.minor(), 2 * 599, "one for each package");

        let express = format!("flat_rate:2{second}");
        let draft = stage.revise(&draft, choose(&[&express])).await;
        assert_eq!(chosen(&draft), [format!("flat_rate:1{first}"), express.clone()]);
        assert_eq!(draft.quote.totals.shipping.minor(), 599 + 1499);

        let pickup = format!("local_pickup:4{first}");
        let draft = stage.revise(&draft, choose(&[&pickup])).await;
        assert_eq!(chosen(&draft), [pickup, express.clone()], "the other package keeps its own");

        // The set of rates changes, and the store forgets the choice of both packages.
        let lines = Some(vec![line("20", 5), line("26", 1)]);
        let draft = stage.revise(&draft, Change { lines, ..Change::default() }).await;
        assert!(chosen(&draft).contains(&express.as_str()), "{:?}", chosen(&draft));

        let commitment = commitment(&draft, "pi_1");
        stage.connector.commit(&draft.id, &commitment).await.unwrap();
        let order = stage.connector.place(&draft.id, &commitment).await.unwrap();
        assert_eq!(order.total, draft.quote.totals.total);
        let stored = stage.store.order(order.id.as_str().parse().unwrap()).unwrap();
        assert_eq!(stored["shipping_lines"].as_array().unwrap().len(), 2);
    }
}

/// An unknown package is ignored with status 200, an unknown rate resets the choice: neither is
/// believed.
#[tokio::test]
async fn a_choice_for_a_package_that_is_not_there_is_told() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let draft = stage.revise(&draft, choose(&["flat_rate:2@7"])).await;
    assert_eq!(kinds(&draft), [ProblemKind::Invalid]);
    assert_eq!(draft.quote.problems[0].subject, Subject::Rate);
    assert_eq!(chosen(&draft), ["flat_rate:1"]);
}

/// A package that nothing is offered for stops the purchase, though another one has rates.
#[tokio::test]
async fn things_and_files_together_need_an_address_for_the_things_only() {
    let stage = Stage::start().await;
    let draft = stage.open(&[("29", 1), ("20", 1)]).await;
    assert_eq!(draft.quote.problems, []);
    assert!(draft.quote.needs_shipping);
    assert!(draft.quote.rates.iter().all(|rate| rate.lines == [LineId::new("li_20")]));

    let files = stage.revise(&draft, Change { lines: Some(vec![line("29", 1)]), ..told() }).await;
    assert!(!files.quote.needs_shipping);
    assert_eq!(files.quote.rates, []);
    assert_eq!(files.quote.totals.shipping.minor(), 0);
}

#[tokio::test]
async fn fees_are_shown_and_charged() {
    for deferred in [false, true] {
        let stage = Stage::start().await;
        stage.store.defer_orders(deferred);
        stage.store.set_fee("Cold &amp; fragile", "2.50");
        let draft = stage.ready("20", 1).await;
        let totals = &draft.quote.totals;
        assert_eq!(totals.fees.minor(), 250);
        let sum = totals.items_base.minor() + totals.shipping.minor() + 250 + totals.tax.minor();
        assert_eq!(sum, totals.total.minor());
        let commitment = commitment(&draft, "pi_1");
        stage.connector.commit(&draft.id, &commitment).await.unwrap();
        stage.connector.place(&draft.id, &commitment).await.unwrap();
        let placed = stage.connector.load(&draft.id).await.unwrap();
        assert_eq!(placed.quote.totals.fees.minor(), 250);
        assert_eq!(placed.quote.totals.total, draft.quote.totals.total);
    }
}

/// The store makes a quantity fit without a word when it is added, and refuses it when it is
/// changed. The agent is told either way, and what it is shown is what it would pay.
#[tokio::test]
async fn a_quantity_that_the_store_does_not_sell_is_told() {
    let stage = Stage::start().await;
    stage.store.set_quantity_limits(20, 4, 2);
    let draft = stage.open(&[("20", 1)]).await;
    assert_eq!(draft.quote.lines[0].quantity.get(), 4);
    assert_eq!(kinds(&draft), [ProblemKind::Invalid]);
    assert!(draft.quote.problems[0].text.contains("at least 4, in multiples of 2"));

    let odd = Change { lines: Some(vec![line("20", 5)]), ..Change::default() };
    let draft = stage.revise(&draft, odd).await;
    assert_eq!(kinds(&draft), [ProblemKind::Invalid], "{:?}", draft.quote.problems);
    let good = Change { lines: Some(vec![line("20", 6)]), ..Change::default() };
    let draft = stage.revise(&draft, good).await;
    assert_eq!(draft.quote.problems, []);

    stage.store.sell_individually(21);
    let draft = stage.open(&[("21", 3)]).await;
    assert_eq!(kinds(&draft), [ProblemKind::QuantityExceeded]);
    assert_eq!(draft.quote.lines[0].quantity_max, Some(1));
}

/// Texas taxes what is delivered there; whoever picks up in California pays California's taxes.
#[tokio::test]
async fn picking_up_changes_the_tax() {
    let stage = Stage::start().await;
    let mut destination = crate::stage::san_francisco();
    let address = destination.address.as_mut().unwrap();
    (address.state, address.postal_code) = ("TX".to_owned(), "73301".to_owned());
    let change = Change {
        lines: Some(vec![line("20", 2)]),
        destination: commerce::Patch::Set(destination),
        ..told()
    };
    let draft = stage.connector.open(&change).await.unwrap();
    assert_eq!(draft.quote.totals.tax.minor(), 297, "8.25 % of 36.00, shipping untaxed");
    let pickup = draft.quote.rates.iter().find(|rate| matches!(rate.kind, RateKind::Pickup(_)));
    let pickup = pickup.unwrap().id.as_str().to_owned();
    let draft = stage.revise(&draft, choose(&[&pickup])).await;
    assert_eq!(draft.quote.totals.tax.minor(), 311, "8.625 %");
}

/// What a plugin does to types does nothing to a purchase.
#[tokio::test]
async fn types_may_be_loose() {
    for deferred in [false, true] {
        let stage = Stage::start().await;
        stage.store.defer_orders(deferred);
        let strict = stage.open(&[("20", 2), ("34", 1)]).await;
        stage.store.loose_types(true);
        stage.store.byte_order_mark(true);
        stage.store.php_notice_before_json(true);
        let draft = stage.open(&[("20", 2), ("34", 1)]).await;
        assert_eq!(draft.quote.totals, strict.quote.totals);
        assert_eq!(draft.buyer, strict.buyer);
        assert_eq!(draft.destination, strict.destination);
        let draft = stage.revise(&draft, choose(&["flat_rate:2"])).await;
        let commitment = commitment(&draft, "pi_1");
        stage.connector.commit(&draft.id, &commitment).await.unwrap();
        stage.connector.hold(&draft.id).await.unwrap();
        stage.connector.place(&draft.id, &commitment).await.unwrap();
        let placed = stage.connector.load(&draft.id).await.unwrap();
        assert!(matches!(placed.state, DraftState::Placed(_)), "{:?}", placed.state);
        assert_eq!(placed.quote.totals.total, draft.quote.totals.total);
    }
}
