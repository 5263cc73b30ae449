//! Shipping rates, places to fetch goods, and the handles that stand for them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::address;
use super::draft::{Draft, Shipping};
use super::money::{self, converted};
use super::problem::Problem;
use super::shop::Shop;

/// A way the goods can travel.
struct Rate {
    title: &'static str,
    code: String,
    price: i64,
}

impl Shop {
    /// `draftOrderAvailableDeliveryOptions`.
    pub(super) fn delivery_options(
        &mut self,
        input: &Value,
        pickups: Option<usize>,
    ) -> Result<Value, Problem> {
        let mut draft = self.blank_draft();
        let mut taken = serde_json::Map::new();
        for name in [
            "lineItems",
            "shippingAddress",
            "discountCodes",
            "acceptAutomaticDiscounts",
            "appliedDiscount",
        ] {
            if let Some(value) = input.get(name) {
                taken.insert(name.to_owned(), value.clone());
            }
        }
        // The query has no place for user errors: whatever is wrong leaves nothing to choose from.
        let fine = self.fill(&mut draft, &taken.into(), &[])?.is_ok();
        let rates = if fine { self.rates(&draft) } else { Vec::new() };
        let shop = self.settings.currency;
        let rates: Vec<Value> = rates
            .into_iter()
            .map(|rate| {
                json!({
                    "handle": self.handle(&draft, rate.title, &rate.code, rate.price, None),
                    "title": rate.title,
                    "code": rate.code,
                    "source": "shopify",
                    "price": money::money(rate.price, shop),
                })
            })
            .collect();
        let places: Vec<Value> = if fine && draft.lines.iter().any(|line| line.ships) {
            self.pickups(&draft).into_iter().take(pickups.unwrap_or(0)).collect()
        } else {
            Vec::new()
        };
        Ok(json!({
            "availableShippingRates": rates,
            "availableLocalDeliveryRates": [],
            "availableLocalPickupOptions": places,
            "pageInfo": {
                "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null,
            },
        }))
    }

    /// `availableShippingRates` of a calculation.
    pub(super) fn rates_json(&self, draft: &Draft) -> Vec<Value> {
        let shop = self.settings.currency;
        let rates = self.rates(draft).into_iter();
        rates
            .map(|rate| {
                let handle = self.handle(draft, rate.title, &rate.code, rate.price, None);
                json!({ "handle": handle, "title": rate.title, "price": money::money(rate.price, shop) })
            })
            .collect()
    }

    /// None without a complete address, or where nobody delivers; that is no error.
    fn rates(&self, draft: &Draft) -> Vec<Rate> {
        let Some(to) = draft.shipping_address.as_ref().filter(|to| address::is_complete(to)) else {
            return Vec::new();
        };
        if !draft.lines.iter().any(|line| line.ships) {
            return Vec::new();
        }
        let country = to["countryCodeV2"].as_str().unwrap_or_default();
        let province = to["provinceCode"].as_str().unwrap_or_default();
        let zone = self.zones.iter().find(|zone| {
            zone.country == country
                && (zone.provinces.is_empty() || zone.provinces.contains(&province))
        });
        let shop = Draft { presentment: Some(self.settings.currency), ..draft.clone() };
        let subtotal = self.priced(&shop).subtotal().shop;
        let rates = zone.into_iter().flat_map(|zone| &zone.rates);
        let mut rates: Vec<Rate> = rates
            .filter(|(.., from)| subtotal >= *from)
            .map(|(title, price, _)| Rate { title, code: (*title).to_owned(), price: *price })
            .collect();
        rates.sort_by_key(|rate| rate.price);
        rates
    }

    fn pickups(&self, draft: &Draft) -> Vec<Value> {
        let places = self.locations.iter().filter(|place| place.active && place.online);
        let stocked = |place: u64| {
            draft.lines.iter().filter(|line| line.ships).all(|line| {
                let Some(variant) = line.variant.and_then(|id| self.catalog.variants.get(&id))
                else {
                    return false;
                };
                let level = self.catalog.levels.get(&(variant.id, place));
                !variant.tracked || level.is_some_and(|level| level.available >= line.quantity)
            })
        };
        places
            .filter_map(|place| {
                let instructions = place.pickup?;
                let code = format!("pickup-{}", place.id);
                stocked(place.id).then(|| {
                    json!({
                        "handle": self.handle(draft, place.name, &code, 0, Some(place.id)),
                        "title": place.name,
                        "code": code,
                        "source": "shopify",
                        "instructions": instructions,
                        "locationId": super::shop::gid("Location", place.id),
                        "distanceFromBuyer": null,
                    })
                })
            })
            .collect()
    }

    /// A signed token that holds the rate, its price in both currencies, and what it was for.
    fn handle(
        &self,
        draft: &Draft,
        title: &str,
        code: &str,
        price: i64,
        place: Option<u64>,
    ) -> String {
        let shop = self.settings.currency;
        let seen = self.presentment(draft);
        let payload = json!({
            "title": title,
            "code": code,
            "source": "shopify",
            "price": money::short(price, shop),
            "currency": shop,
            "price_presentment": money::short(converted(price, shop, seen), seen),
            "currency_presentment": seen,
            "estimated_delivery_time_range": null,
            "location_id": place,
            "group_id": group(draft),
        });
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
        let body = URL_SAFE_NO_PAD.encode(payload.to_string());
        let signed = format!("{head}.{body}");
        let seal = URL_SAFE_NO_PAD.encode(self.seal(signed.as_bytes()));
        format!("{signed}.{seal}")
    }

    /// The shipping line of a handle; `None` if it was not made here, or is stale.
    pub(super) fn redeem(&self, handle: &str, draft: &Draft) -> Option<Shipping> {
        let (signed, seal) = handle.rsplit_once('.')?;
        if URL_SAFE_NO_PAD.decode(seal).ok()? != self.seal(signed.as_bytes()) {
            return None;
        }
        let body = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        let rate: Value = serde_json::from_slice(&body).ok()?;
        let shop = self.settings.currency;
        let (title, code) = (rate["title"].as_str()?, rate["code"].as_str()?);
        let price = money::parsed(rate["price"].as_str()?, shop)?;
        let pickup = rate["location_id"].as_u64();
        let offered = match pickup {
            Some(_) => self.pickups(draft).iter().any(|place| place["code"] == code),
            None => self.rates(draft).iter().any(|rate| rate.code == code && rate.price == price),
        };
        let same = rate["group_id"] == group(draft).as_str();
        if !(offered && same || self.settings.quirks.stale_handles_keep_their_price) {
            return None;
        }
        Some(Shipping {
            title: title.to_owned(),
            code: Some(code.to_owned()),
            source: Some("shopify".to_owned()),
            handle: Some(handle.to_owned()),
            price,
            currency: shop,
            pickup,
        })
    }

    fn seal(&self, bytes: &[u8]) -> Vec<u8> {
        let mac = Hmac::<Sha256>::new_from_slice(self.app.installation.to_string().as_bytes());
        let mac = mac.expect("HMAC takes keys of any length").chain_update(bytes);
        mac.finalize().into_bytes().to_vec()
    }
}

/// The goods and the address a rate was asked for.
fn group(draft: &Draft) -> String {
    let rows: Vec<Value> =
        draft.lines.iter().map(|line| json!([line.variant, line.title, line.quantity])).collect();
    let to = draft.shipping_address.as_ref();
    let part = |name: &str| to.map(|to| to[name].clone()).unwrap_or_default();
    let to =
        [part("countryCodeV2"), part("provinceCode"), part("zip"), part("city"), part("address1")];
    let digest = Sha256::digest(json!([rows, to]).to_string());
    URL_SAFE_NO_PAD.encode(&digest[..12])
}
