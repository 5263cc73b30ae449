//! The demo shop: products of every kind, places, markets, taxes, discounts.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::catalog::{
    Discount, Image, Level, Location, Market, Product, Tax, Variant, Worth, Zone,
};
use super::shop::{Shop, gid};

/// What the app is granted.
const SCOPES: [&str; 19] = [
    "read_products",
    "read_inventory",
    "read_locations",
    "read_publications",
    "read_draft_orders",
    "write_draft_orders",
    "read_orders",
    "write_orders",
    "read_fulfillments",
    "read_legal_policies",
    "read_markets",
    "read_discounts",
    "read_shipping",
    "read_customers",
    "read_payment_terms",
    "write_payment_terms",
    "write_products",
    "write_inventory",
    "read_returns",
];

/// One variant: values, SKU, price in cents, units (none: not counted).
struct Row {
    values: &'static [&'static str],
    sku: &'static str,
    price: i64,
    units: Option<i64>,
}

const fn row(
    values: &'static [&'static str],
    sku: &'static str,
    price: i64,
    units: Option<i64>,
) -> Row {
    Row { values, sku, price, units }
}

/// One product with its variants.
struct Sheet {
    title: &'static str,
    vendor: &'static str,
    kind: &'static str,
    category: Option<(&'static str, &'static str)>,
    options: &'static [(&'static str, &'static [&'static str])],
    rows: &'static [Row],
    /// Applied to every variant.
    with: fn(&mut Variant),
    /// Applied to the product.
    and: fn(&mut Product),
}

const PLAIN: Sheet = Sheet {
    title: "",
    vendor: "Northwind",
    kind: "",
    category: None,
    options: &[],
    rows: &[],
    with: |_| {},
    and: |_| {},
};

const SHEETS: [Sheet; 15] = [
    Sheet {
        title: "Beanie",
        kind: "Hats",
        category: Some((
            "aa-2-17-2",
            "Apparel & Accessories > Clothing Accessories > Hats > Beanies",
        )),
        rows: &[row(&[], "BEANIE-1", 2000, Some(120))],
        with: |variant| variant.barcode = Some("2000000000206"),
        ..PLAIN
    },
    Sheet {
        title: "V-Neck T-Shirt",
        vendor: "Halyard",
        kind: "Shirts",
        category: Some((
            "aa-1-13-8",
            "Apparel & Accessories > Clothing > Clothing Tops > T-Shirts",
        )),
        options: &[("Color", &["Red", "Green"]), ("Size", &["S", "M"])],
        rows: &[
            row(&["Red", "S"], "TEE-RED-S", 2500, Some(30)),
            row(&["Red", "M"], "TEE-RED-M", 2500, Some(30)),
            row(&["Green", "S"], "TEE-GREEN-S", 2700, Some(0)),
            row(&["Green", "M"], "TEE-GREEN-M", 2700, Some(12)),
        ],
        ..PLAIN
    },
    Sheet {
        title: "Hoodie with Zipper",
        kind: "Hoodies",
        rows: &[row(&[], "HOODIE-ZIP", 4550, Some(40))],
        // On sale.
        with: |variant| variant.compare_at = Some(6000),
        and: |product| {
            let front = product.images[0].clone();
            let url = front.url.replace(".png", "-back.png");
            product.images.push(Image { id: front.id + 500_000, url, alt: None });
            product.film = Some("https://video.example/hoodie.mp4");
            product.model = Some("https://video.example/hoodie.glb");
        },
        ..PLAIN
    },
    Sheet {
        title: "Last Lamp",
        kind: "Lighting",
        rows: &[row(&[], "LAST-1", 4000, Some(1))],
        ..PLAIN
    },
    Sheet {
        title: "Backorder Boots",
        kind: "Shoes",
        rows: &[row(&[], "BOOTS-1", 12_000, Some(0))],
        with: |variant| variant.oversells = true,
        ..PLAIN
    },
    Sheet {
        title: "Sold-out Scarf",
        kind: "Scarves",
        rows: &[row(&[], "OUT-1", 2250, Some(0))],
        ..PLAIN
    },
    Sheet {
        title: "Field Guide (PDF)",
        kind: "Books",
        rows: &[row(&[], "GUIDE-PDF", 995, None)],
        with: |variant| {
            (variant.ships, variant.grams) = (false, 0);
        },
        ..PLAIN
    },
    Sheet {
        title: "Olive Oil 500 ml",
        vendor: "Bluebird",
        kind: "Food",
        rows: &[row(&[], "OIL-500", 1849, Some(60))],
        with: |variant| (variant.taxable, variant.measure) = (false, Some((500, "ML"))),
        ..PLAIN
    },
    Sheet {
        title: "Tern &amp; Pine “Ümlaut” 5\" <b>Mug</b> 日本",
        kind: "Mugs",
        rows: &[row(&[], "SPECIAL-1", 999, Some(25))],
        ..PLAIN
    },
    Sheet {
        title: "Gift Card",
        kind: "Gift Cards",
        options: &[("Denominations", &["$10.00", "$50.00"])],
        rows: &[row(&["$10.00"], "GIFT-10", 1000, None), row(&["$50.00"], "GIFT-50", 5000, None)],
        with: |variant| (variant.ships, variant.taxable) = (false, false),
        and: |product| product.gift_card = true,
        ..PLAIN
    },
    Sheet {
        title: "Coffee Subscription",
        kind: "Coffee",
        rows: &[row(&[], "COFFEE-SUB", 1500, Some(500))],
        and: |product| product.requires_selling_plan = true,
        ..PLAIN
    },
    Sheet {
        title: "Staff Jacket",
        kind: "Jackets",
        rows: &[row(&[], "STAFF-1", 9900, Some(9))],
        and: |product| product.published.clear(),
        ..PLAIN
    },
    Sheet {
        title: "Next Season's Coat",
        kind: "Jackets",
        rows: &[row(&[], "DRAFT-1", 19_900, Some(9))],
        and: |product| "DRAFT".clone_into(&mut product.status),
        ..PLAIN
    },
    Sheet {
        title: "Retired Cap",
        kind: "Hats",
        rows: &[row(&[], "OLD-1", 1200, Some(9))],
        and: |product| "ARCHIVED".clone_into(&mut product.status),
        ..PLAIN
    },
    Sheet {
        title: "Secret Sale Socks",
        kind: "Socks",
        rows: &[row(&[], "UNLISTED-1", 700, Some(9))],
        and: |product| "UNLISTED".clone_into(&mut product.status),
        ..PLAIN
    },
];

/// Fills an empty shop.
pub(super) fn stock(shop: &mut Shop) {
    let opened = shop.now() - SignedDuration::from_hours(24 * 30);
    shop.app.scopes = SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
    places(shop);
    markets(shop);
    rules(shop, opened);
    for (minute, sheet) in (0..).zip(&SHEETS) {
        product(shop, sheet, opened + SignedDuration::from_mins(minute));
    }
    shop.hooks = super::hooks::Hooks::default();
}

fn product(shop: &mut Shop, sheet: &Sheet, born: Timestamp) {
    let id = shop.id();
    let handle: String = sheet
        .title
        .to_lowercase()
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-");
    let images = if sheet.title.starts_with("Tern") {
        Vec::new()
    } else {
        let url = format!("{}/cdn/files/{handle}.png", shop.base);
        vec![Image { id: shop.id(), url, alt: Some(sheet.title) }]
    };
    let mut product = Product {
        id,
        title: sheet.title.to_owned(),
        handle,
        vendor: sheet.vendor,
        kind: sheet.kind,
        tags: vec!["demo".to_owned()],
        status: "ACTIVE".to_owned(),
        html: format!("<p>{}: made for every day, <em>easy to wash</em>.</p>", sheet.title),
        category: sheet.category,
        options: sheet.options.iter().map(|(name, values)| (*name, values.to_vec())).collect(),
        variants: Vec::new(),
        images,
        film: None,
        model: None,
        gift_card: false,
        requires_selling_plan: false,
        published: shop.publications.iter().map(|(id, _)| *id).collect::<BTreeSet<_>>(),
        created: born,
        updated: born,
    };
    (sheet.and)(&mut product);
    for (position, row) in sheet.rows.iter().enumerate() {
        let mut variant = Variant {
            id: shop.id(),
            item: shop.id(),
            product: id,
            values: row.values.to_vec(),
            sku: Some(row.sku),
            barcode: None,
            price: row.price,
            compare_at: None,
            oversells: false,
            taxable: true,
            tracked: row.units.is_some(),
            ships: true,
            grams: 300,
            requires_components: false,
            measure: None,
            position,
            updated: born,
        };
        (sheet.with)(&mut variant);
        for (nth, units) in split(row.units.unwrap_or(0)).into_iter().enumerate() {
            let level = Level { available: units, committed: 0, reserved: 0, updated: born };
            shop.catalog.levels.insert((variant.id, shop.locations[nth].id), level);
        }
        product.variants.push(variant.id);
        shop.catalog.add(variant);
    }
    if sheet.vendor == "Halyard" {
        // A brand that is not the vendor.
        let brand = json!([{ "namespace": "custom", "key": "brand", "type": "single_line_text_field", "value": "Halyard Mills" }]);
        shop.keep_metafields(&gid("Product", id), &brand);
    }
    shop.catalog.products.insert(id, product.clone());
    shop.index_product(&product);
}

/// Fills a shop further with products that have nothing special, in one moment.
pub(super) fn import(shop: &mut Shop, products: usize, variants: usize) {
    let now = shop.now();
    // Words live as long as the process, as those of the other products do.
    let sizes: Vec<&'static str> =
        (1..=variants).map(|nth| &*Box::leak(format!("Size {nth}").into_boxed_str())).collect();
    let place = shop.locations[0].id;
    for nth in 1..=products {
        let id = shop.id();
        let handle = format!("imported-{nth}");
        let url = format!("{}/cdn/files/{handle}.png", shop.base);
        let mut product = Product {
            id,
            title: format!("Imported {nth}"),
            handle,
            vendor: PLAIN.vendor,
            kind: "Imported",
            tags: vec!["imported".to_owned()],
            status: "ACTIVE".to_owned(),
            html: format!("<p>Number {nth} of a long list.</p>"),
            category: None,
            options: vec![("Size", sizes.clone())],
            variants: Vec::with_capacity(variants),
            images: vec![Image { id: shop.id(), url, alt: None }],
            film: None,
            model: None,
            gift_card: false,
            requires_selling_plan: false,
            published: shop.publications.iter().map(|(id, _)| *id).collect(),
            created: now,
            updated: now,
        };
        for (position, size) in sizes.iter().enumerate() {
            let (variant, item) = (shop.id(), shop.id());
            product.variants.push(variant);
            let level = Level { available: 7, committed: 0, reserved: 0, updated: now };
            shop.catalog.levels.insert((variant, place), level);
            let variant = Variant {
                id: variant,
                item,
                product: id,
                values: vec![size],
                sku: None,
                barcode: None,
                price: 1000,
                compare_at: None,
                oversells: false,
                taxable: true,
                tracked: true,
                ships: true,
                grams: 300,
                requires_components: false,
                measure: None,
                position,
                updated: now,
            };
            shop.catalog.add(variant);
        }
        shop.index_product(&product);
        shop.catalog.products.insert(id, product);
    }
}

/// What the warehouse and the store have of so many units.
fn split(units: i64) -> [i64; 2] {
    let store = if units > 10 { 5 } else { 0 };
    [units - store, store]
}

fn places(shop: &mut Shop) {
    let mut place = |name, online, active, address, pickup| {
        let id = shop.id();
        shop.locations.push(Location { id, name, active, online, address, pickup });
    };
    let portland = ["20 Dock Street", "Portland", "OR", "US", "97209"];
    let street = ["1 Market Street", "San Francisco", "CA", "US", "94105"];
    place("Warehouse", true, true, portland, None);
    place("Market Street Store", true, true, street, Some("Bring your order number."));
    place("Old Depot", false, false, portland, None);
    for name in ["Online Store", "Agentic checkout", "Point of Sale"] {
        let id = shop.id();
        shop.publications.push((id, name));
    }
}

fn markets(shop: &mut Shop) {
    let mut market = |name, handle, countries, currency, percent| {
        let id = shop.id();
        shop.markets.push(Market { id, name, handle, countries, currency, percent });
    };
    market("United States", "us", &["US"], "USD", 100);
    market("Canada", "ca", &["CA"], "CAD", 110);
    market("Europe", "eu", &["DE", "FR"], "EUR", 100);
    market("Japan", "jp", &["JP"], "JPY", 100);
}

fn rules(shop: &mut Shop, opened: Timestamp) {
    let zone = |country, provinces, rates: &[(&'static str, i64, i64)]| Zone {
        country,
        provinces,
        rates: rates.to_vec(),
    };
    shop.zones = vec![
        zone(
            "US",
            &[],
            &[("Standard", 599, 0), ("Express", 1499, 0), ("Free over 100", 0, 10_000)],
        ),
        zone("CA", &["ON", "QC"], &[("International", 1999, 0)]),
        zone("DE", &[], &[("Europe", 2499, 0)]),
        zone("JP", &[], &[("Japan", 2950, 0)]),
    ];
    let tax = |country, province, title, rate, on_shipping| Tax {
        country,
        province,
        title,
        rate,
        on_shipping,
    };
    shop.taxes = vec![
        tax("US", "CA", "California State Tax", 7250, false),
        tax("US", "CA", "San Francisco County Tax", 1375, false),
        tax("US", "NY", "New York State Tax", 4000, true),
        tax("US", "WA", "Washington State Tax", 6500, true),
        tax("CA", "ON", "HST", 13_000, true),
        tax("CA", "QC", "GST", 5000, true),
        tax("CA", "QC", "QST", 9975, true),
        tax("DE", "", "MwSt", 19_000, true),
        tax("JP", "", "CT", 10_000, true),
    ];
    let ended = opened + SignedDuration::from_hours(24 * 7);
    let mut discount = |title: &str, code: Option<&str>, worth, combines| {
        let id = shop.id();
        shop.discounts.push(Discount {
            id,
            title: title.to_owned(),
            code: code.map(str::to_owned),
            worth,
            products: Vec::new(),
            minimum: 0,
            starts: opened,
            ends: None,
            limit: None,
            used: 0,
            combines,
        });
    };
    discount("SAVE10", Some("SAVE10"), Worth::Percent(1000), true);
    discount("FIVEOFF", Some("FIVEOFF"), Worth::Fixed(500), true);
    discount("FREESHIP", Some("FREESHIP"), Worth::FreeShipping, true);
    discount("ALONE20", Some("ALONE20"), Worth::Percent(2000), false);
    discount("EXPIRED", Some("EXPIRED"), Worth::Percent(1000), true);
    discount("MIN100", Some("MIN100"), Worth::Percent(2000), true);
    discount("ONCE", Some("ONCE"), Worth::Fixed(300), true);
    discount("5% off over $150", None, Worth::Percent(500), true);
    for known in &mut shop.discounts {
        match known.title.as_str() {
            "EXPIRED" => known.ends = Some(ended),
            "MIN100" => known.minimum = 10_000,
            "ONCE" => known.limit = Some(1),
            "5% off over $150" => known.minimum = 15_000,
            _ => {}
        }
    }
}
