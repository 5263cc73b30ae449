//! The cases, from reading the catalog to being told of a sale.

#![expect(clippy::unwrap_used, reason = "a case that cannot go on has failed")]

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{Goods, Place, Stage, assert_adds_up, assert_open, commitment, kinds, line, order};
use crate::{
    Change, CodeRefusal, Commitment, ConnectorError, Currency, Draft, DraftState, Facts, Forged,
    Hold, HookState, HookTarget, ItemId, OrderState, Patch, ProblemKind, ProductId, RateId,
    RateKind, Subject,
};

/// A draft of one line that is ready to be paid.
async fn ready(stage: &impl Stage, goods: Goods, quantity: u32) -> Draft {
    let change = order(stage, vec![line(stage.item(goods), quantity)]);
    let draft = stage.connector().open(&change).await.unwrap();
    assert_eq!(draft.quote.problems, [], "ready");
    assert!(draft.quote.is_final);
    draft
}

async fn paid(stage: &impl Stage) -> usize {
    stage.ledger().await.iter().filter(|entry| entry.is_paid).count()
}

fn is_settled<T>(result: &Result<T, ConnectorError>) -> bool {
    matches!(result, Err(ConnectorError::Settled { .. }))
}

pub(super) async fn the_catalog_is_read_to_its_end(stage: &impl Stage) {
    let connector = stage.connector();
    let mut readings = Vec::new();
    for _ in 0..2 {
        let (mut products, mut from) = (Vec::new(), None);
        loop {
            let page = connector.products(from.as_ref()).await.unwrap();
            products.extend(page.products);
            from = page.next;
            if from.is_none() {
                break;
            }
        }
        readings.push(products);
    }
    assert_eq!(readings[0], readings[1], "the same catalog is the same reading");
    let ids: BTreeSet<&str> = readings[0].iter().map(|product| product.id.as_str()).collect();
    assert_eq!(ids.len(), readings[0].len(), "nothing is read twice");
    let plain = stage.item(Goods::Plain);
    let product = readings[0]
        .iter()
        .find(|product| product.variants.iter().any(|variant| variant.item == plain))
        .unwrap();
    let again = connector.product(&product.id).await.unwrap().unwrap();
    assert_eq!(again.id, product.id);
    assert!(again.variants.iter().any(|variant| variant.item == plain));
    let nothing = connector.product(&ProductId::new("999999999")).await.unwrap();
    assert!(nothing.is_none(), "what is gone is none");
    let since = connector.products_since(Timestamp::UNIX_EPOCH).await.unwrap();
    assert!(since.iter().any(|changed| changed.id == product.id), "all have changed since 1970");
}

pub(super) async fn a_draft_reads_back_as_it_was_opened(stage: &impl Stage) {
    let opened = ready(stage, Goods::Plain, 2).await;
    assert_open(&opened);
    assert_adds_up(&opened.quote.totals, "opened");
    let loaded = stage.connector().load(&opened.id).await.unwrap();
    assert_eq!(loaded.id, opened.id);
    assert_eq!(loaded.buyer, opened.buyer);
    assert_eq!(loaded.destination, opened.destination);
    assert_eq!(loaded.quote.totals, opened.quote.totals);
    assert_eq!(loaded.quote.lines[0].id, opened.quote.lines[0].id);
    assert_eq!(loaded.quote.lines[0].item, stage.item(Goods::Plain));
    assert_eq!(loaded.agreed, Some(opened.quote.totals.total), "what was shown is remembered");
    let glanced = stage.connector().glance(&opened.id).await.unwrap();
    assert_eq!(glanced.quote.totals, opened.quote.totals);
}

pub(super) async fn every_call_may_happen_twice(stage: &impl Stage) {
    let connector = stage.connector();
    stage.set_stock(&stage.item(Goods::Counted), 5).await;
    let change = order(stage, vec![line(stage.item(Goods::Counted), 1)]);
    let (draft, other) =
        (connector.open(&change).await.unwrap(), connector.open(&change).await.unwrap());
    assert_ne!(draft.id, other.id, "two buyers may want the same");
    assert_eq!(draft.quote.totals, other.quote.totals);

    let more = Change { lines: Some(vec![line(stage.item(Goods::Counted), 2)]), ..change };
    let revised = connector.revise(&draft.id, &more).await.unwrap();
    let again = connector.revise(&draft.id, &more).await.unwrap();
    assert_eq!(revised.quote.totals, again.quote.totals, "a change is no addition");
    assert_eq!(again.quote.lines[0].quantity.get(), 2);

    let draft = connector.load(&draft.id).await.unwrap();
    let tie = commitment(&draft, "pay_1");
    for _ in 0..2 {
        let committed = connector.commit(&draft.id, &tie).await.unwrap();
        let DraftState::Committed { payment, total, memo } = committed.state else {
            panic!("{:?}", committed.state)
        };
        assert_eq!((&payment, total, memo.as_str()), (&tie.payment, tie.total, "a memo"));
    }
    for _ in 0..2 {
        assert_eq!(connector.hold(&draft.id).await.unwrap(), Hold::Held);
    }
    let order = connector.place(&draft.id, &tie).await.unwrap();
    let again = connector.place(&draft.id, &tie).await.unwrap();
    assert_eq!(order, again, "placing twice is the same order");
    assert_eq!(order.total, tie.total);
    assert_eq!(order.payment, tie.payment);
    assert_eq!(paid(stage).await, 1);
    assert_eq!(stage.stock(&stage.item(Goods::Counted)).await, 3, "the goods are taken once");
}

pub(super) async fn what_was_placed_stays_placed(stage: &impl Stage) {
    let connector = stage.connector();
    let draft = ready(stage, Goods::Plain, 2).await;
    let tie = commitment(&draft, "pay_1");
    connector.commit(&draft.id, &tie).await.unwrap();
    let order = connector.place(&draft.id, &tie).await.unwrap();
    for _ in 0..2 {
        let loaded = connector.load(&draft.id).await.unwrap();
        let DraftState::Placed(placed) = &loaded.state else { panic!("{:?}", loaded.state) };
        assert_eq!(placed.id, order.id);
        assert_eq!(placed.state, OrderState::Processing);
        assert_eq!(loaded.quote.totals, draft.quote.totals, "it is what was bought");
        assert_eq!(loaded.quote.lines[0].id, draft.quote.lines[0].id, "a line keeps its id");
    }
    let change = order_of(stage, 5);
    assert!(is_settled(&connector.revise(&draft.id, &change).await));
    assert!(is_settled(&connector.discard(&draft.id, &Facts::new()).await));
    assert!(is_settled(&connector.reopen(&draft.id, &tie, &Facts::new()).await));
    assert!(is_settled(&connector.commit(&draft.id, &commitment(&draft, "pay_2")).await));
    assert_eq!(paid(stage).await, 1);
    let ledger = stage.ledger().await;
    let entry = ledger.iter().find(|entry| entry.id == order.id).unwrap();
    assert_eq!((entry.total, entry.is_canceled), (tie.total, false));
}

fn order_of(stage: &impl Stage, quantity: u32) -> Change {
    order(stage, vec![line(stage.item(Goods::Plain), quantity)])
}

pub(super) async fn what_was_discarded_stays_discarded(stage: &impl Stage) {
    let connector = stage.connector();
    let draft = ready(stage, Goods::Plain, 1).await;
    let facts = Facts::from([("reason".to_owned(), "changed my mind".to_owned())]);
    for _ in 0..2 {
        let discarded = connector.discard(&draft.id, &facts).await.unwrap();
        assert_eq!(discarded.state, DraftState::Discarded);
    }
    let loaded = connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.state, DraftState::Discarded);
    assert_eq!(loaded.quote.lines.len(), 1, "what it was can still be read");
    assert_eq!(loaded.facts, facts);
    assert!(is_settled(&connector.revise(&draft.id, &order_of(stage, 2)).await));
    assert!(is_settled(&connector.commit(&draft.id, &commitment(&draft, "pay_1")).await));
    assert_eq!(paid(stage).await, 0);
}

pub(super) async fn a_commitment_can_be_taken_back(stage: &impl Stage) {
    let connector = stage.connector();
    let draft = ready(stage, Goods::Plain, 1).await;
    let tie = commitment(&draft, "pay_1");
    connector.commit(&draft.id, &tie).await.unwrap();
    assert!(is_settled(&connector.revise(&draft.id, &order_of(stage, 2)).await));
    assert!(is_settled(&connector.commit(&draft.id, &commitment(&draft, "pay_2")).await));
    for _ in 0..2 {
        let reopened = connector.reopen(&draft.id, &tie, &Facts::new()).await.unwrap();
        for open in [reopened, connector.load(&draft.id).await.unwrap()] {
            assert_open(&open);
            assert_eq!(open.quote.problems, [], "it can be bought as before");
            assert_eq!(open.quote.rates.len(), draft.quote.rates.len(), "it goes the same ways");
        }
    }
    let draft = connector.revise(&draft.id, &order_of(stage, 2)).await.unwrap();
    let tie = commitment(&draft, "pay_2");
    connector.commit(&draft.id, &tie).await.unwrap();
    let order = connector.place(&draft.id, &tie).await.unwrap();
    assert_eq!(order.payment, tie.payment);
    assert_eq!(order.total, draft.quote.totals.total);
    assert_eq!(paid(stage).await, 1);
}

pub(super) async fn another_instance_goes_on(stage: &impl Stage) {
    let draft = ready(stage, Goods::Plain, 1).await;
    let other = stage.another();
    let draft = other.revise(&draft.id, &order_of(stage, 3)).await.unwrap();
    assert_eq!(draft.quote.lines[0].quantity.get(), 3);
    let first = stage.connector().load(&draft.id).await.unwrap();
    assert_eq!(first.quote.totals, draft.quote.totals, "nobody believes an old memory");
    let tie = commitment(&first, "pay_1");
    stage.connector().commit(&draft.id, &tie).await.unwrap();
    let third = stage.another();
    let placed = third.place(&draft.id, &tie).await.unwrap();
    assert_eq!(stage.connector().place(&draft.id, &tie).await.unwrap().id, placed.id);
    assert_eq!(paid(stage).await, 1);
}

pub(super) async fn what_is_not_there_is_a_problem(stage: &impl Stage) {
    let plain = || line(stage.item(Goods::Plain), 1);
    let unknown = ["999999999", "nonsense", "0", "", "-1", "gid://x/Y/1 OR 1=1"].map(ItemId::new);
    for item in unknown {
        let change = order(stage, vec![plain(), line(item.clone(), 1)]);
        let draft = stage.connector().open(&change).await.unwrap();
        assert_eq!(kinds(&draft), [ProblemKind::UnknownItem], "{item:?}");
        assert_eq!(draft.quote.problems[0].subject, Subject::Item(item));
        assert_eq!(draft.quote.lines.len(), 1, "the rest stays");
    }
    let unsellable = stage.item(Goods::Unsellable);
    let change = order(stage, vec![plain(), line(unsellable.clone(), 1)]);
    let draft = stage.connector().open(&change).await.unwrap();
    assert_eq!(kinds(&draft), [ProblemKind::NotPurchasable]);
    assert_eq!(draft.quote.problems[0].subject, Subject::Item(unsellable));
    let text = &draft.quote.problems[0].text;
    assert!(!text.is_empty() && !text.contains(['<', '&']), "plain words: {text}");

    let empty = order(stage, vec![line(ItemId::new("999999999"), 1)]);
    let draft = stage.connector().open(&empty).await.unwrap();
    assert!(draft.quote.lines.is_empty());
    assert_eq!(kinds(&draft)[0], ProblemKind::UnknownItem);
    let filled = stage.connector().revise(&draft.id, &order_of(stage, 1)).await.unwrap();
    assert_eq!(filled.quote.problems, [], "a draft may begin empty");
    let gone = stage.connector().load(&crate::DraftId::new(*b"no draft")).await;
    assert!(matches!(gone, Err(ConnectorError::NotFound { .. })), "{gone:?}");
}

pub(super) async fn what_sold_out_is_not_committed(stage: &impl Stage) {
    let connector = stage.connector();
    let item = stage.item(Goods::Counted);
    stage.set_stock(&item, 2).await;
    let many = order(stage, vec![line(item.clone(), 3)]);
    let draft = connector.open(&many).await.unwrap();
    assert_eq!(kinds(&draft)[0], ProblemKind::QuantityExceeded);

    let draft = ready(stage, Goods::Counted, 2).await;
    let tie = commitment(&draft, "pay_1");
    stage.set_stock(&item, 0).await;
    let loaded = connector.load(&draft.id).await.unwrap();
    assert_eq!(kinds(&loaded)[0], ProblemKind::OutOfStock);
    let refused = connector.commit(&draft.id, &tie).await.unwrap();
    assert_open(&refused);
    assert!(!refused.quote.problems.is_empty());
    let none = order(stage, vec![line(item, 1)]);
    let draft = connector.open(&none).await.unwrap();
    assert_eq!(kinds(&draft)[0], ProblemKind::OutOfStock);
    assert_eq!(paid(stage).await, 0);
}

pub(super) async fn the_last_one_goes_to_one(stage: &impl Stage) {
    let connector = stage.connector();
    let item = stage.item(Goods::Counted);
    stage.set_stock(&item, 1).await;
    let (one, two) = (ready(stage, Goods::Counted, 1).await, ready(stage, Goods::Counted, 1).await);
    assert!(one.is_scarce && two.is_scarce);
    let (tie, other_tie) = (commitment(&one, "pay_1"), commitment(&two, "pay_2"));
    connector.commit(&one.id, &tie).await.unwrap();
    connector.commit(&two.id, &other_tie).await.unwrap();
    assert_eq!(connector.hold(&one.id).await.unwrap(), Hold::Held);
    assert_eq!(connector.hold(&two.id).await.unwrap(), Hold::SoldOut);
    connector.discard(&two.id, &Facts::new()).await.unwrap();
    connector.place(&one.id, &tie).await.unwrap();
    assert_eq!(stage.stock(&item).await, 0, "nobody has less than nothing");
    assert_eq!(paid(stage).await, 1);
}

pub(super) async fn another_price_is_never_committed(stage: &impl Stage) {
    let connector = stage.connector();
    let draft = ready(stage, Goods::Plain, 1).await;
    let tie = commitment(&draft, "pay_1");
    stage.set_price(&stage.item(Goods::Plain), 2_500).await;
    let refused = connector.commit(&draft.id, &tie).await.unwrap_err();
    let ConnectorError::PriceMoved { expected, actual } = refused else { panic!("{refused:?}") };
    assert_eq!(expected, tie.total);
    assert!(actual.minor() > expected.minor());
    let loaded = connector.load(&draft.id).await.unwrap();
    assert_open(&loaded);
    assert_eq!(loaded.quote.totals.total, actual, "what it costs now is shown");
    let tie = commitment(&loaded, "pay_1");
    connector.commit(&draft.id, &tie).await.unwrap();
    let order = connector.place(&draft.id, &tie).await.unwrap();
    assert_eq!(order.total, actual);
}

pub(super) async fn bad_addresses_name_their_part(stage: &impl Stage) {
    for (destination, part) in stage.bad_destinations() {
        let change = Change { destination: Patch::Set(destination), ..order_of(stage, 1) };
        let draft = stage.connector().open(&change).await.unwrap();
        let problem = &draft.quote.problems[0];
        assert_eq!(problem.kind, ProblemKind::Invalid, "{part}");
        assert_eq!(problem.subject, Subject::Address(Some(part)));
        let email = draft.buyer.map(|buyer| buyer.email);
        assert_eq!(email.as_deref(), Some("ada@example.com"), "the buyer is good by himself");
    }
}

pub(super) async fn a_place_without_delivery_is_restricted(stage: &impl Stage) {
    let change = Change {
        destination: Patch::Set(stage.destination(Place::Unserved)),
        ..order_of(stage, 1)
    };
    let draft = stage.connector().open(&change).await.unwrap();
    assert_eq!(kinds(&draft), [ProblemKind::RegionRestricted]);
    assert_eq!(draft.quote.rates, []);
    let back = stage.connector().revise(&draft.id, &order_of(stage, 1)).await.unwrap();
    assert_eq!(back.quote.problems, []);
}

pub(super) async fn a_rate_counts_only_when_it_is_selected(stage: &impl Stage) {
    let connector = stage.connector();
    let draft = ready(stage, Goods::Plain, 1).await;
    let shown: Vec<_> = draft
        .quote
        .rates
        .iter()
        .filter(|rate| rate.kind == RateKind::Shipping && !rate.selected)
        .cloned()
        .collect();
    let wanted = shown.first().unwrap();
    let choose = |rate: &RateId| Change { rates: Some(vec![rate.clone()]), ..Change::default() };
    for _ in 0..2 {
        let chosen = connector.revise(&draft.id, &choose(&wanted.id)).await.unwrap();
        let selected: Vec<_> = chosen.quote.rates.iter().filter(|rate| rate.selected).collect();
        assert_eq!(selected.len(), 1);
        assert_eq!(selected[0].id, wanted.id);
        assert_eq!(chosen.quote.totals.shipping, selected[0].price);
        assert_adds_up(&chosen.quote.totals, "chosen");
    }
    let bad = connector.revise(&draft.id, &choose(&RateId::new("no-such-rate"))).await.unwrap();
    assert_eq!(bad.quote.problems[0].subject, Subject::Rate);
    let loaded = connector.load(&draft.id).await.unwrap();
    let selected: Vec<_> = loaded.quote.rates.iter().filter(|rate| rate.selected).collect();
    assert_eq!(selected[0].id, wanted.id, "the earlier choice stays");
    let more = connector.revise(&draft.id, &order_of(stage, 9)).await.unwrap();
    let selected: Vec<_> = more.quote.rates.iter().filter(|rate| rate.selected).collect();
    assert_eq!(selected[0].id, wanted.id, "also when other rates come or go");
}

pub(super) async fn each_package_has_its_own_rate(stage: &impl Stage) {
    if !stage.split_packages().await {
        return;
    }
    let connector = stage.connector();
    let lines = vec![line(stage.item(Goods::Plain), 1), line(stage.item(Goods::Other), 1)];
    let draft = connector.open(&order(stage, lines)).await.unwrap();
    assert_eq!(draft.quote.problems, []);
    let second = &draft.quote.lines[1].id;
    let of_second = |rate: &&crate::Rate| rate.lines == [second.clone()];
    let wanted = draft
        .quote
        .rates
        .iter()
        .filter(of_second)
        .find(|rate| !rate.selected && rate.kind == RateKind::Shipping)
        .unwrap();
    let change = Change { rates: Some(vec![wanted.id.clone()]), ..Change::default() };
    let draft = connector.revise(&draft.id, &change).await.unwrap();
    let selected: Vec<_> = draft.quote.rates.iter().filter(|rate| rate.selected).collect();
    assert_eq!(selected.len(), 2, "one for each package");
    assert_eq!(selected.iter().filter(|rate| rate.id == wanted.id).count(), 1);
    let sum: i64 = selected.iter().map(|rate| rate.price.minor()).sum();
    assert_eq!(sum, draft.quote.totals.shipping.minor());
    assert_adds_up(&draft.quote.totals, "two packages");
    let tie = commitment(&draft, "pay_1");
    connector.commit(&draft.id, &tie).await.unwrap();
    assert_eq!(connector.place(&draft.id, &tie).await.unwrap().total, tie.total);
}

pub(super) async fn lines_replace_those_before(stage: &impl Stage) {
    let connector = stage.connector();
    let (plain, other) = (stage.item(Goods::Plain), stage.item(Goods::Other));
    let both = order(stage, vec![line(plain.clone(), 1), line(other.clone(), 1)]);
    let draft = connector.open(&both).await.unwrap();
    let change = Change { lines: Some(vec![line(other.clone(), 3)]), ..Change::default() };
    let draft = connector.revise(&draft.id, &change).await.unwrap();
    let lines: Vec<_> =
        draft.quote.lines.iter().map(|line| (line.item.clone(), line.quantity.get())).collect();
    assert_eq!(lines, [(other, 3)]);
    let twice = Change {
        lines: Some(vec![line(plain.clone(), 1), line(plain.clone(), 2)]),
        ..Change::default()
    };
    let draft = connector.revise(&draft.id, &twice).await.unwrap();
    let lines: Vec<_> =
        draft.quote.lines.iter().map(|line| (line.item.clone(), line.quantity.get())).collect();
    assert_eq!(lines, [(plain, 3)], "what is named twice is wanted twice");
}

pub(super) async fn codes_take_off_or_say_why(stage: &impl Stage) {
    let connector = stage.connector();
    let draft = ready(stage, Goods::Plain, 2).await;
    let codes = |codes: &[&str]| Change {
        codes: Some(codes.iter().map(|code| (*code).to_owned()).collect()),
        ..Change::default()
    };
    let good = stage.code();
    for _ in 0..2 {
        let change = codes(&[&good, "no-such-code"]);
        let cheaper = connector.revise(&draft.id, &change).await.unwrap();
        assert_eq!(cheaper.quote.codes.len(), 1);
        assert_eq!(cheaper.quote.codes[0].code, good);
        assert_eq!(cheaper.quote.codes[0].amount, cheaper.quote.totals.items_discount);
        assert!(cheaper.quote.totals.items_discount.minor() > 0);
        assert_eq!(kinds(&cheaper), [ProblemKind::CodeRefused(CodeRefusal::Invalid)]);
        let subject = Subject::Code("no-such-code".to_owned());
        assert_eq!(cheaper.quote.problems[0].subject, subject);
        assert_adds_up(&cheaper.quote.totals, "with a code");
    }
    let loaded = connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.quote.problems, [], "a refused code is no obstacle");
    let plain = connector.revise(&draft.id, &codes(&[])).await.unwrap();
    assert_eq!(plain.quote.codes, []);
    assert_eq!(plain.quote.totals, draft.quote.totals);
}

pub(super) async fn digital_goods_need_no_place(stage: &impl Stage) {
    let connector = stage.connector();
    let change = Change {
        destination: Patch::Keep,
        ..order(stage, vec![line(stage.item(Goods::Digital), 1)])
    };
    let draft = connector.open(&change).await.unwrap();
    assert_eq!(draft.quote.problems, []);
    assert!(!draft.quote.needs_shipping && draft.quote.is_final);
    assert_eq!(draft.quote.rates, []);
    assert!(draft.quote.totals.shipping.is_zero());
    let tie = commitment(&draft, "pay_1");
    connector.commit(&draft.id, &tie).await.unwrap();
    connector.place(&draft.id, &tie).await.unwrap();
    assert_eq!(paid(stage).await, 1);
}

pub(super) async fn what_costs_nothing_is_ordered(stage: &impl Stage) {
    let connector = stage.connector();
    let item = stage.item(Goods::Digital);
    stage.set_price(&item, 0).await;
    let draft = connector.open(&order(stage, vec![line(item, 1)])).await.unwrap();
    assert_eq!(draft.quote.problems, []);
    assert!(draft.quote.totals.total.is_zero());
    let tie = Commitment { payment: None, ..commitment(&draft, "") };
    for _ in 0..2 {
        let committed = connector.commit(&draft.id, &tie).await.unwrap().state;
        assert!(matches!(committed, DraftState::Committed { payment: None, .. }), "{committed:?}");
    }
    let order = connector.place(&draft.id, &tie).await.unwrap();
    assert_eq!(connector.place(&draft.id, &tie).await.unwrap(), order);
    assert_eq!(order.payment, None);
    let loaded = connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.state, DraftState::Placed(order));
}

pub(super) async fn who_picks_up_knows_where(stage: &impl Stage) {
    let connector = stage.connector();
    let draft = ready(stage, Goods::Plain, 1).await;
    let pickup = draft
        .quote
        .rates
        .iter()
        .find_map(|rate| match &rate.kind {
            RateKind::Pickup(place) => Some((rate.id.clone(), place.clone())),
            RateKind::Shipping => None,
        })
        .unwrap();
    assert!(!pickup.1.line_one.is_empty() && !pickup.1.country.is_empty(), "{:?}", pickup.1);
    let change = Change { rates: Some(vec![pickup.0]), ..Change::default() };
    let draft = connector.revise(&draft.id, &change).await.unwrap();
    assert!(draft.quote.totals.shipping.is_zero());
    assert_adds_up(&draft.quote.totals, "picked up");
    let tie = commitment(&draft, "pay_1");
    connector.commit(&draft.id, &tie).await.unwrap();
    connector.place(&draft.id, &tie).await.unwrap();
    let placed = connector.load(&draft.id).await.unwrap();
    assert!(placed.quote.rates.iter().any(|rate| matches!(rate.kind, RateKind::Pickup(_))));
}

pub(super) async fn notes_and_facts_are_kept(stage: &impl Stage) {
    let connector = stage.connector();
    let facts = Facts::from([("affiliate".to_owned(), "{\"id\":\"a&b\"}".to_owned())]);
    let change = Change {
        note: Patch::Set("Ring twice <please> & wait".to_owned()),
        facts: facts.clone(),
        ..order_of(stage, 1)
    };
    let draft = connector.open(&change).await.unwrap();
    let later = Facts::from([("intent".to_owned(), "gift".to_owned())]);
    let change = Change { facts: later.clone(), ..Change::default() };
    let draft = connector.revise(&draft.id, &change).await.unwrap();
    let all: Facts = facts.into_iter().chain(later).collect();
    let tie = commitment(&draft, "pay_1");
    let loaded = connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.facts, all);
    assert_eq!(loaded.note.as_deref(), Some("Ring twice <please> & wait"));
    connector.commit(&draft.id, &tie).await.unwrap();
    connector.place(&draft.id, &tie).await.unwrap();
    let placed = stage.another().load(&draft.id).await.unwrap();
    assert_eq!(placed.facts, all);
    assert_eq!(placed.note.as_deref(), Some("Ring twice <please> & wait"));
}

pub(super) async fn money_is_exact(stage: &impl Stage) {
    let connector = stage.connector();
    for code in ["USD", "JPY", "KWD"] {
        stage.set_currency(code).await;
        // A connector may have learned the currency once.
        let fresh = stage.another();
        let draft = fresh.open(&order_of(stage, 3)).await.unwrap();
        assert_eq!(draft.quote.currency, Currency::from_code(code).unwrap());
        assert_adds_up(&draft.quote.totals, code);
        let tie = commitment(&draft, &format!("pay_{code}"));
        connector.commit(&draft.id, &tie).await.unwrap();
        let order = connector.place(&draft.id, &tie).await.unwrap();
        assert_eq!(order.total, tie.total, "{code}");
        let ledger = stage.ledger().await;
        let entry = ledger.iter().find(|entry| entry.id == order.id).unwrap();
        assert_eq!(entry.total, tie.total, "{code}: the platform's own books say the same");
    }
}

pub(super) async fn sales_are_told(stage: &impl Stage) {
    let connector = stage.connector();
    let draft = ready(stage, Goods::Plain, 2).await;
    ready(stage, Goods::Other, 1).await;
    let tie = commitment(&draft, "pay_1");
    connector.commit(&draft.id, &tie).await.unwrap();
    let since = Timestamp::UNIX_EPOCH;
    assert!(connector.sales_since(since).await.unwrap().is_empty(), "nothing is paid yet");
    let order = connector.place(&draft.id, &tie).await.unwrap();
    for _ in 0..2 {
        let sales = connector.sales_since(since).await.unwrap();
        assert_eq!(sales.len(), 1, "what was not bought is no sale");
        assert_eq!(sales[0].order.id, order.id);
        assert_eq!((&sales[0].session, &sales[0].agent), (&tie.session, &tie.agent));
        assert_eq!(sales[0].quote.totals.total, tie.total);
    }
}

pub(super) async fn hooks_are_made_once(stage: &impl Stage) {
    let connector = stage.connector();
    let target = HookTarget {
        url: "https://bridge.example/hooks/shop".to_owned(),
        secret: "a secret of the contract".to_owned(),
    };
    let before = connector.hooks(&target).await.unwrap();
    assert!(before.iter().all(|hook| hook.state == HookState::Missing));
    for _ in 0..2 {
        connector.repair_hooks(&target).await.unwrap();
    }
    let made = connector.hooks(&target).await.unwrap();
    assert!(made.iter().all(|hook| hook.state == HookState::Active));
    assert_eq!(connector.remove_hooks(&target).await.unwrap(), made.len(), "none is there twice");
    assert_eq!(connector.remove_hooks(&target).await.unwrap(), 0);
    let forged = connector.hear(&|_| None, br#"{"id":1}"#, &target.secret);
    assert_eq!(forged, Err(Forged), "what nobody has signed nobody hears");
}

pub(super) async fn looking_changes_nothing(stage: &impl Stage) {
    let connector = stage.connector();
    connector.check().await;
    assert_eq!(stage.ledger().await, [], "a check makes nothing");
    connector.rehearse().await;
    let ledger = stage.ledger().await;
    assert!(ledger.iter().all(|entry| entry.is_canceled && !entry.is_paid), "{ledger:?}");
}
