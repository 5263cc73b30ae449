//! Opening, reading and changing a draft.

use commerce::{
    Change, CodeRefusal, Connector, ConnectorError, DraftState, Facts, Patch, ProblemKind, RateId,
    RateKind, Subject,
};
use emulators::faults::Fault;

use crate::stage::{Stage, ada, kinds, line, san_francisco, told};

#[tokio::test]
async fn a_draft_reads_back_as_it_was_opened() {
    let stage = Stage::start().await;
    let opened = stage.ready("20", 2).await;
    let loaded = stage.connector.load(&opened.id).await.unwrap();
    assert_eq!(loaded.buyer, Some(ada()));
    assert_eq!(loaded.destination, Some(san_francisco()));
    assert_eq!(loaded.order, opened.order);
    assert_eq!(loaded.quote.totals, opened.quote.totals);
    assert_eq!(loaded.agreed, Some(opened.quote.totals.total));
    assert_eq!(loaded.state, DraftState::Open);
    assert_eq!(loaded.id, opened.id);
}

#[tokio::test]
async fn before_an_address_nothing_is_final() {
    let stage = Stage::start().await;
    let change = Change { lines: Some(vec![line("20", 1)]), ..Change::default() };
    let draft = stage.connector.open(&change).await.unwrap();
    assert!(!draft.quote.is_final);
    assert_eq!(draft.quote.rates, []);
    assert_eq!(kinds(&draft), [ProblemKind::Missing, ProblemKind::Missing]);
}

#[tokio::test]
async fn what_cannot_be_had_is_a_problem() {
    let stage = Stage::start().await;
    for (item, quantity, kind) in [
        ("999999", 1, ProblemKind::UnknownItem),
        ("abc", 1, ProblemKind::UnknownItem),
        ("0", 1, ProblemKind::UnknownItem),
        ("40", 1, ProblemKind::NotPurchasable),
        ("39", 1, ProblemKind::NotPurchasable),
        ("18", 1, ProblemKind::NotPurchasable),
        ("31", 1, ProblemKind::NotPurchasable),
        ("3501", 1, ProblemKind::OutOfStock),
        ("3495", 2, ProblemKind::QuantityExceeded),
    ] {
        let draft = stage.open(&[("20", 1), (item, quantity)]).await;
        assert_eq!(draft.quote.problems[0].kind, kind, "{item}: {:?}", draft.quote.problems);
        assert_eq!(draft.quote.lines.len(), 1, "the rest stays");
    }
}

#[tokio::test]
async fn bad_addresses_name_their_part_and_keep_the_contact() {
    let stage = Stage::start().await;
    for (part, value) in [("country", "XX"), ("state", "ZZ"), ("postal_code", "!")] {
        let mut destination = san_francisco();
        let address = destination.address.as_mut().unwrap();
        match part {
            "country" => address.country = value.to_owned(),
            "state" => address.state = value.to_owned(),
            _ => address.postal_code = value.to_owned(),
        }
        let change = Change {
            lines: Some(vec![line("20", 1)]),
            destination: Patch::Set(destination),
            ..told()
        };
        let draft = stage.connector.open(&change).await.unwrap();
        let problem = &draft.quote.problems[0];
        assert_eq!(problem.kind, ProblemKind::Invalid, "{part}");
        assert_eq!(problem.subject, Subject::Address(Some(part)));
        assert_eq!(draft.buyer, Some(ada()), "the e-mail is good by itself");
    }
}

#[tokio::test]
async fn an_email_that_the_store_drops_is_noticed() {
    let stage = Stage::start().await;
    let buyer = Patch::Set(commerce::Buyer { email: "not an address".to_owned(), ..ada() });
    let change = Change { lines: Some(vec![line("20", 1)]), buyer, ..told() };
    let draft = stage.connector.open(&change).await.unwrap();
    assert!(
        draft.quote.problems.iter().any(|problem| problem.subject == Subject::Email),
        "{:?}",
        draft.quote.problems,
    );
}

#[tokio::test]
async fn an_email_of_the_recipient_that_the_store_drops_is_noticed_too() {
    let stage = Stage::start().await;
    let destination =
        commerce::Destination { email: "not an address".to_owned(), ..san_francisco() };
    let change = Change {
        lines: Some(vec![line("20", 1)]),
        destination: Patch::Set(destination),
        ..Change::default()
    };
    let draft = stage.connector.open(&change).await.unwrap();
    assert_eq!(kinds(&draft), [ProblemKind::Invalid]);
    assert_eq!(draft.quote.problems[0].subject, Subject::Email);
}

#[tokio::test]
async fn the_worst_problem_comes_first() {
    let stage = Stage::start().await;
    let draft = stage.ready("3495", 1).await;
    stage.store.set_stock(3495, 0);
    let change = Change { codes: Some(vec!["nonsense".to_owned()]), ..Change::default() };
    let draft = stage.revise(&draft, change).await;
    assert_eq!(
        kinds(&draft),
        [ProblemKind::OutOfStock, ProblemKind::CodeRefused(CodeRefusal::Invalid)]
    );
}

#[tokio::test]
async fn a_place_without_zone_is_restricted() {
    let stage = Stage::start().await;
    let mut destination = san_francisco();
    let address = destination.address.as_mut().unwrap();
    (address.country, address.state) = ("NZ".to_owned(), "AUK".to_owned());
    address.postal_code = "1010".to_owned();
    let draft = stage.ready("20", 1).await;
    let change = Change { destination: Patch::Set(destination), ..Change::default() };
    let draft = stage.revise(&draft, change).await;
    assert_eq!(kinds(&draft), [ProblemKind::RegionRestricted]);
}

fn chosen(draft: &commerce::Draft) -> Vec<&str> {
    let rates = draft.quote.rates.iter().filter(|rate| rate.selected);
    rates.map(|rate| rate.id.as_str()).collect()
}

#[tokio::test]
async fn a_choice_is_trusted_only_when_it_shows() {
    let stage = Stage::start().await;
    let choose = |rate: &str| Change { rates: Some(vec![RateId::new(rate)]), ..Change::default() };
    let draft = stage.ready("20", 1).await;
    let draft = stage.revise(&draft, choose("flat_rate:2")).await;
    assert_eq!(chosen(&draft), ["flat_rate:2"]);

    let draft = stage.revise(&draft, choose("flat_rate:99")).await;
    assert_eq!(kinds(&draft), [ProblemKind::Invalid]);
    assert_eq!(chosen(&draft), ["flat_rate:2"], "the store had reset it silently");

    let more = Change { lines: Some(vec![line("20", 5)]), ..Change::default() };
    let draft = stage.revise(&draft, more).await;
    assert_eq!(chosen(&draft), ["flat_rate:2"], "free shipping came and did not take it away");
}

#[tokio::test]
async fn who_picks_up_gets_the_stores_address_and_tax() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let rate = |rate: &&commerce::Rate| matches!(rate.kind, RateKind::Pickup(_));
    let pickup = draft.quote.rates.iter().find(rate).unwrap();
    let RateKind::Pickup(address) = &pickup.kind else { unreachable!() };
    assert_eq!(address.line_one, "215 Beacon Street");
    let change = Change { rates: Some(vec![pickup.id.clone()]), ..Change::default() };
    let draft = stage.revise(&draft, change).await;
    assert_eq!(draft.quote.totals.shipping.minor(), 0);
}

#[tokio::test]
async fn lines_and_codes_replace_those_before() {
    let stage = Stage::start().await;
    let draft = stage.open(&[("20", 1), ("21", 1)]).await;
    let change = Change {
        lines: Some(vec![line("21", 3), line("34", 1)]),
        codes: Some(vec!["SAVE10".to_owned(), "nonsense".to_owned()]),
        ..Change::default()
    };
    let draft = stage.revise(&draft, change).await;
    let lines: Vec<_> =
        draft.quote.lines.iter().map(|line| (line.item.as_str(), line.quantity.get())).collect();
    assert_eq!(lines, [("21", 3), ("34", 1)]);
    assert_eq!(draft.quote.codes[0].code, "save10");
    assert_eq!(kinds(&draft), [ProblemKind::CodeRefused(CodeRefusal::Invalid)]);

    let change = Change { codes: Some(Vec::new()), ..Change::default() };
    let draft = stage.revise(&draft, change).await;
    assert_eq!(draft.quote.codes, []);
    assert!(draft.quote.totals.items_discount.is_zero());
}

#[tokio::test]
async fn a_quantity_that_grows_too_large_keeps_the_earlier_one() {
    let stage = Stage::start().await;
    let draft = stage.ready("3495", 1).await;
    let change = Change { lines: Some(vec![line("3495", 9)]), ..Change::default() };
    let draft = stage.revise(&draft, change).await;
    assert_eq!(kinds(&draft), [ProblemKind::QuantityExceeded]);
    assert_eq!(draft.quote.lines[0].quantity.get(), 1);
}

#[tokio::test]
async fn a_note_is_kept_and_cleared() {
    let stage = Stage::start().await;
    let note = |note| Change { note, ..Change::default() };
    let draft = stage.ready("20", 1).await;
    let draft = stage.revise(&draft, note(Patch::Set("Ring twice".to_owned()))).await;
    assert_eq!(draft.note.as_deref(), Some("Ring twice"));
    let draft = stage.revise(&draft, note(Patch::Keep)).await;
    assert_eq!(draft.note.as_deref(), Some("Ring twice"));
    let draft = stage.revise(&draft, note(Patch::Clear)).await;
    assert_eq!(stage.connector.load(&draft.id).await.unwrap().note, None);
}

#[tokio::test]
async fn a_dead_cart_is_not_found() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    stage.store.expire_carts();
    let gone =
        |error: Result<_, ConnectorError>| matches!(error, Err(ConnectorError::NotFound { .. }));
    assert!(gone(stage.connector.load(&draft.id).await));
    assert!(gone(stage.connector.revise(&draft.id, &told()).await));
    assert!(gone(stage.connector.load(&commerce::DraftId::new(*b"nonsense")).await));
}

#[tokio::test]
async fn a_lost_batch_is_not_repeated() {
    let stage = Stage::start().await;
    stage.faults.next("POST", "/wp-json/wc/store/v1/batch", Fault::DropAfter);
    let change = Change { lines: Some(vec![line("20", 2)]), ..told() };
    let error = stage.connector.open(&change).await.unwrap_err();
    assert!(!error.had_no_effect(), "{error:?}");
    let batches = stage.store.calls();
    let batches =
        batches.iter().filter(|call| call.starts_with("POST ") && call.contains("/batch"));
    assert_eq!(batches.count(), 1);
}

#[tokio::test]
async fn a_change_whose_answer_was_lost_is_simply_sent_again() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    let change = || Change { lines: Some(vec![line("20", 2), line("21", 1)]), ..told() };
    stage.faults.next("POST", "/wp-json/wc/store/v1/batch", Fault::DropAfter);
    let error = stage.connector.revise(&draft.id, &change()).await.unwrap_err();
    assert!(!error.had_no_effect(), "{error:?}");

    stage.faults.next("GET", "/wp-json/wc/store/v1/checkout", Fault::DropAfter);
    for _ in 0..2 {
        let revised = stage.revise(&draft, change()).await;
        let quantities = revised.quote.lines.iter().map(|line| line.quantity.get());
        assert_eq!(quantities.collect::<Vec<_>>(), [2, 1], "nothing was added twice");
        assert_eq!(revised.order, draft.order);
    }
}

#[tokio::test]
async fn more_steps_than_a_batch_takes_are_split() {
    let stage = Stage::start().await;
    let lines = (1..=30).map(|item| line(&format!("9{item:05}"), 1)).chain([line("20", 1)]);
    let change = Change { lines: Some(lines.collect()), ..told() };
    let draft = stage.connector.open(&change).await.unwrap();
    assert_eq!(kinds(&draft), [ProblemKind::UnknownItem; 30]);
    assert_eq!(draft.quote.lines.len(), 1);
    let calls = stage.store.calls();
    let batches = calls.iter().filter(|call| call.starts_with("POST ") && call.contains("/batch"));
    assert_eq!(batches.count(), 2);
}

#[tokio::test]
async fn discarding_is_final_and_repeatable() {
    let stage = Stage::start().await;
    let draft = stage.ready("20", 1).await;
    for _ in 0..2 {
        let discarded = stage.connector.discard(&draft.id, &Facts::new()).await.unwrap();
        assert_eq!(discarded.state, DraftState::Discarded);
    }
    let loaded = stage.connector.load(&draft.id).await.unwrap();
    assert_eq!(loaded.state, DraftState::Discarded);
    assert_eq!(loaded.quote.lines.len(), 1, "what it was can still be read");
    assert_eq!(stage.store.cart_lines(), 0);
}

/// The store refuses with one code and in its owner's language; the coupons themselves say why.
#[tokio::test]
async fn refused_codes_are_told_apart_in_any_language() {
    for german in [false, true] {
        let stage = Stage::start().await;
        stage.store.speak_german(german);
        for (code, why) in [
            ("expired", CodeRefusal::Expired),
            ("min100", CodeRefusal::MinimumNotMet),
            ("nope", CodeRefusal::Invalid),
            ("gibt es nicht & nie", CodeRefusal::Invalid),
        ] {
            let change = Change {
                lines: Some(vec![line("20", 1)]),
                codes: Some(vec![code.to_owned()]),
                ..told()
            };
            let draft = stage.connector.open(&change).await.unwrap();
            assert_eq!(kinds(&draft), [ProblemKind::CodeRefused(why)], "{code} {german}");
        }
    }
}
