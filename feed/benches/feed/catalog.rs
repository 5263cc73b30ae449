//! A catalog of distinct products with English texts, always the same.

use std::{collections::BTreeMap, sync::Arc};

use commerce::{
    AgeGroup, Category, Choice, Condition, Currency, Decimal, Details, Dimensions, Gender, Image,
    ItemId, LengthUnit, Money, Product, ProductId, ProductKind, Quantity, Question, Rating,
    Related, Relation, Review, ShippingPrice, Storefront, Taxonomy, Trait, UnitPricing, Variant,
    Weight, WeightUnit,
};
use feed::{Plan, Settings};

const WORDS: &str = "linen shirt relaxed buttons corozo washed before cut keeps its shape soft \
    against the skin made in small runs by people who know their trade with care for detail and \
    every seam is sewn twice so that it lasts for years of daily wear in summer heat or under a \
    coat when winter comes again colors stay deep after many washes hang to dry iron while damp \
    the collar stands without a tie sleeves roll up well pockets hold a pen and a pair of glasses \
    sizes run true choose your usual one or go up for an easy fit over a tee goes with denim wool";

/// Numbers that look random and never change.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    fn words(&mut self, all: &[&str], count: u64) -> String {
        let mut text = String::new();
        for at in 0..count {
            let len = all.len() as u64;
            let word = usize::try_from(self.below(len)).map_or("", |at| all[at]);
            if at > 0 {
                text.push_str(if self.below(12) == 0 { ". " } else { " " });
            }
            text.push_str(word);
        }
        text
    }
}

pub(crate) fn plan() -> Arc<Plan> {
    let settings: Settings = toml::from_str(
        r#"
        net_weight = true
        product_dimensions = true
        [defaults]
        is_eligible_checkout = true
        is_ads_eligible = true
        target_countries = ["US"]
        accepts_returns = true
        accepts_exchanges = false
        return_deadline_in_days = 30
        store_review_count = 880
        store_star_rating = "4.61"
        "#,
    )
    .expect("a configuration");
    let url = |path: &str| Some(format!("https://shop.example/{path}"));
    let storefront = Storefront {
        name: Some("Kattegat Wear".to_owned()),
        url: url(""),
        country: Some("US".to_owned()),
        privacy_url: url("privacy"),
        terms_url: url("terms"),
        returns_url: url("returns"),
        ..Storefront::default()
    };
    Arc::new(Plan::new(&settings, storefront).expect("a configuration"))
}

/// One product with one variant; about sixty of the 81 columns are filled.
pub(crate) fn product(id: u64, price: i64) -> Product {
    let all: Vec<&str> = WORDS.split_whitespace().collect();
    let mut dice = Dice::new(id + 1);
    let title = dice.words(&all, 7);
    let choice =
        |name: &str, value: &str| Choice { name: name.to_owned(), value: Some(value.to_owned()) };
    let color = dice.words(&all, 1);
    let measure =
        |value, unit: &str| Quantity { value: Decimal::from(value), unit: unit.to_owned() };
    let picture = |at: u64| {
        Image::new(format!("https://cdn.shop.example/wp-content/uploads/2026/11/{id}-{at}.jpg"))
    };
    let variant = Variant {
        options: vec![choice("Color", &color), choice("Size", "M")],
        sku: Some(format!("SKU-{id}")),
        gtin: Some(gtin(id)),
        mpn: Some(format!("LS-{id}-M")),
        sale_price: Some(Money::new(price * 3 / 4, Currency::USD)),
        sale_start: "2026-11-20T00:00:00Z".parse().ok(),
        sale_end: "2026-11-30T23:59:59Z".parse().ok(),
        unit_pricing: Some(UnitPricing { measure: measure(750, "ml"), base: measure(100, "ml") }),
        quantity: i64::try_from(dice.below(90)).ok(),
        image: Some(picture(0)),
        url: format!(
            "https://shop.example/product/{}?variant={id}",
            title.replace([' ', '.'], "-")
        ),
        shipping: Arc::from([ShippingPrice {
            country: "US".to_owned(),
            region: None,
            service: "Ground".to_owned(),
            price: Money::new(650, Currency::USD),
        }]),
        ..Variant::new(
            ItemId::new(format!("{}", id + 5_000_000)),
            format!("{title} - {color}, M"),
            Money::new(price, Currency::USD),
        )
    };
    let steps = ["Clothing", "Shirts", "Linen"].map(str::to_owned).to_vec();
    let hundredths = |number: u64, scale| Decimal::new(i64::try_from(number).unwrap_or(1), scale);
    Product {
        description: dice.words(&all, 200),
        url: format!("https://shop.example/product/{id}"),
        images: (0..4).map(picture).collect(),
        videos: vec![format!("https://video.shop.example/{id}.mp4")],
        models: vec![format!("https://cdn.shop.example/models/{id}.glb")],
        brand: Some("Kattegat".to_owned()),
        categories: vec![Category { path: steps, taxonomy: Taxonomy::Store }],
        details: Details {
            condition: Some(Condition::New),
            weight: Some(Weight {
                value: hundredths(dice.below(900) + 1, 2),
                unit: WeightUnit::Kilogram,
            }),
            dimensions: Some(Dimensions {
                length: Some(hundredths(dice.below(900) + 1, 1)),
                width: Some(hundredths(dice.below(900) + 1, 1)),
                height: Some(hundredths(dice.below(900) + 1, 1)),
                unit: LengthUnit::Centimeter,
            }),
            size_system: Some("US".to_owned()),
            gender: Some(Gender::Unisex),
            age_group: Some(AgeGroup::Adult),
            traits: vec![Trait { name: "Material".to_owned(), values: vec!["Linen".to_owned()] }],
            meta: BTreeMap::new(),
            ..Details::default()
        },
        rating: Some(Rating { mean: hundredths(dice.below(500), 2), count: dice.below(900) + 1 }),
        reviews: vec![Review {
            title: Some(dice.words(&all, 3)),
            text: dice.words(&all, 20),
            rating: Some(5),
        }],
        questions: vec![Question { question: dice.words(&all, 6), answer: dice.words(&all, 12) }],
        related: (1..4)
            .map(|step| Related {
                product: ProductId::new(format!("{}", id + step)),
                relation: Relation::OftenBoughtWith,
            })
            .collect(),
        sold: Some(dice.below(10_000)),
        variants: vec![variant],
        ..Product::new(ProductId::new(format!("{}", id + 1_000_000)), ProductKind::Variable, title)
    }
}

/// A number with a right check digit.
fn gtin(id: u64) -> String {
    let body = format!("4{id:011}");
    let sum: u32 = body
        .bytes()
        .rev()
        .zip([3, 1].into_iter().cycle())
        .map(|(b, times)| u32::from(b - b'0') * times)
        .sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}
