//! Amounts are exact whatever the shop counts in.

use commerce::{Connector, Currency};

use crate::stage::{Stage, commitment};

/// The same cart in a shop of this currency, and what the store itself says of its order.
async fn check(currency: &str, decimals: u32, inclusive: bool) {
    let stage = Stage::start().await;
    stage.store.set_currency(currency, decimals);
    stage.store.set_prices_include_tax(inclusive);
    let draft = stage.ready("20", 2).await;
    let totals = &draft.quote.totals;
    assert_eq!(draft.quote.currency, Currency::from_code(currency).unwrap());
    let added = totals.items_base.minor() - totals.items_discount.minor()
        + totals.shipping.minor()
        + totals.fees.minor()
        + totals.tax.minor();
    assert_eq!(added, totals.total.minor(), "{currency} {decimals} {inclusive}");

    let order = draft.order;
    let order = stage.store.order(order.as_str().parse().unwrap()).unwrap();
    let shown = order["total"].as_str().unwrap();
    let shown = commerce::Money::round_major(shown, draft.quote.currency).unwrap();
    assert_eq!(shown, totals.total, "{currency} {decimals} {inclusive}");
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.quote.totals.total, totals.total);

    let commitment = commitment(&loaded, "pi_1");
    let committed = stage.connector.commit(&loaded.id, &commitment).await.unwrap();
    let bought = &committed.quote.totals;
    assert_eq!(bought.total, totals.total, "{currency} {decimals} {inclusive}");
    let lines: i64 = committed.quote.lines.iter().map(|line| line.base.minor()).sum();
    assert_eq!(lines, bought.items_base.minor());
    assert_eq!(
        bought.items_base.minor() - bought.items_discount.minor()
            + bought.shipping.minor()
            + bought.fees.minor()
            + bought.tax.minor(),
        bought.total.minor(),
        "{currency} {decimals} {inclusive}"
    );
}

#[tokio::test]
async fn every_way_of_counting_is_exact() {
    check("USD", 2, false).await;
    check("USD", 2, true).await;
    check("JPY", 0, false).await;
    check("KWD", 3, false).await;
    check("EUR", 2, true).await;
    // Finer than the currency: rounded, and the parts still add up.
    check("USD", 4, false).await;
    check("USD", 4, true).await;
    check("JPY", 2, false).await;
    check("USD", 0, false).await;
}

#[tokio::test]
async fn a_gross_price_is_not_shown_as_a_unit_of_a_net_line() {
    let stage = Stage::start().await;
    stage.store.set_prices_include_tax(true);
    let draft = stage.ready("20", 2).await;
    let line = &draft.quote.lines[0];
    let unit = line.unit_price.map(commerce::Money::minor);
    assert!(unit.is_none_or(|unit| unit * 2 == line.base.minor()), "{line:?}");
}
