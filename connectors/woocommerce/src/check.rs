//! What works at a store, what does not, and what its owner should do. Changes nothing there.

use std::collections::BTreeMap;

use commerce::{ConnectorError, Currency, Effect, Finding, Level, plain_text};
use http::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{WooCommerce, client::token_of, error::unreadable, key::Way, loose};

/// Before this nobody has tried it.
const VERSION_MIN: u32 = 9;
/// So many products are looked at for what feeds want of them.
const SAMPLE: usize = 100;
/// An order that no store has.
const NO_ORDER: &str = "/orders/0";

impl WooCommerce {
    /// From the outside in: how it is reached, the key, what it sells, carts, delivery, payment.
    pub(crate) async fn look_over(&self) -> Vec<Finding> {
        // What the first call learns, the address is judged by.
        let products = self.look_at_products().await;
        let mut findings = self.look_at_address().await;
        findings.extend(products);
        findings.push(self.look_at_orders().await);
        findings.extend(self.look_at_settings().await);
        findings.push(self.look_at_carts().await);
        findings.push(self.look_at_delivery().await);
        findings.push(self.look_at_payment_methods().await);
        findings
    }

    /// How the store is reached, and what it is.
    async fn look_at_address(&self) -> Vec<Finding> {
        #[derive(Default, Deserialize)]
        struct Status {
            #[serde(default, deserialize_with = "loose::object")]
            environment: Environment,
        }

        #[derive(Default, Deserialize)]
        struct Environment {
            #[serde(default, deserialize_with = "loose::text")]
            version: String,
            #[serde(default, deserialize_with = "loose::text")]
            home_url: String,
        }

        let mut findings = vec![self.judge_way()];
        if !self.client.has_permalinks() {
            findings.push(finding(
                Level::Warning,
                "Permalinks",
                "/wp-json leads nowhere, so the store is called through ?rest_route=: set \
                 permalinks to anything but \"Plain\" (Settings > Permalinks), and have the web \
                 server pass /wp-json on to WordPress"
                    .to_owned(),
            ));
        }
        let path = "/system_status?_fields=environment";
        let Ok(status) = self.client.get::<Status>("check.status", path).await else {
            // Only an administrator's key may read it, and the rest does not need one.
            return findings;
        };
        let Environment { version, home_url } = status.environment;
        findings.push(judge_version(&version));
        let home = home_url.trim_end_matches('/');
        if !home.is_empty() && home != self.client.url() {
            findings.push(finding(
                Level::Warning,
                "Address",
                format!(
                    "the store calls itself {home}: set `url` to that, or links and signatures \
                     may not fit"
                ),
            ));
        }
        findings
    }

    fn judge_way(&self) -> Finding {
        let is_tls = self.client.url().starts_with("https://");
        let (level, detail) = match (self.client.way(), is_tls) {
            (Way::Basic, true) => (Level::Ok, "over TLS, with the key in the header"),
            (Way::Query, _) => (
                Level::Warning,
                "the web server takes the Authorization header away, so the key goes into the \
                 query and may end in logs: pass the header on (Apache: CGIPassAuth On; nginx: \
                 fastcgi_param HTTP_AUTHORIZATION $http_authorization)",
            ),
            (Way::Signed, _) => (
                Level::Warning,
                "in the clear: the key is never shown, but anybody on the way reads what buyers \
                 tell; use https",
            ),
            (Way::Basic, false) => (
                Level::Warning,
                "in the clear, and the store takes it for TLS: use https, or keep the way between \
                 the two private",
            ),
        };
        finding(level, "Address", detail.to_owned())
    }

    async fn look_at_products(&self) -> Vec<Finding> {
        #[derive(Deserialize)]
        struct Sampled {
            #[serde(default, deserialize_with = "loose::list")]
            brands: Vec<Value>,
            #[serde(default, deserialize_with = "loose::text")]
            global_unique_id: String,
            #[serde(default, deserialize_with = "loose::list")]
            images: Vec<Value>,
        }

        let path = format!("/products?per_page={SAMPLE}&_fields=id,brands,global_unique_id,images");
        let answer = match self.client.get_answer("check.products", &path).await {
            Ok(answer) => answer,
            Err(error) => return vec![broken("Products", &error)],
        };
        let total = answer.header("x-wp-total").unwrap_or("an unknown number of").to_owned();
        let sample: Vec<Sampled> = match answer.json() {
            Ok(sample) => sample,
            Err(error) => {
                return vec![broken("Products", &unreadable("check", Effect::None, error))];
            }
        };
        let mut findings =
            vec![finding(Level::Ok, "Products", format!("readable, {total} in all"))];
        if sample.is_empty() {
            let detail = "there is none to sell: publish some".to_owned();
            findings.push(finding(Level::Warning, "Products", detail));
            return findings;
        }
        let share = |has: &dyn Fn(&Sampled) -> bool| {
            sample.iter().filter(|product| has(product)).count() * 100 / sample.len()
        };
        let branded = share(&|product| !product.brands.is_empty());
        let numbered = share(&|product| !product.global_unique_id.is_empty());
        let pictured = share(&|product| !product.images.is_empty());
        let detail = format!(
            "of {} looked at {branded} % have a brand, {numbered} % a GTIN, {pictured} % a picture",
            sample.len(),
        );
        findings.push(if branded < 90 || pictured < 90 {
            let what = "fill them in (brands under Products > Brands, or as an attribute named \
                        Brand), or say in brand_meta and the feed's settings where they stand";
            finding(
                Level::Warning,
                "Feed",
                format!("{detail}: agents rank such products low; {what}"),
            )
        } else {
            finding(Level::Ok, "Feed", detail)
        });
        findings
    }

    /// A write to an order that cannot be there shows what the key may do and changes nothing.
    async fn look_at_orders(&self) -> Finding {
        let read = self.client.get_answer("check.orders", "/orders?per_page=1&_fields=id").await;
        if let Err(error) = read {
            return broken("Orders", &error);
        }
        let write = self.client.put::<Value>("check.write", NO_ORDER, &json!({})).await;
        match write {
            Err(ConnectorError::NotFound { .. }) => {
                finding(Level::Ok, "Orders", "the key may read and write them".to_owned())
            }
            Err(ConnectorError::Denied { .. }) => finding(
                Level::Failure,
                "Orders",
                "the key may only read: make one with permission Read/Write (WooCommerce > \
                 Settings > Advanced > REST API)"
                    .to_owned(),
            ),
            Err(error) => broken("Orders", &error),
            Ok(_) => finding(
                Level::Warning,
                "Orders",
                "readable; whether the key may write them shows at the first order".to_owned(),
            ),
        }
    }

    async fn look_at_settings(&self) -> Vec<Finding> {
        let currency = self.store_currency().await;
        let settings = match self.general_settings().await {
            Ok(settings) => settings,
            Err(error) => return vec![broken("Settings", &error)],
        };
        let mut findings = vec![match &currency {
            Ok(currency) => judge_currency(&settings, *currency),
            Err(error) => broken("Currency", error),
        }];
        let is_off = settings.get("woocommerce_calc_taxes").is_some_and(|taxes| taxes == "no");
        let taxes = if is_off { "off: the store adds none to any order" } else { "on" };
        findings.push(finding(Level::Ok, "Taxes", taxes.to_owned()));
        let lacks = |id: &str| settings.get(id).is_none_or(String::is_empty);
        if lacks("woocommerce_store_city") || lacks("woocommerce_store_postcode") {
            let detail = "the store has no address of its own, which buyers who pick up need: \
                          complete it in WooCommerce > Settings > General";
            findings.push(finding(Level::Warning, "Settings", detail.to_owned()));
        }
        findings
    }

    async fn look_at_carts(&self) -> Finding {
        let answer = self.client.cart("check.cart", Method::GET, "/cart", None).await;
        match answer.and_then(|answer| token_of("check.cart", &answer)) {
            Ok(_) => finding(Level::Ok, "Carts", "the Store API hands out carts".to_owned()),
            Err(error) => broken("Carts", &error),
        }
    }

    async fn look_at_delivery(&self) -> Finding {
        #[derive(Deserialize)]
        struct Zone {
            #[serde(deserialize_with = "loose::number")]
            id: u64,
            #[serde(default, deserialize_with = "loose::text")]
            name: String,
        }

        #[derive(Deserialize)]
        struct Method {
            #[serde(default, deserialize_with = "loose::flag")]
            enabled: bool,
        }

        let zones: Vec<Zone> = match self.list("check.zones", "/shipping/zones").await {
            Ok(zones) => zones,
            Err(error) => return broken("Delivery", &error),
        };
        let (mut empty, mut served) = (Vec::new(), 0);
        for zone in &zones {
            let path = format!("/shipping/zones/{}/methods", zone.id);
            let methods: Vec<Method> = match self.list("check.methods", &path).await {
                Ok(methods) => methods,
                Err(error) => return broken("Delivery", &error),
            };
            if methods.iter().any(|method| method.enabled) {
                served += 1;
            } else if zone.id != 0 {
                // The rest of the world need not be served.
                empty.push(plain_text(&zone.name));
            }
        }
        if served == 0 {
            let detail = "nothing is delivered anywhere, so only digital goods can be bought: add a \
                          zone and a method (WooCommerce > Settings > Shipping)";
            return finding(Level::Warning, "Delivery", detail.to_owned());
        }
        if empty.is_empty() {
            return finding(Level::Ok, "Delivery", format!("to {served} zones"));
        }
        let detail =
            format!("nothing is delivered to {}: add a shipping method there", empty.join(", "));
        finding(Level::Warning, "Delivery", detail)
    }

    /// None of the store's own is used; one that holds stock for days is worth knowing of.
    async fn look_at_payment_methods(&self) -> Finding {
        #[derive(Deserialize)]
        struct Gateway {
            #[serde(deserialize_with = "loose::text")]
            id: String,
            #[serde(default, deserialize_with = "loose::flag")]
            enabled: bool,
        }

        let gateways: Vec<Gateway> = match self.list("check.gateways", "/payment_gateways").await {
            Ok(gateways) => gateways,
            Err(error) => return broken("Payment methods", &error),
        };
        let on: Vec<&str> =
            gateways.iter().filter(|it| it.enabled).map(|it| it.id.as_str()).collect();
        let detail = if on.is_empty() {
            "none is on at the store, and none is needed: agents pay through Stripe".to_owned()
        } else {
            format!("{} are the store's own; agents pay through Stripe", on.join(", "))
        };
        finding(Level::Ok, "Payment methods", detail)
    }

    async fn list<T: DeserializeOwned>(
        &self,
        name: &'static str,
        path: &str,
    ) -> Result<Vec<T>, ConnectorError> {
        self.client.get(name, path).await
    }
}

/// What is finer than the currency is rounded, and then the store's own order says a little else.
fn judge_currency(settings: &BTreeMap<String, String>, currency: Currency) -> Finding {
    let decimals = settings.get("woocommerce_price_num_decimals");
    let decimals = decimals.and_then(|decimals| decimals.parse::<u16>().ok());
    let known = currency.exponent();
    let code = currency.code();
    if let (Some(decimals), Some(known)) = (decimals, known)
        && decimals > known
    {
        let detail = format!(
            "{code}, and prices have {decimals} decimals where it has {known}: totals are rounded \
             before they are charged; set the number of decimals to {known}"
        );
        return finding(Level::Warning, "Currency", detail);
    }
    finding(Level::Ok, "Currency", code.to_owned())
}

fn judge_version(version: &str) -> Finding {
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(major) if major >= VERSION_MIN => {
            finding(Level::Ok, "WooCommerce", version.to_owned())
        }
        Some(_) => finding(
            Level::Warning,
            "WooCommerce",
            format!("{version} is older than anything this was tried with: update it"),
        ),
        None => finding(Level::Ok, "WooCommerce", "of a version that it does not tell".to_owned()),
    }
}

pub(crate) fn broken(what: &str, error: &ConnectorError) -> Finding {
    let detail = match error {
        ConnectorError::Denied { hint } => hint.clone(),
        ConnectorError::Unavailable { .. } => {
            "the store does not answer: check its address, and whether it is up".to_owned()
        }
        ConnectorError::Unreadable { source, .. } => format!(
            "{error}: {source}; a plugin, cache or firewall may change what the store answers"
        ),
        _ => format!("{error}: look at what the store answers"),
    };
    finding(Level::Failure, what, detail)
}

pub(crate) fn finding(level: Level, what: &str, detail: String) -> Finding {
    Finding { level, what: what.to_owned(), detail }
}
