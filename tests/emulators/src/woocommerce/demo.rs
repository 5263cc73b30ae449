//! The demo shop: WooCommerce's sample products, some harder ones, coupons.

use jiff::{SignedDuration, Timestamp};

use super::catalog::{Attribute, Intangible, Kind, Product, Term};
use super::coupons::Coupon;
use super::decimal::Micros;
use super::shop::Shop;

const UNCATEGORIZED: Term = term(15, "Uncategorized", "uncategorized");
const CLOTHING: Term = term(16, "Clothing", "clothing");
const TSHIRTS: Term = term(17, "Tshirts", "tshirts");
const HOODIES: Term = term(18, "Hoodies", "hoodies");
const ACCESSORIES: Term = term(19, "Accessories", "accessories");
const MUSIC: Term = term(20, "Music", "music");
const DECOR: Term = term(21, "Decor", "decor");
const JACKETS: Term = term(34, "Jackets", "jackets");
const NORTHWIND: Term = term(36, "Northwind", "northwind");
const HALYARD: Term = term(40, "Halyard", "halyard");
const BLUEBIRD: Term = term(42, "Bluebird", "bluebird");
const BLUE: Term = term(22, "Blue", "blue");
const GREEN: Term = term(23, "Green", "green");
const RED: Term = term(24, "Red", "red");
const GRAY: Term = term(25, "Gray", "gray");
const BLACK: Term = term(27, "Black", "black");
const LARGE: Term = term(28, "L", "l");
const MEDIUM: Term = term(29, "M", "m");
const SMALL: Term = term(30, "S", "s");
const YES: Term = term(0, "Yes", "Yes");
const NO: Term = term(0, "No", "No");

const COTTON: Term = term(0, "Cotton", "Cotton");
const UNISEX: Term = term(0, "Unisex", "Unisex");
const ADULT: Term = term(0, "Adult", "Adult");
const PLAIN_PATTERN: Term = term(0, "Plain", "Plain");
const REGULAR: Term = term(0, "Regular", "Regular");
const COAST: Term = term(44, "Coast", "coast");

/// What plugins keep with a product, under names as plugins give them.
const PLUGINS: &[(&str, &str)] = &[
    ("_mpn", "NW-CJ-100"),
    ("_expires_at", "2031-03-01"),
    ("_size_system", "EU"),
    ("_unit", "1 ct"),
    ("_unit_base", "1 ct"),
    ("_video", "https://video.example/jacket.mp4"),
    ("_model", "https://video.example/jacket.glb"),
    ("_warning", "Keep away from fire."),
    ("_warning_url", "https://shop.example/warnings"),
    ("_age", "16"),
    ("_google_category", "Apparel & Accessories > Clothing > Outerwear > Coats & Jackets"),
    ("_label_0", "coast"),
    ("_questions", r#"[{"q":"Is it lined?","a":"Yes, with cotton."}]"#),
];

const IMAGES: [(u64, &str); 22] = [
    (42, "vneck-tee-2"),
    (45, "hoodie-2"),
    (46, "hoodie-blue-1"),
    (47, "hoodie-green-1"),
    (48, "hoodie-with-logo-2"),
    (49, "tshirt-2"),
    (50, "beanie-2"),
    (51, "belt-2"),
    (52, "cap-2"),
    (53, "sunglasses-2"),
    (54, "hoodie-with-pocket-2"),
    (55, "hoodie-with-zipper-2"),
    (56, "long-sleeve-tee-2"),
    (57, "polo-2"),
    (58, "album-1"),
    (59, "single-1"),
    (60, "t-shirt-with-logo-1"),
    (61, "beanie-with-logo-1"),
    (62, "logo-1"),
    (63, "pennant-1"),
    (64, "jacket-1"),
    (65, "lantern-1"),
];

const LONG: &str = "Made for every day: soft, hard-wearing and easy to wash. It keeps its shape \
                    for years and goes with nearly everything you own.";

const fn term(id: u64, name: &'static str, slug: &'static str) -> Term {
    Term { id, name, slug }
}

/// The category above one, where there is one.
pub(super) fn above(category: u64) -> Option<Term> {
    [TSHIRTS, HOODIES, ACCESSORIES].iter().any(|term| term.id == category).then_some(CLOTHING)
}

fn color(options: &[Term]) -> Attribute {
    attribute(1, "Color", "pa_color", options)
}

fn size() -> Attribute {
    attribute(2, "Size", "pa_size", &[LARGE, MEDIUM, SMALL])
}

fn logo() -> Attribute {
    attribute(0, "Logo", "Logo", &[YES, NO])
}

/// A trait of one product alone, which is no choice.
fn told(name: &'static str, options: &[Term]) -> Attribute {
    Attribute { variation: false, ..attribute(0, name, name, options) }
}

fn attribute(id: u64, name: &'static str, slug: &'static str, options: &[Term]) -> Attribute {
    Attribute { id, name, slug, variation: true, options: options.to_vec() }
}

/// Fills an empty shop.
pub(super) fn stock(shop: &mut Shop) {
    let opened = shop.now() - SignedDuration::from_hours(24 * 30);
    shop.catalog.images = IMAGES.into_iter().collect();
    let all = [simple(), counted(), tees(), hoodies(), lanterns(), unsellable(), odd(opened)];
    for (minute, mut product) in (0..).zip(all.into_iter().flatten()) {
        product.created = opened + SignedDuration::from_mins(minute);
        product.modified = product.created;
        shop.catalog.products.insert(product.id, product);
    }
    adopt(shop);
    shop.coupons = coupons(opened);
}

/// A simple product of the sample catalog: id, name, prices, picture, category.
fn plain(
    id: u64,
    name: &str,
    (regular, sale): (&str, &str),
    image: u64,
    category: Term,
) -> Product {
    let slug: String = name.to_lowercase().replace(' ', "-");
    Product {
        id,
        sku: format!("woo-{}", slug.replace("t-shirt", "tshirt")),
        slug,
        name: name.to_owned(),
        regular: regular.to_owned(),
        sale: sale.to_owned(),
        description: LONG,
        short: "This is a simple product.",
        weight: "0.2",
        size: ["4", "5", "0.5"],
        categories: vec![category],
        images: vec![image],
        ..Product::default()
    }
}

fn simple() -> Vec<Product> {
    let mut beanie = plain(21, "Beanie", ("20", "18"), 50, ACCESSORIES);
    beanie.attributes = vec![Attribute { variation: false, ..color(&[RED]) }];
    let mut album = plain(29, "Album", ("15", ""), 58, MUSIC);
    let mut single = plain(30, "Single", ("3", "2"), 59, MUSIC);
    for download in [&mut album, &mut single] {
        download.intangible = Intangible::Download;
        download.weight = "";
        download.size = [""; 3];
    }
    let hoodie = |id, name: &str, prices, image| Product {
        weight: "1.5",
        ..plain(id, name, prices, image, HOODIES)
    };
    vec![
        hoodie(19, "Hoodie with Logo", ("45", ""), 48),
        plain(20, "T-Shirt", ("18", ""), 49, TSHIRTS),
        beanie,
        plain(22, "Belt", ("65", "55"), 51, ACCESSORIES),
        plain(23, "Cap", ("18", "16"), 52, ACCESSORIES),
        plain(24, "Sunglasses", ("90", ""), 53, ACCESSORIES),
        hoodie(25, "Hoodie with Pocket", ("45", "35"), 54),
        hoodie(26, "Hoodie with Zipper", ("45", ""), 55),
        plain(27, "Long Sleeve Tee", ("25", ""), 56, TSHIRTS),
        plain(28, "Polo", ("20", ""), 57, TSHIRTS),
        album,
        single,
        plain(37, "T-Shirt with Logo", ("18", ""), 60, TSHIRTS),
        plain(38, "Beanie with Logo", ("20", "18"), 61, ACCESSORIES),
    ]
}

/// Products whose units the shop counts.
fn counted() -> Vec<Product> {
    let bare = |id, name: &str, price: &str, sku: &str| {
        let named = plain(id, name, (price, ""), 62, UNCATEGORIZED);
        Product { sku: sku.to_owned(), stock: Some(0), ..named }
    };
    let lamp = bare(3495, "Last unit lamp", "40.00", "LAST-1");
    let lamp = Product {
        stock: Some(1),
        description: "",
        short: "",
        weight: "",
        size: [""; 3],
        images: Vec::new(),
        ..lamp
    };
    let boots = bare(3502, "Backorder Boots", "120", "BACK-1");
    vec![
        lamp,
        Product { brand: Some(BLUEBIRD), ..bare(3501, "Sold-out Scarf", "22.5", "OUT-1") },
        Product {
            backorders: "notify",
            brand: Some(HALYARD),
            kept: &[("_available_at", "2027-03-01")],
            ..boots
        },
        Product { stock: Some(20), ..bare(3506, "Garden Candle", "12.49", "CANDLE-1") },
    ]
}

/// The children of a variable product.
fn variation(id: u64, parent: u64, sku: &str, prices: (&str, &str), image: u64) -> Product {
    let (regular, sale) = prices;
    Product {
        id,
        parent,
        kind: Kind::Variation,
        slug: sku.to_owned(),
        sku: sku.to_owned(),
        regular: regular.to_owned(),
        sale: sale.to_owned(),
        weight: "1.5",
        size: ["10", "8", "3"],
        images: vec![image],
        categories: vec![UNCATEGORIZED],
        ..Product::default()
    }
}

fn variable(id: u64, name: &str, image: u64, category: Term, of: Vec<Attribute>) -> Product {
    let base = plain(id, name, ("", ""), image, category);
    Product {
        kind: Kind::Variable,
        short: "This is a variable product.",
        weight: "1.5",
        size: ["10", "8", "3"],
        attributes: of,
        ..base
    }
}

fn tees() -> Vec<Product> {
    let colors = color(&[BLUE, GREEN, RED]);
    let tee = |id, price, term: Term| Product {
        // Size is open: the buyer has to name one.
        values: vec![(colors.clone(), Some(term)), (size(), None)],
        ..variation(id, 17, &format!("woo-vneck-tee-{}", term.slug), (price, ""), 42)
    };
    let parent = variable(17, "V-Neck T-Shirt", 42, TSHIRTS, vec![colors.clone(), size()]);
    let parent = Product { sku: "woo-vneck-tee".to_owned(), ..parent };
    vec![parent, tee(31, "20", RED), tee(32, "20", GREEN), tee(33, "15", BLUE)]
}

fn hoodies() -> Vec<Product> {
    let colors = color(&[BLUE, GREEN, RED]);
    let hoodie = |id, sku, prices, image, color: Term, term: Term, order| Product {
        values: vec![(colors.clone(), Some(color)), (logo(), Some(term))],
        description: LONG,
        menu_order: order,
        ..variation(id, 18, sku, prices, image)
    };
    let mut parent = variable(18, "Hoodie", 45, HOODIES, vec![colors.clone(), logo()]);
    parent.images = vec![45, 46, 47, 48];
    vec![
        parent,
        hoodie(34, "woo-hoodie-red", ("45", "42"), 45, RED, NO, 1),
        hoodie(35, "woo-hoodie-green", ("45", ""), 47, GREEN, NO, 2),
        hoodie(36, "woo-hoodie-blue", ("45", ""), 46, BLUE, NO, 3),
        hoodie(41, "woo-hoodie-blue-logo", ("45", ""), 48, BLUE, YES, 0),
    ]
}

fn lanterns() -> Vec<Product> {
    let colors = color(&[BLACK, BLUE, GREEN, RED]);
    let lantern = |id, sku, price, color: Term, size_term, units| Product {
        values: vec![(colors.clone(), Some(color)), (size(), size_term)],
        stock: Some(units),
        gtin: "2000000003429",
        ..variation(id, 67, sku, (price, ""), 65)
    };
    let parent =
        variable(67, "Alpine Lantern 100", 65, UNCATEGORIZED, vec![colors.clone(), size()]);
    vec![
        Product { sku: "LB-3".to_owned(), brand: Some(NORTHWIND), ..parent },
        lantern(69, "LB-3-1", "193.52", RED, Some(MEDIUM), 30),
        lantern(70, "LB-3-2", "194.52", GREEN, Some(MEDIUM), 0),
        lantern(71, "LB-3-3", "195.52", BLUE, Some(LARGE), 12),
        lantern(72, "LB-3-4", "196.52", BLACK, None, 5),
    ]
}

/// Products a cart does not take, or shows to nobody.
fn unsellable() -> Vec<Product> {
    let set = plain(39, "Logo Collection", ("", ""), 62, CLOTHING);
    let pennant = plain(40, "WordPress Pennant", ("11.05", ""), 63, DECOR);
    let shop = "https://mercantile.wordpress.org/product/wordpress-pennant/";
    let secret = plain(3503, "Staff Mug", ("7", ""), 62, UNCATEGORIZED);
    vec![
        Product {
            kind: Kind::Grouped,
            sku: "logo-collection".to_owned(),
            children: vec![19, 20, 21],
            ..set
        },
        Product {
            kind: Kind::External,
            sku: "wp-pennant".to_owned(),
            external: Some((shop, "Buy on the WordPress swag store!")),
            ..pennant
        },
        Product { hidden: true, sku: "HIDDEN-1".to_owned(), ..secret },
    ]
}

/// Names, taxes, sales and things that are none.
fn odd(opened: Timestamp) -> Vec<Product> {
    let jacket = plain(99, "Coastal Jacket 100", ("230.55", "184.44"), 64, JACKETS);
    let mug = plain(
        3739,
        "Tern &amp; Pine “Ümlaut” 5\" <b>Mug</b> 日本",
        ("9.99", ""),
        62,
        UNCATEGORIZED,
    );
    let session = plain(3504, "Styling Session", ("60", ""), 62, UNCATEGORIZED);
    let guide = plain(3505, "Field Guide", ("24.95", ""), 62, UNCATEGORIZED);
    let sale = (opened, opened + SignedDuration::from_hours(24 * 60));
    vec![
        Product {
            sku: "LB-20".to_owned(),
            gtin: "2000000000206",
            sale_dates: Some(sale),
            brand: Some(NORTHWIND),
            stock: Some(52),
            attributes: vec![
                Attribute { variation: false, ..color(&[GRAY]) },
                told("Material", &[COTTON]),
                told("Gender", &[UNISEX]),
                told("Age group", &[ADULT]),
                told("Pattern", &[PLAIN_PATTERN]),
                told("Size type", &[REGULAR]),
            ],
            tags: vec![COAST],
            images: vec![64, 62],
            reviews: &[(5, "Kept me dry all week."), (4, "A little long in the arms.")],
            upsells: &[19],
            cross_sells: &[21, 22],
            total_sales: 7,
            kept: PLUGINS,
            ..jacket
        },
        Product {
            sku: "SPECIAL-1".to_owned(),
            slug: "tern-pine-umlaut-5-mug-%e6%97%a5%e6%9c%ac".to_owned(),
            short: "A alert(1) &amp; b",
            description: "",
            images: Vec::new(),
            ..mug
        },
        Product { sku: "STYLE-1".to_owned(), intangible: Intangible::Virtual, ..session },
        Product { sku: "BOOK-1".to_owned(), tax_class: "reduced-rate", ..guide },
    ]
}

/// Tells parents of their variations, the last made first, as WooCommerce lists them.
fn adopt(shop: &mut Shop) {
    let products = &mut shop.catalog.products;
    let born: Vec<(u64, u64, u64)> = products
        .values()
        .filter(|product| product.parent != 0)
        .map(|product| (product.parent, product.menu_order, product.id))
        .collect();
    for (parent, _, id) in born {
        if let Some(parent) = products.get_mut(&parent) {
            parent.children.push(id);
        }
    }
    let order: Vec<(u64, u64)> = products.values().map(|p| (p.id, p.menu_order)).collect();
    let rank = |id: &u64| order.iter().find(|(known, _)| known == id).map(|(_, menu)| *menu);
    for parent in products.values_mut().filter(|product| product.kind == Kind::Variable) {
        parent.children.sort_by_key(|id| (rank(id), *id));
    }
}

fn coupons(opened: Timestamp) -> Vec<Coupon> {
    let coupon = |id, code, amount: Micros, percent| Coupon {
        id,
        code,
        amount: amount * 1_000_000,
        percent,
        expires: None,
        minimum: 0,
        limit: None,
        used: 0,
        free_shipping: false,
        created: opened,
    };
    let expired = opened + SignedDuration::from_hours(24 * 27);
    vec![
        coupon(11, "save10", 10, true),
        coupon(12, "fiveoff", 5, false),
        Coupon { expires: Some(expired), ..coupon(13, "expired", 10, true) },
        Coupon { minimum: 100_000_000, ..coupon(14, "min100", 20, false) },
        Coupon { limit: Some(1), ..coupon(15, "once", 3, false) },
        Coupon { free_shipping: true, ..coupon(16, "freeship", 0, false) },
        Coupon { limit: Some(1), used: 1, ..coupon(10, "usedup", 3, false) },
    ]
}
