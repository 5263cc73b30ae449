//! The arithmetic of a session, from the published equations (E1 to E11 of the digest) and not from
//! our own code: every answer of every test adds up. A072.

use serde_json::Value;

/// Holds a session of any version against the equations that it has the numbers for.
#[track_caller]
pub(crate) fn check(session: &Value) {
    for line in list(session, "line_items") {
        check_line(line);
    }
    check_whole(session);
    check_discounts(session);
    check_options(session);
}

/// E1 to E3, and E5b for lines with rows.
#[track_caller]
fn check_line(line: &Value) {
    let quantity = line["quantity"].as_i64().or(line["item"]["quantity"].as_i64()).unwrap();
    let (base, discount, subtotal, tax, total) = if line["totals"].is_array() {
        let row = |kind: &str| row(line, kind);
        let discount = row("items_discount").unwrap_or(0) + row("discount").unwrap_or(0);
        (row("items_base_amount"), discount, row("subtotal"), row("tax"), row("total"))
    } else {
        let flat = |name: &str| line[name].as_i64();
        let discount = flat("discount").unwrap();
        (flat("base_amount"), discount, flat("subtotal"), flat("tax"), flat("total"))
    };
    assert_eq!(base.unwrap() - discount, subtotal.unwrap(), "E1, E5b: {line:#}");
    assert_eq!(subtotal.unwrap() + tax.unwrap(), total.unwrap(), "E2: {line:#}");
    if let Some(unit) = line["unit_amount"].as_i64() {
        assert_eq!(unit * quantity, base.unwrap(), "E3: {line:#}");
    }
}

/// E4 to E7.
#[track_caller]
fn check_whole(session: &Value) {
    let part = |kind: &str| row(session, kind).unwrap_or(0);
    let lines = list(session, "line_items");
    let of_lines = |kind: &str, flat: &str| -> i64 {
        lines.iter().map(|line| line[flat].as_i64().or(row(line, kind)).unwrap_or(0)).sum()
    };
    if !lines.is_empty() {
        let base = of_lines("items_base_amount", "base_amount");
        assert_eq!(base, part("items_base_amount"), "E4: {session:#}");
        let discount = of_lines("items_discount", "discount");
        assert_eq!(discount, part("items_discount"), "E7: {session:#}");
    }
    let subtotal = part("items_base_amount") - part("items_discount");
    assert_eq!(subtotal, part("subtotal"), "E5: {session:#}");
    let charges = ["tax", "fulfillment", "fee", "gift_wrap", "tip"].map(part).iter().sum::<i64>();
    let total = subtotal + charges - part("store_credit") - part("discount");
    assert_eq!(total, part("total"), "E6: {session:#}");
    let totals = list(session, "totals").iter().filter(|row| row["type"] == "total").count();
    assert_eq!(totals, 1, "one total: {session:#}");
}

/// E8 and E9.
#[track_caller]
fn check_discounts(session: &Value) {
    let applied = list(&session["discounts"], "applied");
    for discount in applied {
        let parts = list(discount, "allocations");
        let sum: i64 = parts.iter().map(|part| part["amount"].as_i64().unwrap()).sum();
        let amount = discount["amount"].as_i64().unwrap();
        assert!(parts.is_empty() || sum == amount, "E8: {discount:#}");
    }
    if !applied.is_empty() {
        let sum: i64 = applied.iter().map(|one| one["amount"].as_i64().unwrap()).sum();
        let rows = ["items_discount", "discount"].map(|kind| row(session, kind).unwrap_or(0));
        assert_eq!(sum, rows.iter().sum::<i64>(), "E9: {session:#}");
    }
}

/// E10 and E11, for options with rows. Several packages have an option each.
#[track_caller]
fn check_options(session: &Value) {
    let options = list(session, "fulfillment_options");
    let mut sum = 0;
    let selected = list(session, "selected_fulfillment_options");
    for choice in selected {
        let Some(id) = choice["option_id"].as_str() else { return };
        let option = options.iter().find(|option| option["id"] == id).unwrap();
        sum += row(option, "total").unwrap_or_else(|| panic!("E11: {option:#}"));
    }
    if let (Some(charged), false) = (row(session, "fulfillment"), selected.is_empty()) {
        assert_eq!(sum, charged, "E10: {session:#}");
    }
}

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}

/// All rows of a kind together; `None` if there is none.
fn row(of: &Value, kind: &str) -> Option<i64> {
    let mut rows = list(of, "totals").iter().filter(|row| row["type"] == kind).peekable();
    rows.peek()?;
    Some(rows.map(|row| row["amount"].as_i64().unwrap()).sum())
}
