use std::{collections::BTreeMap, sync::Arc};

use commerce::{
    AgeGroup, Availability, Category, Choice, Condition, Currency, Decimal, Details, Dimensions,
    Exclusion, Gender, Image, ItemId, LengthUnit, Listed, Money, Product, ProductId, ProductKind,
    Quantity, Question, Rating, Related, Relation, Review, ShippingPrice, Taxonomy, Trait,
    UnitPricing, Variant, Weight, WeightUnit,
};
use jiff::Timestamp;

use crate::{Catalog, Snapshot, chunk::GROUPS_MAX, group::GROUP_MAX};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A simple product.
fn simple(id: u64, price: i64) -> Product {
    let title = format!("Thing {id}");
    let item = ItemId::new(id.to_string());
    let variant = Variant::new(item, title.clone(), Money::new(price, Currency::USD));
    Product {
        description: format!("What thing {id} is, in a few words that others have too."),
        variants: vec![variant],
        ..Product::new(ProductId::new(id.to_string()), ProductKind::Simple, title)
    }
}

/// A product with variants of their own.
fn variable(id: u64, items: &[u64]) -> Product {
    let one = simple(id, 100);
    let variants = items
        .iter()
        .map(|item| Variant { item: ItemId::new(item.to_string()), ..one.variants[0].clone() });
    Product { kind: ProductKind::Variable, variants: variants.collect(), ..one }
}

/// A product of which everything is known.
fn full() -> Product {
    let details = Details {
        condition: Some(Condition::Refurbished),
        weight: Some(Weight { value: Decimal::new(125, 2), unit: WeightUnit::Pound }),
        dimensions: Some(Dimensions {
            length: Some(Decimal::new(1, 1)),
            width: None,
            height: Some(Decimal::TEN),
            unit: LengthUnit::Inch,
        }),
        material: Some("Linen".to_owned()),
        color: Some("Blue".to_owned()),
        size: Some("M".to_owned()),
        size_system: Some("EU".to_owned()),
        gender: Some(Gender::Unisex),
        age_group: Some(AgeGroup::Kids),
        traits: vec![Trait { name: "Fit".to_owned(), values: vec!["Slim".to_owned()] }],
        meta: BTreeMap::from([("_warranty".to_owned(), "2 years".to_owned())]),
    };
    let price = Money::new(1999, Currency::KWD);
    let amount = |value| Quantity { value, unit: "ml".to_owned() };
    let variant = Variant {
        description: Some("Its own words".to_owned()),
        options: vec![Choice { name: "Size".to_owned(), value: None }],
        sku: Some("SKU".to_owned()),
        gtin: Some("4006381333931".to_owned()),
        mpn: Some("MPN".to_owned()),
        sale_price: Some(Money::new(999, Currency::KWD)),
        sale_start: Some(at(1_000)),
        sale_end: Some(at(2_000)),
        unit_pricing: Some(UnitPricing {
            measure: amount(Decimal::from(750)),
            base: amount(Decimal::ONE_HUNDRED),
        }),
        tax_class: Some("reduced-rate".to_owned()),
        availability: Availability::PreOrder,
        available_at: Some(at(3_000)),
        expires_at: Some(at(4_000)),
        quantity: Some(-3),
        takes_backorders: true,
        needs_subscription: true,
        image: Some(Image {
            alt: Some("Front".to_owned()),
            size: Some((800, 600)),
            ..Image::new("https://a")
        }),
        url: "https://shop.example/?a=b".to_owned(),
        is_digital: true,
        shipping: Arc::new([ShippingPrice {
            country: "DE".to_owned(),
            region: Some("BY".to_owned()),
            service: "Post".to_owned(),
            price,
        }]),
        details: details.clone(),
        ..Variant::new(ItemId::new("gid://x/1"), "Tee – Blue", price)
    };
    Product {
        description_html: Some("<p>Words</p>".to_owned()),
        url: "https://shop.example/tee".to_owned(),
        images: vec![Image::new("https://b")],
        videos: vec!["https://c".to_owned()],
        models: vec!["https://d".to_owned()],
        brand: Some("Maker".to_owned()),
        categories: vec![Category { path: vec!["A".to_owned()], taxonomy: Taxonomy::Google }],
        product_type: Some("Tee".to_owned()),
        tags: vec!["new".to_owned()],
        details,
        rating: Some(Rating { mean: Decimal::new(45, 1), count: 3 }),
        reviews: vec![Review { title: None, text: "Good".to_owned(), rating: Some(5) }],
        questions: vec![Question { question: "Q".to_owned(), answer: "A".to_owned() }],
        related: vec![Related { product: ProductId::new("2"), relation: Relation::PartOfSet }],
        sold: Some(7),
        is_gift_card: true,
        created_at: Some(at(5)),
        updated_at: Some(at(6)),
        variants: vec![variant],
        exclusion: Some(Exclusion::Hidden),
        ..Product::new(ProductId::new("gid://x/9"), ProductKind::Other, "Tee")
    }
}

fn read(catalog: &Catalog, products: &[Product], at: Timestamp) -> usize {
    catalog.begin(at);
    for page in products.chunks(100) {
        catalog.add(page);
    }
    catalog.finish(true)
}

fn filled(products: &[Product]) -> Catalog {
    let catalog = Catalog::new();
    read(&catalog, products, at(10));
    catalog
}

fn ids(snapshot: &Snapshot) -> Vec<u64> {
    snapshot.iter().map(|entry| entry.id().as_str().parse().unwrap()).collect()
}

#[test]
fn nothing_of_a_product_is_lost() {
    let catalog = filled(&[full(), simple(5, 100)]);
    let snapshot = catalog.snapshot().unwrap();
    assert_eq!(snapshot.product(&ProductId::new("gid://x/9")), Some(full()));
    assert_eq!(snapshot.product_of(&ItemId::new("gid://x/1")), Some(full()));
    assert_eq!(snapshot.product(&ProductId::new("5")), Some(simple(5, 100)));
    assert_eq!(snapshot.product(&ProductId::new("05")), None, "another text is another id");
}

#[test]
fn it_is_shown_when_all_of_it_was_read() {
    let catalog = Catalog::new();
    catalog.begin(at(10));
    catalog.add(&[simple(1, 100)]);
    assert!(catalog.snapshot().is_none(), "half a catalog is none");
    assert_eq!(catalog.patch(&[(ProductId::new("2"), Some(simple(2, 1)))]), 0);
    catalog.add(&[simple(3, 100)]);
    catalog.finish(true);
    let snapshot = catalog.snapshot().unwrap();
    assert_eq!(ids(&snapshot), [1, 3]);
    assert_eq!((snapshot.taken_at(), snapshot.as_of()), (at(10), at(10)));
    catalog.checked(at(20));
    let later = catalog.snapshot().unwrap();
    assert_eq!((later.taken_at(), later.as_of()), (at(10), at(20)));
    assert_eq!(later.revision(), snapshot.revision(), "nothing has changed");
}

#[test]
fn who_reads_keeps_what_was_there() {
    let catalog = filled(&(1..=1_000).map(|id| simple(id, 100)).collect::<Vec<_>>());
    let before = catalog.snapshot().unwrap();
    let news = [
        (ProductId::new("500"), Some(simple(500, 5))),
        (ProductId::new("7"), None),
        (ProductId::new("2000"), Some(simple(2000, 1))),
        (ProductId::new("404"), Some(simple(404, 100))),
        (ProductId::new("9999"), None),
    ];
    assert_eq!(catalog.patch(&news), 3, "one is as it was, and one was never there");
    let after = catalog.snapshot().unwrap();
    assert_eq!((before.len(), after.len()), (1_000, 1_000));
    let price = |of: &Snapshot| of.product(&ProductId::new("500")).unwrap().variants[0].price;
    assert_eq!((price(&before).minor(), price(&after).minor()), (100, 5));
    assert!(before.product(&ProductId::new("7")).is_some());
    assert!(after.product(&ProductId::new("7")).is_none());
    let shared =
        after.groups().filter(|group| before.groups().any(|old| Arc::ptr_eq(old, group))).count();
    assert!(shared + 4 >= after.groups().count(), "all other groups are the same ones: {shared}");
    let changed: Vec<u64> = after
        .iter()
        .filter(|entry| entry.revision() > before.revision())
        .map(|entry| entry.id().as_str().parse().unwrap())
        .collect();
    assert_eq!(changed, [500, 2000]);
}

#[test]
fn a_reading_takes_out_what_it_has_not_seen_and_nothing_that_was_told_since() {
    let catalog = filled(&[simple(1, 100), simple(2, 100), simple(3, 100)]);
    let before = catalog.snapshot().unwrap();
    catalog.begin(at(50));
    catalog.add(&[simple(1, 100)]);
    catalog.patch(&[(ProductId::new("4"), Some(simple(4, 100)))]);
    catalog.add(&[simple(3, 100)]);
    assert_eq!(catalog.finish(true), 1);
    let after = catalog.snapshot().unwrap();
    assert_eq!(ids(&after), [1, 3, 4]);
    let revision = |of: &Snapshot| of.iter().next().unwrap().revision();
    assert_eq!(revision(&before), revision(&after), "what is as it was is not changed");
}

#[test]
fn a_reading_does_not_bring_back_what_was_newer() {
    let dated = |price, second| Product { updated_at: Some(at(second)), ..simple(1, price) };
    let catalog = filled(&[dated(100, 60)]);
    let price = |catalog: &Catalog| {
        catalog.snapshot().unwrap().iter().next().unwrap().read().variants[0].price.minor()
    };
    catalog.begin(at(70));
    catalog.patch(&[(ProductId::new("1"), Some(dated(300, 80)))]);
    catalog.add(&[dated(200, 75)]);
    catalog.finish(true);
    assert_eq!(price(&catalog), 300);
    // A store that was restored from a backup is believed all the same.
    read(&catalog, &[dated(50, 20)], at(90));
    assert_eq!(price(&catalog), 50);
}

#[test]
fn a_variant_leads_to_its_product_for_as_long_as_it_belongs_to_it() {
    let catalog = filled(&[variable(1, &[10, 11]), simple(2, 100)]);
    let owner = |item: u64| {
        let snapshot = catalog.snapshot().unwrap();
        snapshot.owner(&ItemId::new(item.to_string())).map(|entry| entry.id().to_string())
    };
    assert_eq!((owner(10).as_deref(), owner(11).as_deref()), (Some("1"), Some("1")));
    assert_eq!(owner(2).as_deref(), Some("2"));
    assert_eq!(owner(1), None, "the product itself is not what is bought");
    // One goes, and one moves over.
    catalog.patch(&[
        (ProductId::new("1"), Some(variable(1, &[11, 12]))),
        (ProductId::new("3"), Some(variable(3, &[10]))),
    ]);
    assert_eq!(owner(10).as_deref(), Some("3"));
    assert_eq!(owner(12).as_deref(), Some("1"));
    catalog.patch(&[(ProductId::new("1"), None)]);
    assert_eq!((owner(11), owner(12)), (None, None));
}

#[test]
fn ids_alone_tell_what_is_gone_and_what_is_new() {
    let catalog = filled(&[variable(1, &[10, 11]), simple(2, 100), simple(3, 100)]);
    let listed = |id: &str, variants: &[&str]| Listed {
        product: ProductId::new(id),
        variants: variants.iter().map(|item| ItemId::new(*item)).collect(),
    };
    catalog.begin(at(20));
    // 13 has no price and was never shown: no reason to read it again and again.
    let same = catalog.see(&[listed("1", &["10", "11", "13"]), listed("2", &[])]);
    assert_eq!(same, []);
    let other = catalog.see(&[listed("1", &["11"]), listed("9", &[])]);
    assert_eq!(other, [ProductId::new("1"), ProductId::new("9")]);
    assert_eq!(catalog.finish(false), 1);
    let snapshot = catalog.snapshot().unwrap();
    assert_eq!(ids(&snapshot), [1, 2]);
    assert_eq!(snapshot.taken_at(), at(10), "ids say nothing of changes");
}

#[test]
fn what_has_changed_since_is_told_and_nothing_else() {
    let catalog = filled(&(1..=500).map(|id| simple(id, 100)).collect::<Vec<_>>());
    let old = catalog.snapshot().unwrap();
    let id = |id: u64| ProductId::new(id.to_string());
    assert!(old.since(&old).is_empty());
    catalog.patch(&[
        (id(7), Some(simple(7, 200))),
        (id(8), Some(simple(8, 100))),
        (id(300), None),
        (id(501), Some(simple(501, 100))),
    ]);
    let new = catalog.snapshot().unwrap();
    let since = new.since(&old);
    let told: Vec<(&str, bool)> =
        since.iter().map(|(id, entry)| (id.as_str(), entry.is_some())).collect();
    assert_eq!(told, [("7", true), ("501", true), ("300", false)]);
    assert_eq!(since[0].1.unwrap().read().variants[0].price.minor(), 200);
    catalog.patch(&(1..=32).map(|one| (id(one), None)).collect::<Vec<_>>());
    let emptied = catalog.snapshot().unwrap();
    assert_eq!(emptied.since(&new).len(), 32, "a group of which nothing is left");
}

#[test]
fn what_there_is_can_be_counted() {
    let mut open = variable(1, &[10, 11]);
    open.variants[0].options = vec![Choice { name: "Size".to_owned(), value: None }];
    let mut branded = simple(2, 100);
    branded.brand = Some("Maker".to_owned());
    let hidden = |id| Product { exclusion: Some(Exclusion::Hidden), ..simple(id, 100) };
    let catalog = filled(&[open, branded, hidden(3), hidden(4)]);
    let summary = catalog.snapshot().unwrap().summary();
    assert_eq!((summary.products, summary.shown, summary.variants), (4, 2, 3));
    assert_eq!((summary.open, summary.without_brand), (1, 1));
    assert_eq!(summary.excluded, [(Exclusion::Hidden, 2)]);
}

/// What a few lines of chance give, the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// Against a map that is as simple as can be; with enough products that a dictionary is learned
/// twice on the way.
#[test]
fn any_number_of_changes_in_any_order_end_up_in_the_same_catalog() {
    for seed in 1..=3 {
        let mut chance = Chance(seed * 7919);
        let (catalog, mut model) = (filled(&[]), BTreeMap::new());
        let (mut earlier, mut earlier_model) = (catalog.snapshot().unwrap(), BTreeMap::new());
        for round in 0..60 {
            let mut news = Vec::new();
            for _ in 0..chance.below(400) {
                let id = 1 + chance.below(9_000);
                let product = match chance.below(10) {
                    0..=2 => None,
                    3..=4 => Some(variable(id, &[100_000 + id * 2, 100_001 + id * 2])),
                    _ => Some(simple(id, i64::try_from(chance.below(5)).unwrap())),
                };
                match &product {
                    Some(product) => drop(model.insert(id, product.clone())),
                    None => drop(model.remove(&id)),
                }
                news.push((ProductId::new(id.to_string()), product));
            }
            catalog.patch(&news);
            if round % 20 == 19 {
                let snapshot = catalog.snapshot().unwrap();
                assert!(ids(&snapshot).iter().eq(model.keys()), "seed {seed}, round {round}");
                assert!(snapshot.iter().zip(model.values()).all(|(e, known)| e.read() == *known));
                assert!(snapshot.groups().all(|group| (1..=GROUP_MAX).contains(&group.len())));
                let groups = snapshot.chunks.iter().map(|chunk| chunk.groups().len());
                assert!(groups.clone().all(|groups| (1..=GROUPS_MAX).contains(&groups)));
                assert!(groups.count() > 1, "one chunk does not hold them all");
                assert_eq!(snapshot.len(), model.len());
                let told: BTreeMap<u64, Option<Product>> = snapshot
                    .since(&earlier)
                    .into_iter()
                    .map(|(id, entry)| {
                        (id.as_str().parse().unwrap(), entry.map(|entry| entry.read()))
                    })
                    .collect();
                assert!(told.iter().all(|(id, product)| product.as_ref() == model.get(id)));
                let differs = |id: &u64| model.get(id) != earlier_model.get(id);
                assert!((1..=9_000).filter(differs).all(|id| told.contains_key(&id)));
                (earlier, earlier_model) = (Arc::clone(&snapshot), model.clone());
                for (id, product) in &model {
                    let item = &product.variants[0].item;
                    assert_eq!(
                        snapshot.owner(item).map(|entry| entry.id()),
                        Some(product.id.clone()),
                        "{id}"
                    );
                }
            }
        }
    }
}
