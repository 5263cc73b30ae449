//! What the shop says of itself: settings, gateways, zones, taxes, coupons, terms, the index.

use serde_json::{Value, json};

use super::catalog::{Kind, Term};
use super::decimal;
use super::order_view::ALL;
use super::rest::{not_found, page};
use super::shipping::{Method, ZONES, Zone};
use super::shop::Shop;
use super::tax::RATES;
use super::wire::{Answer, Call, no_route};

/// The title a gateway has by default.
pub(super) fn gateway_title(id: &str) -> &'static str {
    match id {
        "bacs" => "Direct bank transfer",
        "cheque" => "Check payments",
        _ => "Cash on delivery",
    }
}

impl Shop {
    /// The routes that describe the shop.
    pub(super) fn serve_settings(&self, call: &Call, route: &[&str]) -> Result<Answer, Answer> {
        let plain = |body: Value| Ok(Answer::json(200, body));
        match route {
            ["settings", "general"] => plain(self.general_json()),
            ["settings", "products"] => plain(self.rows_json(
                "products",
                &[
                    ("weight_unit", "Weight unit", "select", "lbs"),
                    ("dimension_unit", "Dimensions unit", "select", "in"),
                ],
            )),
            ["settings", "tax"] => {
                let yes = if self.prices_include_tax { "yes" } else { "no" };
                plain(self.rows_json(
                    "tax",
                    &[
                        ("prices_include_tax", "Prices entered with tax", "radio", yes),
                        ("tax_display_shop", "Display prices in the shop", "select", "excl"),
                    ],
                ))
            }
            ["data", "currencies", "current"] => plain(self.currency_json()),
            ["system_status"] => plain(self.status_json()),
            ["customers"] => Ok(page(call, self.customers_table(call.param("email")))),
            ["taxes"] => Ok(page(call, self.taxes_table())),
            ["coupons"] => Ok(page(call, self.coupons_table(call.param("code")))),
            ["payment_gateways"] => Ok(page(call, list(self.gateways_json()))),
            ["shipping", "zones"] => Ok(page(call, list(self.zones_json()))),
            ["shipping", "zones", id] => {
                let id: u64 = id.parse().unwrap_or(u64::MAX);
                let zones = self.zones_json();
                let zone = zones.as_array().into_iter().flatten().find(|zone| zone["id"] == id);
                plain(zone.cloned().ok_or_else(no_zone)?)
            }
            ["shipping", "zones", id, "methods"] => {
                let zone = ZONES.iter().find(|zone| zone.id.to_string() == *id);
                match zone {
                    None if *id == "0" => plain(json!([])),
                    None => Err(no_zone()),
                    Some(zone) if self.bare_zone == Some(zone.id) => plain(json!([])),
                    Some(zone) => Ok(page(call, list(self.methods_json(zone)))),
                }
            }
            _ => Err(no_route()),
        }
    }

    fn links(&self, list: &str, id: &str, allow: &[&str]) -> Value {
        let (list, own) = (self.rest(list), self.rest(&format!("{list}/{id}")));
        json!({
            "self": [{ "href": own, "targetHints": { "allow": allow } }],
            "collection": [{ "href": list }],
        })
    }

    fn general_json(&self) -> Value {
        let decimals = self.decimals.to_string();
        let rows: [(&str, &str, &str, &str); 14] = [
            ("store_address", "Address line 1", "text", "215 Beacon Street"),
            ("store_address_2", "Address line 2", "text", ""),
            ("store_city", "City", "text", "San Francisco"),
            ("default_country", "Country / State", "select", "US:CA"),
            ("store_postcode", "Postcode / ZIP", "text", "94107"),
            ("allowed_countries", "Selling location(s)", "select", "all"),
            ("default_customer_address", "Default customer location", "select", "base"),
            ("calc_taxes", "Enable taxes", "checkbox", "yes"),
            ("enable_coupons", "Enable coupons", "checkbox", "yes"),
            ("currency", "Currency", "select", &self.currency),
            ("currency_pos", "Currency position", "select", "left"),
            ("price_thousand_sep", "Thousand separator", "text", ","),
            ("price_decimal_sep", "Decimal separator", "text", "."),
            ("price_num_decimals", "Number of decimals", "number", &decimals),
        ];
        self.rows_json("general", &rows)
    }

    /// The settings of a group: id, label, kind and value.
    fn rows_json(&self, group: &str, rows: &[(&str, &str, &str, &str)]) -> Value {
        let list = format!("wc/v3/settings/{group}");
        let row = |&(id, label, kind, value): &(&str, &str, &str, &str)| {
            let id = format!("woocommerce_{id}");
            let mut json = json!({
                "id": id, "label": label, "description": label, "type": kind, "default": "",
                "tip": label, "value": value,
                "_links": self.links(&list, &id, &ALL[..4]),
            });
            if kind == "select" {
                json["options"] = json!({ value: value });
            }
            json
        };
        rows.iter().map(row).collect()
    }

    fn currency_json(&self) -> Value {
        let name =
            if self.currency == "USD" { "United States (US) dollar" } else { &self.currency };
        let symbol = if self.currency == "USD" { "&#36;" } else { self.symbol() };
        let links = self.links("wc/v3/data/currencies", &self.currency, &["GET"]);
        json!({ "code": self.currency, "name": name, "symbol": symbol, "_links": links })
    }

    fn status_json(&self) -> Value {
        let symbol = if self.currency == "USD" { "&#36;" } else { self.symbol() };
        json!({
            "environment": {
                "home_url": self.home,
                "site_url": self.base,
                "store_id": "25dd32fb-fc09-4749-b063-2baeb30e745b",
                "version": self.version,
                "wp_version": "6.9.7",
                "wp_multisite": false,
                "wp_environment_type": "production",
                "language": "en_US",
                "external_object_cache": null,
                "server_info": "nginx/1.22.1",
                "php_version": "8.2.36",
                "default_timezone": "UTC",
            },
            "settings": {
                "api_enabled": false,
                "force_ssl": false,
                "currency": self.currency,
                "currency_symbol": symbol,
                "currency_position": "left",
                "thousand_separator": ",",
                "decimal_separator": ".",
                "number_of_decimals": self.decimals,
                "geolocation_enabled": false,
                "taxonomies": {
                    "external": "external", "grouped": "grouped",
                    "simple": "simple", "variable": "variable",
                },
                "woocommerce_com_connected": "no",
                "enforce_approved_download_dirs": true,
                "HPOS_enabled": true,
                "HPOS_sync_enabled": false,
                "enabled_features": ["order_attribution", "custom_order_tables"],
            },
        })
    }

    fn taxes_table(&self) -> Vec<Value> {
        let row = |(order, rate): (usize, &super::tax::Rate)| {
            let class = if rate.class.is_empty() { "standard" } else { rate.class };
            json!({
                "id": rate.id,
                "country": rate.country,
                "state": rate.state,
                "postcode": "",
                "city": "",
                "rate": decimal::fixed(rate.percent, 4),
                "name": rate.name,
                "priority": 1,
                "compound": false,
                "shipping": rate.shipping,
                "order": order,
                "class": class,
                "postcodes": [],
                "cities": [],
                "_links": self.links("wc/v3/taxes", &rate.id.to_string(), &ALL),
            })
        };
        RATES.iter().enumerate().map(row).collect()
    }

    fn coupons_table(&self, code: Option<&str>) -> Vec<Value> {
        let row = |coupon: &super::Coupon| {
            let mut json = json!({
                "id": coupon.id,
                "code": coupon.code,
                "amount": decimal::fixed(coupon.amount, 2),
                "status": "publish",
                "discount_type": coupon.kind(),
                "description": "",
                "usage_count": coupon.used,
                "individual_use": false,
                "usage_limit": coupon.limit,
                "usage_limit_per_user": null,
                "limit_usage_to_x_items": null,
                "free_shipping": coupon.free_shipping,
                "exclude_sale_items": false,
                "minimum_amount": decimal::fixed(coupon.minimum, 2),
                "maximum_amount": "0.00",
                "_links": self.links("wc/v3/coupons", &coupon.id.to_string(), &ALL),
            });
            for list in [
                "product_ids",
                "excluded_product_ids",
                "product_categories",
                "excluded_product_categories",
                "email_restrictions",
                "used_by",
                "meta_data",
            ] {
                json[list] = json!([]);
            }
            self.put_date(&mut json, "date_created", Some(coupon.created));
            self.put_date(&mut json, "date_modified", Some(coupon.created));
            self.put_date(&mut json, "date_expires", coupon.expires);
            json
        };
        let asked =
            |coupon: &&super::Coupon| code.is_none_or(|code| coupon.code == code.to_lowercase());
        self.coupons.iter().rev().filter(asked).map(row).collect()
    }

    fn customers_table(&self, email: Option<&str>) -> Vec<Value> {
        let asked = |mail: &str| email.is_none_or(|email| email.eq_ignore_ascii_case(mail));
        let customers = self.customers.iter().filter(|(_, mail)| asked(mail));
        customers
            .map(|(id, mail)| {
                json!({
                    "id": id, "email": mail, "role": "customer", "first_name": "", "last_name": "",
                    "username": mail, "is_paying_customer": false, "meta_data": [],
                    "_links": self.links("wc/v3/customers", &id.to_string(), &ALL),
                })
            })
            .collect()
    }

    fn gateways_json(&self) -> Value {
        let gateway = |id: &str| {
            let title = gateway_title(id);
            let url = format!(
                "{}/wp-admin/admin.php?page=wc-settings&tab=checkout&path=/offline/{id}",
                self.base
            );
            json!({
                "id": id,
                "title": title,
                "description": format!("Pay by {}.", title.to_lowercase()),
                "order": "",
                "enabled": true,
                "method_title": title,
                "method_description": "Take payments in person.",
                "method_supports": ["products"],
                "settings": { "title": field("title", "Title", "safe_text", title) },
                "needs_setup": false,
                "post_install_scripts": [],
                "settings_url": url,
                "connection_url": null,
                "setup_help_text": null,
                "required_settings_keys": [],
                "_links": self.links("wc/v3/payment_gateways", id, &ALL[..4]),
            })
        };
        super::cart_view::GATEWAYS.iter().map(|id| gateway(id)).collect()
    }

    fn zones_json(&self) -> Value {
        let rest = (0, "Locations not covered by your other zones");
        let named = ZONES.iter().map(|zone| (zone.id, zone.name));
        let zone = |(id, name): (u64, &str)| {
            let mut links = self.links("wc/v3/shipping/zones", &id.to_string(), &ALL);
            let locations = self.rest(&format!("wc/v3/shipping/zones/{id}/locations"));
            links["describedby"] = json!([{ "href": locations }]);
            json!({ "id": id, "name": name, "order": 0, "_links": links })
        };
        std::iter::once(rest).chain(named).map(zone).collect()
    }

    fn methods_json(&self, zone: &Zone) -> Value {
        let list = format!("wc/v3/shipping/zones/{}/methods", zone.id);
        let method = |(at, method): (usize, &Method)| {
            let mut links = self.links(&list, &method.instance.to_string(), &ALL);
            let up = self.rest(&format!("wc/v3/shipping/zones/{}", zone.id));
            links["describes"] = json!([{ "href": up }]);
            json!({
                "id": method.instance,
                "instance_id": method.instance,
                "title": method.title,
                "order": at + 1,
                "enabled": true,
                "method_id": method.kind,
                "method_title": method.kind_title(),
                "method_description": format!("<p>{}.</p>\n", method.kind_title()),
                "settings": method_settings(method),
                "_links": links,
            })
        };
        zone.methods.iter().enumerate().map(method).collect()
    }

    /// `products/categories`.
    pub(super) fn categories_json(&self) -> Vec<Value> {
        self.terms_json("wc/v3/products/categories", |product| product.categories.clone())
    }

    /// `products/brands`.
    pub(super) fn brands_json(&self) -> Vec<Value> {
        self.terms_json("wc/v3/products/brands", |product| product.brand.into_iter().collect())
    }

    fn terms_json(&self, list: &str, of: fn(&super::catalog::Product) -> Vec<Term>) -> Vec<Value> {
        let products = self.catalog.products.values().filter(|p| p.kind != Kind::Variation);
        let used: Vec<Term> = products.flat_map(of).collect();
        let mut terms = used.clone();
        terms.extend(used.iter().filter_map(|term| super::demo::above(term.id)));
        terms.sort_by_key(|term| term.name);
        terms.dedup();
        let term = |term: &Term| {
            json!({
                "id": term.id,
                "name": term.name,
                "slug": term.slug,
                "parent": super::demo::above(term.id).map_or(0, |above| above.id),
                "description": "",
                "display": "default",
                "image": null,
                "menu_order": 0,
                "count": used.iter().filter(|known| *known == term).count(),
                "_links": self.links(list, &term.id.to_string(), &ALL),
            })
        };
        terms.iter().map(term).collect()
    }
}

fn list(value: Value) -> Vec<Value> {
    if let Value::Array(items) = value { items } else { Vec::new() }
}

fn no_zone() -> Answer {
    not_found("woocommerce_rest_shipping_zone_invalid")
}

fn field(id: &str, label: &str, kind: &str, value: &str) -> Value {
    json!({
        "id": id, "label": label, "description": label, "type": kind, "value": value,
        "default": "", "tip": label, "placeholder": "",
    })
}

fn method_settings(method: &Method) -> Value {
    let mut settings = json!({ "title": field("title", "Name", "text", method.title) });
    if method.kind == "free_shipping" {
        let minimum = decimal::plain(method.minimum);
        settings["requires"] = field("requires", "Free shipping requires", "select", "min_amount");
        settings["min_amount"] = field("min_amount", "Minimum order amount", "text", &minimum);
        settings["ignore_discounts"] =
            field("ignore_discounts", "Coupons discounts", "checkbox", "no");
        return settings;
    }
    let mut cost = decimal::plain(method.cost);
    if method.each > 0 {
        cost = format!("{cost} + {} * [qty]", decimal::plain(method.each));
    }
    settings["tax_status"] = field("tax_status", "Tax status", "select", "taxable");
    settings["cost"] = field("cost", "Cost", "text", &cost);
    settings
}
