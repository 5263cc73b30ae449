//! Who is shown and who is sold, and why not.

use std::sync::Arc;

use commerce::Storefront;
use feed::{Gap, Plan, Profile, Reason, Refusal, Settings, Writer, explain};

use crate::catalog::{plan, products, storefront};

#[test]
fn every_no_has_its_reason() {
    let products = products();
    let writer = Writer::new(plan(), Profile::Google, feed::Format::Csv).unwrap();
    let reason = |id: &str| {
        let product = products.iter().find(|one| one.id.as_str() == id).unwrap();
        let segment = writer.segment(product);
        assert_eq!(segment.rows, 0, "{id}");
        segment.left_out[0].reason.to_string()
    };
    assert_eq!(reason("4790"), "it is hidden from the store's catalog");
    assert!(reason("4791").contains("without brand"), "{}", reason("4791"));
    assert_eq!(reason("4792"), "it is sold only to those who subscribe");
    assert!(reason("4793").contains("left open"), "{}", reason("4793"));
    assert!(reason("4794").contains("price (left out: a price is above zero)"));
    assert_eq!(reason("4799"), "rule 3 of the configuration says so");
}

#[test]
fn no_row_goes_without_its_seller() {
    let nameless = Storefront { name: None, ..storefront() };
    let plan = Arc::new(Plan::new(&Settings::default(), nameless).unwrap());
    let writer = Writer::new(plan, Profile::OpenAi, feed::Format::Jsonl).unwrap();
    let segment = writer.segment(&products()[0]);
    assert_eq!((segment.rows, segment.bytes.len()), (0, 0));
    let missing = vec![("seller_name", Gap::Unknown)];
    assert_eq!(segment.left_out[0].reason, Reason::Missing(missing));
}

#[test]
fn what_is_not_shown_says_so_where_it_can() {
    let products = products();
    let row = |id: &str| {
        let writer = Writer::new(plan(), Profile::OpenAi, feed::Format::Jsonl).unwrap();
        let product = products.iter().find(|one| one.id.as_str() == id).unwrap();
        String::from_utf8(writer.segment(product).bytes).unwrap()
    };
    for id in ["4792", "4793", "4799"] {
        assert!(row(id).starts_with(r#"{"is_eligible_search":false,"is_eligible_checkout":false"#));
    }
    assert_eq!(row("4790"), "", "what the store hides is in no feed");
}

#[test]
fn what_leaves_a_choice_open_says_how_it_is_ordered() {
    let products = products();
    let open = products.iter().find(|one| one.id.as_str() == "4793").unwrap();
    let row = |profile| {
        let writer = Writer::new(plan(), profile, feed::Format::Jsonl).unwrap();
        String::from_utf8(writer.segment(open).bytes).unwrap()
    };
    let how = "Color is left open: ask the buyer, and order 4793?Color=VALUE with";
    assert!(row(Profile::OpenAiExtended).contains(how), "{}", row(Profile::OpenAiExtended));
    assert!(row(Profile::OpenAi2025).contains(how));
    assert!(!row(Profile::OpenAi).contains(how), "today's contract has no field for it");
}

#[test]
fn a_filter_takes_a_brand_a_category_or_a_market() {
    use feed::Filter;

    let (brand, market) = (Some("kattegat".to_owned()), Some("us".to_owned()));
    let rows = |filter: Filter| -> u32 {
        let writer = Writer::new(plan(), Profile::OpenAi, feed::Format::Jsonl).unwrap();
        let writer = writer.only(filter);
        products().iter().map(|product| writer.segment(product).rows).sum()
    };
    let all = rows(Filter::default());
    assert!(Filter::default().is_empty() && all > 0);
    let by_brand = Filter { brand, ..Filter::default() };
    assert!((1..all).contains(&rows(by_brand.clone())), "{} of {all}", rows(by_brand));
    assert_eq!(rows(Filter { market, ..Filter::default() }), all);
    assert_eq!(rows(Filter { market: Some("JP".to_owned()), ..Filter::default() }), 0);
    let path = Some("Clothing > Shirts".to_owned());
    assert!((1..all).contains(&rows(Filter { category: path, ..Filter::default() })));
    let other = Some("Boats".to_owned());
    assert_eq!(rows(Filter { category: other, ..Filter::default() }), 0);
}

#[test]
fn nothing_is_sold_before_checkout_is_set_up() {
    let product = products().remove(1);
    let sold = |settings: &str, change: &dyn Fn(&mut Storefront)| {
        let settings: Settings = toml::from_str(settings).unwrap();
        let mut storefront = storefront();
        change(&mut storefront);
        let plan = Plan::new(&settings, storefront).unwrap();
        plan.item(&product, &product.variants[0]).check_checkout()
    };
    let on = "[defaults]\nis_eligible_checkout = true";
    assert_eq!(sold("", &|_| {}), Err(Refusal::NotConfigured));
    assert_eq!(sold(on, &|_| {}), Ok(()));
    assert_eq!(sold(on, &|store| store.terms_url = None), Err(Refusal::NoTerms));
    assert_eq!(sold(on, &|store| store.privacy_url = None), Err(Refusal::NoPrivacyPolicy));
    let hidden = format!("{on}\nis_eligible_search = false");
    assert_eq!(sold(&hidden, &|_| {}), Err(Refusal::NotShown));
}

#[test]
fn an_explanation_names_every_source_and_every_want() {
    let products = products();
    let shirt = explain(&plan(), Profile::OpenAiExtended, &products[0]);
    assert_eq!(shirt.items.len(), 3);
    assert!(shirt.items.iter().all(|item| item.fields.len() == 81));
    let because = |item: usize, column: &str| {
        let fields = &shirt.items[item].fields;
        fields.iter().find(|field| field.column == column).unwrap().because.clone()
    };
    assert_eq!(because(0, "price"), "the platform: variant.price");
    assert_eq!(because(0, "color"), r#"the product's trait "Color""#);
    assert_eq!(because(0, "material"), r#"the product's trait "Gewebe""#);
    assert_eq!(because(0, "condition"), "the configuration's default");
    assert_eq!(because(0, "pricing_trend"), "rule 1 of the configuration");
    assert_eq!(because(1, "sale_price"), "not for this item: it is not on sale");
    assert!(because(2, "gtin").contains("check digit"));
    let oil = explain(&plan(), Profile::OpenAi, &products[1]).to_string();
    assert!(oil.contains(r#"LO-750  (the added field "_mpn")"#), "{oil}");
    assert!(oil.contains("defaults.material"), "{oil}");
}

#[test]
fn left_out_rows_are_counted() {
    let writer = Writer::new(plan(), Profile::OpenAi, feed::Format::Jsonl).unwrap();
    let products = products();
    let preview = feed::preview(&writer, &products, 4);
    assert_eq!(preview.rows, 4);
    assert_eq!(preview.text.lines().count(), 4);
    let all = feed::preview(&writer, &products, feed::PREVIEW_ROWS);
    assert_eq!(all.rows, 8);
    let missing =
        all.left_out.iter().filter(|(_, one)| matches!(one.reason, Reason::Missing(_))).count();
    assert_eq!((all.left_out.len(), missing), (3, 2));
}
