//! What works at a store, what does not, and what its owner should do. Changes nothing there.

use std::collections::BTreeMap;

use commerce::{ConnectorError, Currency, Finding, Level};
use http::Method;
use serde::Deserialize;
use serde_json::Value;

use crate::{WooCommerce, client::token_of};

impl WooCommerce {
    /// From the outside in: the key, the currency, the settings, carts, orders, delivery.
    pub(crate) async fn look_over(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let products = self.client.get_answer("check.products", "/products?per_page=1").await;
        findings.push(match products {
            Ok(answer) => {
                let total = answer.header("x-wp-total").unwrap_or("an unknown number of");
                finding(Level::Ok, "Products", format!("readable, {total} in all"))
            }
            Err(error) => broken("Products", &error),
        });
        let orders = self.client.get_answer("check.orders", "/orders?per_page=1&_fields=id").await;
        findings.push(match orders {
            Ok(_) => finding(
                Level::Ok,
                "Orders",
                "readable; that the key may write them shows at the first order".to_owned(),
            ),
            Err(error) => broken("Orders", &error),
        });
        let currency = self.store_currency().await;
        findings.push(match &currency {
            Ok(currency) => finding(Level::Ok, "Currency", currency.code().to_owned()),
            Err(error) => broken("Currency", error),
        });
        findings.push(match self.general_settings().await {
            Ok(settings) => look_at_settings(&settings, currency.ok()),
            Err(error) => broken("Settings", &error),
        });
        findings.push(self.look_at_carts().await);
        findings.push(self.look_at_delivery().await);
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
            id: u64,
            name: String,
        }

        let zones: Vec<Zone> = match self.client.get("check.zones", "/shipping/zones").await {
            Ok(zones) => zones,
            Err(error) => return broken("Delivery", &error),
        };
        let mut empty = Vec::new();
        for zone in zones.iter().filter(|zone| zone.id != 0) {
            let path = format!("/shipping/zones/{}/methods", zone.id);
            match self.client.get::<Vec<Value>>("check.methods", &path).await {
                Ok(methods) if methods.is_empty() => empty.push(zone.name.as_str()),
                Ok(_) => {}
                Err(error) => return broken("Delivery", &error),
            }
        }
        if empty.is_empty() {
            return finding(Level::Ok, "Delivery", format!("{} zones", zones.len()));
        }
        let zones = empty.join(", ");
        finding(
            Level::Warning,
            "Delivery",
            format!("nothing is delivered to {zones}: add a shipping method there"),
        )
    }
}

/// What is finer than the currency is rounded, and then the store's own order says a little else.
fn look_at_settings(settings: &BTreeMap<String, String>, currency: Option<Currency>) -> Finding {
    let known = currency.and_then(Currency::exponent);
    let decimals = settings.get("woocommerce_price_num_decimals");
    let decimals = decimals.and_then(|decimals| decimals.parse::<u16>().ok());
    if let (Some(decimals), Some(known)) = (decimals, known)
        && decimals > known
    {
        let detail = format!(
            "prices have {decimals} decimals and the currency has {known}: totals are rounded \
             before they are charged; set the number of decimals to {known}"
        );
        return finding(Level::Warning, "Settings", detail);
    }
    let taxes = match settings.get("woocommerce_calc_taxes").map(String::as_str) {
        Some("no") => "off: the store adds none to any order",
        _ => "on",
    };
    finding(Level::Ok, "Settings", format!("readable; taxes are {taxes}"))
}

pub(crate) fn broken(what: &str, error: &ConnectorError) -> Finding {
    let detail = match error {
        ConnectorError::Denied { hint } => hint.clone(),
        ConnectorError::Unavailable { .. } => {
            "the store does not answer: check its address, and whether it is up".to_owned()
        }
        _ => format!(
            "{error}: look at what the store answers; a plugin, cache or firewall may change it"
        ),
    };
    finding(Level::Failure, what, detail)
}

pub(crate) fn finding(level: Level, what: &str, detail: String) -> Finding {
    Finding { level, what: what.to_owned(), detail }
}
