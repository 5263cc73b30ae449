//! What each platform's store fills of every field, found out from its demo store, as a table in
//! `docs/feed.md`. `UPDATE_GOLDEN=1` writes it anew.

use std::{
    collections::BTreeMap,
    fmt::Write,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use commerce::{Connector, Product, Storefront};
use emulators::shopify::Store;
use feed::{CONCEPTS, Cell, Concept, Kind, Means, Origin, PROFILES, Plan, Settings};
use secrecy::SecretString;
use serde_json::json;
use storebridge::{
    App,
    config::{Config, Platform, Shopify},
    real_world,
};
use tokio::net::TcpListener;
use url::Url;

use crate::{feed_push::public_store, stage::limits};

const BEGIN: &str = "<!-- begin coverage: written by a test -->\n";
const END: &str = "<!-- end coverage -->\n";

/// Options that no field holds; the demo stores have one at most.
const MORE_OPTIONS: [Concept; 4] = [
    Concept::Custom2Category,
    Concept::Custom2Option,
    Concept::Custom3Category,
    Concept::Custom3Option,
];

/// A platform's demo store, read whole.
struct Sample {
    name: &'static str,
    means: fn(Concept) -> Means,
    storefront: Storefront,
    products: Vec<Product>,
    /// Where its owner keeps what the platform has no place for.
    meta: BTreeMap<String, Vec<String>>,
}

/// How a field comes to be filled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Filled {
    /// By the store alone.
    Store(String),
    /// By an added field that the configuration names.
    Added(String),
    /// By the store, once the configuration says what its value means.
    Switched(String),
    /// By the configuration alone.
    Configured,
    /// Not at all.
    Never,
}

#[tokio::test]
async fn the_documentation_says_what_each_platform_fills() {
    let samples = [woocommerce().await, shopify().await];
    let filled: Vec<_> = samples.iter().map(Sample::filled).collect();
    let mut otherwise = Vec::new();
    for (sample, filled) in samples.iter().zip(&filled) {
        for (concept, filled) in filled {
            let means = (sample.means)(*concept);
            let is_as_said = match means {
                Means::Automatic | Means::Derived => matches!(filled, Filled::Store(_)),
                Means::Meta => matches!(filled, Filled::Store(_) | Filled::Added(_)),
                Means::Key => *filled != Filled::Never,
                Means::Nowhere => *filled == Filled::Configured,
            };
            if !is_as_said && !MORE_OPTIONS.contains(concept) {
                otherwise.push(format!("{concept} on {}: {means:?}, but {filled:?}", sample.name));
            }
        }
    }
    assert!(otherwise.is_empty(), "{otherwise:#?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/feed.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let table = table(&filled[0], &filled[1]);
    let wanted = format!("{before}{BEGIN}{table}{END}{after}");
    if is_update() {
        std::fs::write(&path, wanted).unwrap();
    } else {
        assert!(text == wanted, "docs/feed.md is out of date; UPDATE_GOLDEN=1 writes it anew");
    }
}

#[expect(clippy::disallowed_methods, reason = "whoever runs the test asks for a new table")]
fn is_update() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok()
}

impl Sample {
    async fn read(
        name: &'static str,
        means: fn(Concept) -> Means,
        config: &Config,
        meta: BTreeMap<String, Vec<String>>,
    ) -> Self {
        let connector = connector(config);
        let storefront = connector.storefront().await.unwrap();
        let (mut products, mut from) = (Vec::new(), None);
        loop {
            let page = connector.products(from.as_ref()).await.unwrap();
            products.extend(page.products);
            from = page.next;
            if from.is_none() {
                return Self { name, means, storefront, products, meta };
            }
        }
    }

    /// Every field, with the best way in which some product's is filled.
    fn filled(&self) -> Vec<(Concept, Filled)> {
        let switches =
            Settings { net_weight: true, product_dimensions: true, ..Settings::default() };
        let named = Settings { meta: self.meta.clone(), ..switches.clone() };
        let said = Settings { defaults: defaults(), ..named.clone() };
        let plan = |settings: &Settings| Plan::new(settings, self.storefront.clone()).unwrap();
        let plans = [Settings::default(), switches, named, said].map(|settings| plan(&settings));
        let best = |concept| {
            let ways = plans.iter().enumerate().map(|(nth, plan)| self.best(plan, nth, concept));
            ways.min().unwrap_or(Filled::Never)
        };
        CONCEPTS.iter().map(|concept| (*concept, best(*concept))).collect()
    }

    fn best(&self, plan: &Plan, nth: usize, concept: Concept) -> Filled {
        let shown = self.products.iter().filter(|product| product.exclusion.is_none());
        let items =
            shown.flat_map(|product| product.variants.iter().map(move |one| (product, one)));
        let ways = items.map(|(product, variant)| {
            let Cell::Filled(_, origin) = plan.item(product, variant).field(concept) else {
                return Filled::Never;
            };
            let store = |words: String| {
                if nth == 0 { Filled::Store(words) } else { Filled::Switched(words) }
            };
            match origin {
                Origin::Platform(place) => store(format!("`{place}`")),
                Origin::Derived(how) => store(how.to_owned()),
                Origin::Trait(name) => store(format!("the trait `{name}`")),
                Origin::Meta(key) => Filled::Added(format!("an added field, such as `{key}`")),
                Origin::Default | Origin::Rule(_) => Filled::Configured,
            }
        });
        ways.min().unwrap_or(Filled::Never)
    }
}

/// The connector of a configuration's first store.
fn connector(config: &Config) -> Arc<dyn Connector> {
    let held = Mutex::new(None);
    App::with(config, real_world().unwrap(), &|parts| {
        *held.lock().unwrap() = Some(Arc::clone(&parts.connector));
        parts
    });
    held.into_inner().unwrap().unwrap()
}

/// Field and key, for each of these.
fn named(keys: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    let one = |(field, key): &(&str, &str)| ((*field).to_owned(), vec![(*key).to_owned()]);
    keys.iter().map(one).collect()
}

async fn woocommerce() -> Sample {
    let upstreams = public_store().await;
    let mut config = upstreams.config();
    let meta = named(&[
        ("mpn", "_mpn"),
        ("availability_date", "_available_at"),
        ("expiration_date", "_expires_at"),
        ("size_system", "_size_system"),
        ("unit_pricing_measure", "_unit"),
        ("base_measure", "_unit_base"),
        ("video_url", "_video"),
        ("model_3d_url", "_model"),
        ("warning", "_warning"),
        ("warning_url", "_warning_url"),
        ("age_restriction", "_age"),
        ("google_product_category", "_google_category"),
        ("custom_label_0", "_label_0"),
        ("custom_label_1", "_label_0"),
        ("custom_label_2", "_label_0"),
        ("custom_label_3", "_label_0"),
        ("custom_label_4", "_label_0"),
        ("q_and_a", "_questions"),
    ]);
    let Platform::WooCommerce(store) = &mut config.stores[0].platform else { panic!() };
    store.meta_keys.others = meta.values().flatten().cloned().collect();
    Sample::read("WooCommerce", Concept::on_woocommerce, &config, meta).await
}

async fn shopify() -> Sample {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let store = Store::demo(&url, emulators::system_clock(), 7);
    let _server = emulators::serve::start_on(listener, store.router());
    let meta = named(&[
        ("mpn", "mm-google-shopping.mpn"),
        ("availability_date", "custom.available_at"),
        ("dimensions", "custom.size"),
        ("length", "custom.length"),
        ("width", "custom.width"),
        ("height", "custom.height"),
        ("dimensions_unit", "custom.unit"),
        ("ads_metadata", "custom.ads"),
        ("size_system", "mm-google-shopping.size_system"),
        ("warning", "custom.warning"),
        ("warning_url", "custom.warning_url"),
        ("age_restriction", "custom.age"),
        ("google_product_category", "mm-google-shopping.google_product_category"),
        ("custom_label_0", "mm-google-shopping.custom_label_0"),
        ("custom_label_1", "mm-google-shopping.custom_label_1"),
        ("custom_label_2", "mm-google-shopping.custom_label_2"),
        ("custom_label_3", "mm-google-shopping.custom_label_3"),
        ("custom_label_4", "mm-google-shopping.custom_label_4"),
        ("q_and_a", "custom.questions"),
        ("reviews", "custom.reviews"),
    ]);
    keep(&store);
    let (client_id, client_secret) = store.client();
    let mut config = public_store().await.config();
    config.stores[0].platform = Platform::Shopify(Shopify {
        url: Url::parse(&url).unwrap(),
        access: shopify::Access::ClientCredentials {
            client_id: SecretString::from(client_id),
            client_secret: SecretString::from(client_secret),
        },
        version: shopify::ApiVersion::default(),
        webhook_secrets: Vec::new(),
        points_wait_max: Duration::from_secs(5),
        catalog: shopify::CatalogSettings {
            export_poll: Duration::from_millis(20),
            meta_keys: shopify::MetaKeys {
                others: meta.values().flatten().cloned().collect(),
                ..shopify::MetaKeys::default()
            },
            ..shopify::CatalogSettings::default()
        },
        limits: limits(),
    });
    Sample::read("Shopify", Concept::on_shopify, &config, meta).await
}

/// What an owner keeps beside what Shopify has places for.
fn keep(store: &Store) {
    let variant = store.variant("HOODIE-ZIP").unwrap();
    let other = store.product_of(&store.variant("TEE-RED-S").unwrap()).unwrap();
    let text = "single_line_text_field";
    for (namespace, key, kind, value) in [
        ("mm-google-shopping", "mpn", text, "NW-HZ-1"),
        ("mm-google-shopping", "condition", text, "used"),
        ("mm-google-shopping", "material", text, "Cotton"),
        ("mm-google-shopping", "gender", text, "unisex"),
        ("mm-google-shopping", "age_group", text, "adult"),
        ("mm-google-shopping", "size_system", text, "EU"),
        ("mm-google-shopping", "pattern", text, "Plain"),
        ("mm-google-shopping", "size_type", text, "Regular"),
        ("mm-google-shopping", "google_product_category", text, "Apparel & Accessories > Clothing"),
        ("mm-google-shopping", "custom_label_0", text, "warm"),
        ("mm-google-shopping", "custom_label_1", text, "warm"),
        ("mm-google-shopping", "custom_label_2", text, "warm"),
        ("mm-google-shopping", "custom_label_3", text, "warm"),
        ("mm-google-shopping", "custom_label_4", text, "warm"),
        ("custom", "size", "json", r#"{"length":"31","width":"22","unit":"cm"}"#),
        ("custom", "length", text, "31"),
        ("custom", "width", text, "22"),
        ("custom", "height", text, "4"),
        ("custom", "unit", text, "cm"),
        ("custom", "ads", "json", r#"{"season":"winter"}"#),
        ("custom", "warning", text, "Keep away from fire."),
        ("custom", "warning_url", "url", "https://shop.example/warnings"),
        ("custom", "age", "number_integer", "16"),
        ("custom", "questions", "json", r#"[{"q":"Is it lined?","a":"Yes."}]"#),
        ("custom", "reviews", "json", r#"[{"content":"Warm."}]"#),
        ("reviews", "rating", "rating", r#"{"scale_min":"1.0","scale_max":"5.0","value":"4.5"}"#),
        ("reviews", "rating_count", "number_integer", "8"),
    ] {
        store.set_metafield(&variant, namespace, key, kind, value);
    }
    let boots = store.variant("BOOTS-1").unwrap();
    store.set_metafield(&boots, "custom", "available_at", "date", "2027-03-01");
    store.set_metafield(
        &variant,
        "shopify--discovery--product_recommendation",
        "complementary_products",
        "list.product_reference",
        &json!([other]).to_string(),
    );
}

/// Some value for every field that the configuration may fill.
fn defaults() -> BTreeMap<String, toml::Value> {
    let theirs = [Concept::ItemId, Concept::GroupId, Concept::Price, Concept::SalePrice];
    let mine = CONCEPTS.iter().filter(|concept| !theirs.contains(concept));
    let value = |kind: Kind| -> toml::Value {
        match kind {
            Kind::Text(2) => "US".into(),
            Kind::Text(14) => "4006381333931".into(),
            Kind::Text(_) | Kind::Decimal => "1".into(),
            Kind::Link => "https://shop.example/a".into(),
            Kind::Links => vec!["https://shop.example/a"].into(),
            Kind::Money => "1.00 USD".into(),
            Kind::Flag => true.into(),
            Kind::Count | Kind::Number => 1.into(),
            Kind::Date => "2030-01-01".into(),
            Kind::Span => "2030-01-01 / 2030-02-01".into(),
            Kind::Word(words) => words[0].into(),
            Kind::Texts => vec!["US"].into(),
            Kind::Map => toml::Table::from_iter([("a".to_owned(), "b".into())]).into(),
            Kind::Maps => vec![toml::Table::from_iter([("a".to_owned(), "b".into())])].into(),
        }
    };
    mine.map(|concept| (concept.key().to_owned(), value(concept.kind()))).collect()
}

fn table(woocommerce: &[(Concept, Filled)], shopify: &[(Concept, Filled)]) -> String {
    let mut table = String::new();
    let mut line = |text: &str| writeln!(table, "{text}").unwrap();
    line(
        "| Profile | Columns | WooCommerce: store | added field | configuration | Shopify: store | added field | configuration |",
    );
    line("|---|---:|---:|---:|---:|---:|---:|---:|");
    for profile in PROFILES {
        let columns = profile.columns();
        let count = |all: &[(Concept, Filled)], is: fn(&Filled) -> bool| {
            let known = columns.iter().filter(|column| {
                all.iter().any(|(concept, filled)| *concept == column.concept && is(filled))
            });
            known.count()
        };
        let counts = [woocommerce, shopify].map(|all| {
            let store = count(all, |one| matches!(one, Filled::Store(_)));
            let added = count(all, |one| matches!(one, Filled::Added(_)));
            let said = count(all, |one| matches!(one, Filled::Switched(_) | Filled::Configured));
            format!("{store} | {added} | {said}")
        });
        line(&format!("| `{profile}` | {} | {} |", columns.len(), counts.join(" | ")));
    }
    line("");
    line("| Field | WooCommerce | Shopify |");
    line("|---|---|---|");
    for ((concept, one), (_, other)) in woocommerce.iter().zip(shopify) {
        let cells = [(one, Concept::on_woocommerce(*concept)), (other, concept.on_shopify())];
        let cells = cells.map(|(filled, means)| filled.cell(*concept, means));
        line(&format!("| `{concept}` | {} |", cells.join(" | ")));
    }
    table
}

impl Filled {
    fn cell(&self, concept: Concept, means: Means) -> String {
        match self {
            Self::Store(words) | Self::Added(words) => words.clone(),
            Self::Switched(words) => {
                let is_weight = matches!(concept, Concept::Weight | Concept::WeightUnit);
                let switch = if is_weight { "net_weight" } else { "product_dimensions" };
                format!("{words}, once `{switch}` is true")
            }
            Self::Configured | Self::Never if MORE_OPTIONS.contains(&concept) => {
                "as the first, where there are more".to_owned()
            }
            Self::Configured => {
                let why = why(concept, means);
                format!("only the configuration{why}")
            }
            Self::Never => "nothing".to_owned(),
        }
    }
}

/// Why a platform cannot know it.
fn why(concept: Concept, means: Means) -> &'static str {
    match concept {
        Concept::SalePeriod | Concept::SaleStart | Concept::SaleEnd => ": a price has no dates",
        Concept::PopularityScore => ": sales are not counted by product",
        Concept::ReturnRate => ": returns are not counted by product",
        Concept::GeoPrice | Concept::GeoAvailability => {
            ": prices and stock hold for whole countries"
        }
        Concept::ExpirationDate => ": there is no place for it",
        Concept::PrivacyPolicy | Concept::TermsOfService | Concept::ReturnPolicy => {
            ": the platform does not tell where it is"
        }
        Concept::ReturnDays | Concept::AcceptsReturns | Concept::AcceptsExchanges => {
            ": the platform has it as prose, if at all"
        }
        Concept::Shipping | Concept::ShippingPrice | Concept::DeliveryEstimate => {
            ": it depends on the cart and on where it goes"
        }
        Concept::PickupSla => ": a way to pick up has no time",
        Concept::EligibleAds | Concept::AdsMetadata => ": the reader sets ads up",
        Concept::MarketplaceSeller => ": the store sells by itself",
        Concept::StoreReviewCount | Concept::StoreStarRating => ": the platform rates no stores",
        Concept::IdentifierExists => ": nobody knows what a maker does not give",
        Concept::TaxCode => ": the code is Stripe's",
        _ if means == Means::Nowhere => ": the platform does not know it",
        _ => "",
    }
}
