//! What is sold: products, the publication that shows them, and in what money.

use commerce::{Finding, Level};
use serde::Deserialize;
use serde_json::json;

use super::{Shop, broken, finding, unseen};
use crate::{Shopify, id::Gid, operation::Operation};

pub(super) const PRODUCTS: Operation =
    Operation::read("check.products", include_str!("../operations/check_products.graphql"), 57);
pub(super) const PUBLICATIONS: Operation = Operation::read(
    "check.publications",
    include_str!("../operations/check_publications.graphql"),
    16,
);
pub(super) const MARKETS: Operation =
    Operation::read("check.markets", include_str!("../operations/check_markets.graphql"), 23);

/// Where fewer products in a hundred have it, agents rank the store low.
const COVERED_MIN: usize = 90;

impl Shopify {
    /// What there is, and what of it feeds want.
    pub(super) async fn look_at_products(&self, shop: &Shop) -> Vec<Finding> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            products_count: Option<Count>,
            products: Page<Sampled>,
        }
        #[derive(Deserialize)]
        struct Count {
            count: u64,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Sampled {
            vendor: String,
            online_store_url: Option<String>,
            featured_media: Option<Medium>,
            variants: Page<Barcode>,
        }
        #[derive(Deserialize)]
        struct Medium {}
        #[derive(Deserialize)]
        struct Barcode {
            barcode: Option<String>,
        }

        let answer: Answer =
            match self.client.run(&PRODUCTS, &json!({ "active": "status:active" })).await {
                Ok(answer) => answer,
                Err(error) => return vec![broken("Products", &error)],
            };
        let sample = &answer.products.nodes;
        let count = answer.products_count.map_or(0, |count| count.count);
        if sample.is_empty() {
            let detail = "there is none to sell: set some to active".to_owned();
            return vec![finding(Level::Warning, "Products", detail)];
        }
        let share = |has: &dyn Fn(&&Sampled) -> bool| {
            sample.iter().filter(has).count() * 100 / sample.len()
        };
        let shown = share(&|product| product.online_store_url.is_some());
        let mut findings = vec![if shown == 0 && self.catalog.publication.is_none() {
            let detail = format!(
                "{count} active, and the store's own pages show none of those looked at: publish \
                 them to the online store, or set `publication`"
            );
            finding(Level::Failure, "Products", detail)
        } else {
            let detail = format!("{count} active, {shown} % of those looked at are on its pages");
            finding(Level::Ok, "Products", detail)
        }];
        let named = |product: &&Sampled| {
            !product.vendor.is_empty() && !product.vendor.eq_ignore_ascii_case(&shop.name)
        };
        let has_barcode =
            |barcode: &Barcode| barcode.barcode.as_ref().is_some_and(|b| !b.is_empty());
        let branded = share(&named);
        let numbered = share(&|product| product.variants.nodes.iter().all(has_barcode));
        let pictured = share(&|product| product.featured_media.is_some());
        let detail = format!(
            "of {} looked at {branded} % have a vendor other than the store, {numbered} % a \
             barcode, {pictured} % a picture",
            sample.len()
        );
        let has_brand = branded >= COVERED_MIN || self.catalog.meta_keys.brand.is_some();
        findings.push(if has_brand && pictured >= COVERED_MIN {
            finding(Level::Ok, "Feed", detail)
        } else {
            let what = "fill them in, or say under which metafield the brand is kept";
            finding(Level::Warning, "Feed", format!("{detail}: agents rank such low; {what}"))
        });
        findings
    }

    /// Whether the publication that is set is one of the store's.
    pub(super) async fn look_at_publication(&self) -> Finding {
        #[derive(Deserialize)]
        struct Answer {
            publications: Page<Publication>,
        }
        #[derive(Deserialize)]
        struct Publication {
            id: Gid,
            catalog: Option<Catalog>,
        }
        #[derive(Deserialize)]
        struct Catalog {
            title: String,
        }

        const WHAT: &str = "Publication";
        let Some(set) = self.catalog.publication else {
            let detail = "none is set: what the store's own pages show is sold".to_owned();
            return finding(Level::Ok, WHAT, detail);
        };
        let answer: Answer = match self.client.run(&PUBLICATIONS, &json!({})).await {
            Ok(answer) => answer,
            Err(error) => return unseen(WHAT, &error),
        };
        let named = |one: &Publication| {
            let title = one.catalog.as_ref().map_or("no name", |catalog| catalog.title.as_str());
            format!("{} ({title})", one.id.0)
        };
        let all = &answer.publications.nodes;
        if let Some(one) = all.iter().find(|one| one.id.0 == set) {
            return finding(Level::Ok, WHAT, named(one));
        }
        let known: Vec<String> = all.iter().map(named).collect();
        let detail = format!(
            "the store has no publication {set}, so nothing is sold: set `publication` to one of {}",
            known.join(", ")
        );
        finding(Level::Failure, WHAT, detail)
    }

    /// In what money, and whether the country that is set is sold to.
    pub(super) async fn look_at_currency(&self, shop: &Shop) -> Finding {
        #[derive(Deserialize)]
        struct Answer {
            markets: Page<Market>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Market {
            name: String,
            status: String,
            currency_settings: Option<CurrencySettings>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct CurrencySettings {
            base_currency: Base,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Base {
            currency_code: String,
        }

        const WHAT: &str = "Currency";
        let Shop { currency_code, enabled_presentment_currencies, taxes_included, .. } = shop;
        if let Some(country) = &self.catalog.country
            && !shop.ships_to_countries.contains(country)
        {
            let detail = format!(
                "prices are read for {country}, to which the store ships nothing: set `country` to \
                 one of {}",
                shop.ships_to_countries.join(", ")
            );
            return finding(Level::Warning, WHAT, detail);
        }
        let tax = if *taxes_included { "with the tax in its prices" } else { "plus tax" };
        let mut detail = format!("{currency_code}, {tax}");
        if enabled_presentment_currencies.len() > 1 {
            detail = format!("{detail}; shown in {}", enabled_presentment_currencies.join(", "));
        }
        let answer: Answer = match self.client.run(&MARKETS, &json!({})).await {
            Ok(answer) => answer,
            Err(error) => return unseen(WHAT, &error),
        };
        let active = answer.markets.nodes.iter().filter(|market| market.status == "ACTIVE");
        let markets: Vec<String> = active
            .map(|market| match &market.currency_settings {
                Some(settings) => {
                    format!("{} {}", market.name, settings.base_currency.currency_code)
                }
                None => market.name.clone(),
            })
            .collect();
        finding(Level::Ok, WHAT, format!("{detail}; markets: {}", markets.join(", ")))
    }
}

#[derive(Deserialize)]
pub(super) struct Page<T> {
    pub(super) nodes: Vec<T>,
}
