//! An invented catalog in which every field that a platform can know is filled somewhere.

use std::sync::Arc;

use commerce::{
    AgeGroup, Availability, Category, Choice, Condition, Currency, Decimal, Details, Dimensions,
    Exclusion, Gender, Image, ItemId, LengthUnit, Money, Pickup, PickupMethod, Product, ProductId,
    ProductKind, Quantity, Question, Rating, Related, Relation, Review, ShippingPrice, Storefront,
    Taxonomy, Trait, UnitPricing, Variant, Weight, WeightUnit,
};
use feed::{Plan, Settings};

pub(crate) fn storefront() -> Storefront {
    Storefront {
        name: Some("Kattegat Wear".to_owned()),
        url: Some("https://shop.example".to_owned()),
        country: Some("US".to_owned()),
        countries: vec!["US".to_owned(), "CA".to_owned()],
        prices_include_tax: Some(false),
        privacy_url: Some("https://shop.example/privacy".to_owned()),
        terms_url: Some("https://shop.example/terms".to_owned()),
        returns_url: Some("https://shop.example/returns".to_owned()),
        pickup: Some(Pickup {
            method: PickupMethod::InStore,
            ready_in: Some("2 hours".to_owned()),
        }),
    }
}

pub(crate) fn settings() -> Settings {
    let text = r#"
        net_weight = true
        product_dimensions = true

        [defaults]
        condition = "new"
        is_eligible_checkout = true
        is_ads_eligible = true
        target_countries = ["US"]
        accepts_returns = true
        accepts_exchanges = false
        return_deadline_in_days = 30
        store_review_count = 880
        store_star_rating = "4.61"
        marketplace_seller = "Example Bazaar"
        delivery_estimate = "2026-12-04"
        applicable_taxes_fees = "7.00 USD"
        stripe_product_tax_code = "txcd_99999999"

        [meta]
        mpn = ["_mpn"]
        gtin = ["_ean"]
        warning = ["_warning"]

        [traits]
        material = ["Gewebe"]

        [[rules]]
        category = "Clothing"
        set = { pricing_trend = "Lowest price this quarter", ads_metadata = { custom_label_0 = "wear" }, custom_label_0 = "wear" }

        [[rules]]
        tag = "final-sale"
        set = { accepts_returns = false }

        [[rules]]
        product = "4799"
        set = { is_eligible_search = false }

        [[rules]]
        product = "4720"
        set = { age_restriction = 18, warning_url = "https://shop.example/warning", identifier_exists = false, geo_price = "84.00 USD (California)", geo_availability = "in_stock (Texas)", return_rate = "3%", subscription_cost = "month:12:30.00 USD" }
    "#;
    toml::from_str(text).unwrap()
}

pub(crate) fn plan() -> Arc<Plan> {
    Arc::new(Plan::new(&settings(), storefront()).unwrap())
}

pub(crate) fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::USD)
}

fn path(steps: &[&str], taxonomy: Taxonomy) -> Category {
    Category { path: steps.iter().map(|step| (*step).to_owned()).collect(), taxonomy }
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn choice(name: &str, value: &str) -> Choice {
    Choice { name: name.to_owned(), value: Some(value.to_owned()) }
}

fn shirt(id: &str, color: &str, size: &str, image: &str, gtin: &str) -> Variant {
    Variant {
        url: format!("https://shop.example/p/linen?variant={id}"),
        options: vec![choice("Color", color), choice("Size", size), choice("Sleeve", "Short")],
        sku: Some(format!("LS-{id}")),
        gtin: Some(gtin.to_owned()),
        mpn: Some(format!("204-{color}-{size}")),
        image: Some(Image::new(format!("https://cdn.example/{image}.jpg"))),
        quantity: Some(18),
        shipping: Arc::from([ShippingPrice {
            country: "US".to_owned(),
            region: None,
            service: "Ground".to_owned(),
            price: usd(650),
        }]),
        ..Variant::new(ItemId::new(id), format!("Linen shirt - {color}, {size}, Short"), usd(8900))
    }
}

/// A shirt in three variants, of which one is on sale and one comes later.
fn linen_shirt() -> Product {
    let sand = Variant {
        sale_price: Some(usd(6900)),
        sale_start: Some("2026-11-20T00:00:00Z".parse().unwrap()),
        sale_end: Some("2026-11-30T23:59:59Z".parse().unwrap()),
        ..shirt("4712", "Sand", "M", "ls-sand", "4006381333931")
    };
    let sea = Variant {
        availability: Availability::PreOrder,
        available_at: Some("2027-01-15T00:00:00Z".parse().unwrap()),
        quantity: Some(0),
        ..shirt("4713", "Sea, deep", "M", "ls-sea", "036000291452")
    };
    let ink = Variant {
        availability: Availability::Backorder,
        takes_backorders: true,
        quantity: Some(-2),
        ..shirt("4714", "Ink \"noir\"", "L", "ls-ink", "4006381333932")
    };
    Product {
        description: "Relaxed linen shirt with corozo buttons.\nMade in Göteborg; <cool> & \
                      \"crisp\"."
            .to_owned(),
        description_html: Some("<p>Relaxed linen shirt with corozo buttons.</p>".to_owned()),
        url: "https://shop.example/p/linen".to_owned(),
        images: vec![
            Image {
                url: "https://cdn.example/ls.jpg".to_owned(),
                alt: Some("A folded shirt".to_owned()),
                size: Some((1200, 1600)),
            },
            Image::new("https://cdn.example/ls-sand.jpg"),
            Image::new("https://cdn.example/ls-back.jpg?w=1,200"),
        ],
        videos: vec!["https://video.example/ls".to_owned()],
        models: vec!["https://cdn.example/ls.glb".to_owned()],
        brand: Some("Kattegat".to_owned()),
        categories: vec![
            path(&["Clothing", "Shirts", "Linen"], Taxonomy::Store),
            path(&["Apparel & Accessories", "Clothing"], Taxonomy::Google),
        ],
        tags: vec!["summer".to_owned()],
        details: Details {
            weight: Some(Weight { value: decimal("0.340"), unit: WeightUnit::Kilogram }),
            dimensions: Some(Dimensions {
                length: Some(decimal("31")),
                width: Some(decimal("22.5")),
                height: Some(decimal("4")),
                unit: LengthUnit::Centimeter,
            }),
            size_system: Some("EU".to_owned()),
            gender: Some(Gender::Unisex),
            age_group: Some(AgeGroup::Adult),
            traits: vec![
                Trait { name: "Gewebe".to_owned(), values: vec!["Linen".to_owned()] },
                Trait { name: "Pattern".to_owned(), values: vec!["plain".to_owned()] },
                Trait { name: "Fit".to_owned(), values: vec!["regular".to_owned()] },
            ],
            ..Details::default()
        },
        rating: Some(Rating { mean: decimal("4.37"), count: 41 }),
        reviews: vec![Review {
            title: Some("Cool".to_owned()),
            text: "Keeps its shape.".to_owned(),
            rating: Some(5),
        }],
        questions: vec![Question {
            question: "Does it shrink?".to_owned(),
            answer: "No, it is washed before it is cut.".to_owned(),
        }],
        related: vec![
            Related { product: ProductId::new("4720"), relation: Relation::OftenBoughtWith },
            Related { product: ProductId::new("4790"), relation: Relation::Substitute },
        ],
        sold: Some(1312),
        variants: vec![sand, sea, ink],
        ..Product::new(ProductId::new("4711"), ProductKind::Variable, "Linen shirt")
    }
}

/// One thing, used, by the bottle, with fields that only plugins keep.
fn oil() -> Product {
    let variant = Variant {
        url: "https://shop.example/p/oil".to_owned(),
        unit_pricing: Some(UnitPricing {
            measure: Quantity { value: decimal("750"), unit: "ml".to_owned() },
            base: Quantity { value: decimal("100"), unit: "ml".to_owned() },
        }),
        tax_class: Some("reduced".to_owned()),
        expires_at: Some("2027-03-31T00:00:00Z".parse().unwrap()),
        ..Variant::new(ItemId::new("4720"), "Lamp oil", usd(1205))
    };
    let meta = [("_mpn", "LO-750"), ("_ean", "96385074"), ("_warning", "Burns.")];
    Product {
        description: "Clean burning.".to_owned(),
        images: vec![Image::new("https://cdn.example/oil.jpg")],
        brand: Some("Halyard".to_owned()),
        product_type: Some("Oils".to_owned()),
        tags: vec!["Final-Sale".to_owned()],
        details: Details {
            condition: Some(Condition::Used),
            meta: meta.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
            ..Details::default()
        },
        variants: vec![variant],
        ..Product::new(ProductId::new("4720"), ProductKind::Simple, "Lamp oil")
    }
}

/// A digital thing whose price has no minor unit.
fn song() -> Product {
    let price = Money::new(250, Currency::JPY);
    let variant = Variant {
        url: "https://shop.example/p/song".to_owned(),
        is_digital: true,
        ..Variant::new(ItemId::new("4730"), "  Sång\u{7} om havet\t(MP3) ", price)
    };
    Product {
        images: vec![Image::new("https://cdn.example/song.jpg")],
        brand: Some("Havet".to_owned()),
        variants: vec![variant],
        ..Product::new(ProductId::new("4730"), ProductKind::Simple, "Sång om havet")
    }
}

/// Things that are not shown, each for another reason.
fn not_shown() -> Vec<Product> {
    let one = |id: &str, change: &dyn Fn(&mut Product)| {
        let variant = Variant {
            url: format!("https://shop.example/p/{id}"),
            ..Variant::new(ItemId::new(id), "Thing", usd(100))
        };
        let mut product = Product {
            images: vec![Image::new("https://cdn.example/thing.jpg")],
            brand: Some("Halyard".to_owned()),
            variants: vec![variant],
            ..Product::new(ProductId::new(id), ProductKind::Simple, "Thing")
        };
        change(&mut product);
        product
    };
    vec![
        one("4790", &|product| product.exclusion = Some(Exclusion::Hidden)),
        one("4791", &|product| product.brand = None),
        one("4792", &|product| product.variants[0].needs_subscription = true),
        one("4793", &|product| {
            product.variants[0].options = vec![Choice { name: "Color".to_owned(), value: None }];
        }),
        one("4794", &|product| product.variants[0].price = usd(0)),
        one("4799", &|_| {}),
    ]
}

/// All products, in a feed's order.
pub(crate) fn products() -> Vec<Product> {
    [vec![linen_shirt(), oil(), song()], not_shown()].concat()
}
