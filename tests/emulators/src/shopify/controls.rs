//! What a test does to a shop: as its owner, its buyers, or time would.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::shop::{gid, number};
use super::{Plan, Quirks, Store, catalog, order};

impl Store {
    /// Grants the app exactly these scopes.
    pub fn grant_scopes(&self, scopes: &[&str]) {
        self.lock().app.scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    }

    /// Changes the app's secret: new tokens need it, and deliveries are signed with it.
    pub fn rotate_secret(&self) -> String {
        let mut shop = self.lock();
        shop.app.secret = format!("shpss_{}", shop.hex(32));
        shop.app.secret.clone()
    }

    /// Ends every token of the client credentials grant.
    pub fn expire_tokens(&self) {
        self.lock().app.issued.clear();
    }

    /// Takes the app off the shop: tokens are dead, and the app is told.
    pub fn uninstall(&self) {
        let mut shop = self.lock();
        let body = json!({ "id": 92_891_250_994_u64, "myshopify_domain": shop.domain, "domain": shop.domain });
        shop.announce("app/uninstalled", &body);
        shop.app.installed = false;
        shop.app.issued.clear();
    }

    /// Sets what is not known about Shopify.
    pub fn quirks(&self, change: impl FnOnce(&mut Quirks)) {
        change(&mut self.lock().settings.quirks);
    }

    /// Another plan, with a full bucket.
    pub fn set_plan(&self, plan: Plan) {
        let mut shop = self.lock();
        shop.settings.plan = plan;
        let (most, rate) = plan.bucket();
        shop.bucket.resize(most, rate);
    }

    /// Leaves so many points in the bucket.
    pub fn drain(&self, points: u64) {
        let mut shop = self.lock();
        let now = shop.now();
        shop.bucket.drain_to(points, now);
    }

    /// How late the search learns of changes; three seconds at first.
    pub fn set_search_lag(&self, lag: SignedDuration) {
        self.lock().index.lag = lag;
    }

    /// Whether prices include tax. Off at first.
    pub fn set_taxes_included(&self, yes: bool) {
        let mut shop = self.lock();
        shop.settings.taxes_included = yes;
        shop.tell_of_shop();
    }

    /// The shop calls itself another name.
    pub fn rename(&self, name: &'static str) {
        let mut shop = self.lock();
        shop.settings.name = name;
        shop.tell_of_shop();
    }

    /// A place is called another name.
    pub fn rename_place(&self, name: &str, now: &'static str) {
        self.lock().change_place(name, "locations/update", |place| place.name = now);
    }

    /// A place opens, or is closed: then nothing is sent from there and nobody can pick up.
    pub fn open_place(&self, name: &str, yes: bool) {
        let topic = if yes { "locations/activate" } else { "locations/deactivate" };
        self.lock().change_place(name, topic, |place| place.active = yes);
    }

    /// Sets what a market's buyers pay, in percent of the shop's prices.
    pub fn set_market(&self, handle: &str, percent: i64) {
        let mut shop = self.lock();
        let found = shop.markets.iter_mut().find(|market| market.handle == handle);
        let Some(market) = found else { return };
        market.percent = percent;
        let id = market.id;
        shop.tell_of_market(id);
    }

    /// The shop sells in another currency from now on; the numbers of its prices stay.
    pub fn set_currency(&self, code: &str) {
        let mut shop = self.lock();
        let Some(code) = super::money::currency(code) else { return };
        let before = std::mem::replace(&mut shop.settings.currency, code);
        if !shop.settings.currencies.contains(&code) {
            shop.settings.currencies.push(code);
        }
        let mut changed = Vec::new();
        for market in shop.markets.iter_mut().filter(|market| market.currency == before) {
            market.currency = code;
            changed.push(market.id);
        }
        shop.tell_of_shop();
        for market in changed {
            shop.tell_of_market(market);
        }
    }

    /// Sets what is left to sell of a variant, all of it at its first place.
    pub fn set_stock(&self, variant: &str, units: i64) {
        let mut shop = self.lock();
        let now = shop.now();
        let Ok(id) = number(variant, "ProductVariant") else { return };
        let places: Vec<u64> = shop.catalog.stocked(id).map(|(place, _)| place).collect();
        for (nth, place) in places.into_iter().enumerate() {
            if let Some(level) = shop.catalog.levels.get_mut(&(id, place)) {
                (level.available, level.updated) = (if nth == 0 { units } else { 0 }, now);
            }
            shop.stock_changed(&[catalog::Taken { variant: id, location: place, quantity: 0 }]);
        }
    }

    /// Sets a variant's price, in minor units of the shop's currency.
    pub fn set_price(&self, variant: &str, minor: i64) {
        self.edit(variant, |variant, _| variant.price = minor);
    }

    /// Sets a product's status: `ACTIVE`, `DRAFT`, `ARCHIVED`, `UNLISTED`.
    pub fn set_status(&self, variant: &str, status: &str) {
        self.edit(variant, |_, product| status.clone_into(&mut product.status));
    }

    /// Takes a product off a channel, or puts it there.
    pub fn publish(&self, variant: &str, publication: &str, yes: bool) {
        let Ok(channel) = number(publication, "Publication") else { return };
        self.edit(variant, |_, product| {
            if yes {
                product.published.insert(channel)
            } else {
                product.published.remove(&channel)
            };
        });
    }

    /// Deletes a product with all its variants.
    pub fn delete_product(&self, variant: &str) {
        let mut shop = self.lock();
        let Ok(id) = number(variant, "ProductVariant") else { return };
        let Some(product) = shop.catalog.variants.get(&id).map(|known| known.product) else {
            return;
        };
        shop.catalog.products.remove(&product);
        shop.catalog.variants.retain(|_, known| known.product != product);
        let own = gid("Product", product);
        shop.index.forget(&own);
        shop.announce("products/delete", &json!({ "id": product }));
    }

    /// Changes the price of a zone's rate: handles that were issued for it are stale.
    pub fn set_rate(&self, country: &str, title: &str, minor: i64) {
        let mut shop = self.lock();
        let zones = shop.zones.iter_mut().filter(|zone| zone.country == country);
        let rates = zones.flat_map(|zone| &mut zone.rates).filter(|(known, ..)| *known == title);
        rates.for_each(|(_, price, _)| *price = minor);
    }

    /// Nothing is sent to a country any more, though it stays in its zone.
    pub fn drop_rates(&self, country: &str) {
        let mut shop = self.lock();
        let zones = shop.zones.iter_mut().filter(|zone| zone.country == country);
        zones.for_each(|zone| zone.rates.clear());
    }

    /// Adds so many products with so many variants each, all in stock, as an import would.
    pub fn import(&self, products: usize, variants: usize) {
        let mut shop = self.lock();
        super::demo::import(&mut shop, products, variants);
    }

    /// Makes an entry that metafields can refer to, such as a color; answers its id.
    pub fn add_metaobject(&self, kind: &str, name: &str) -> String {
        let mut shop = self.lock();
        let id = shop.id();
        shop.metaobjects.push((id, kind.to_owned(), name.to_owned()));
        gid("Metaobject", id)
    }

    /// Keeps a metafield with a variant's product.
    pub fn set_metafield(
        &self,
        variant: &str,
        namespace: &str,
        key: &str,
        kind: &str,
        value: &str,
    ) {
        let mut shop = self.lock();
        let Ok(id) = number(variant, "ProductVariant") else { return };
        let Some(product) = shop.catalog.variants.get(&id).map(|known| known.product) else {
            return;
        };
        let fields = json!([{ "namespace": namespace, "key": key, "type": kind, "value": value }]);
        shop.keep_metafields(&gid("Product", product), &fields);
        shop.product_changed(product, "products/update");
    }

    /// Sends out what is left of an order, and tells of it.
    pub fn fulfill(&self, order: &str, tracking: Option<(&str, &str, &str)>) {
        let mut shop = self.lock();
        let now = shop.now();
        let Ok(id) = number(order, "Order") else { return };
        let parcel = shop.id();
        let Some(order) = shop.orders.get_mut(&id) else { return };
        let mut lines = Vec::new();
        for (line, row) in order.lines.iter_mut().zip(&order.draft.lines) {
            let left = row.quantity - line.removed - line.fulfilled;
            if left > 0 {
                line.fulfilled += left;
                lines.push((line.id, left, row.variant));
            }
        }
        let tracking = tracking
            .map(|(company, number, url)| (company.to_owned(), number.to_owned(), url.to_owned()));
        order.fulfillments.push(order::Fulfillment {
            id: parcel,
            created: now,
            lines: lines.iter().map(|(line, left, _)| (*line, *left)).collect(),
            tracking,
            delivered: None,
        });
        for (_, left, variant) in lines {
            if let Some(variant) = variant {
                shop.catalog.ship(variant, left, now);
            }
        }
        shop.order_changed(id, &["orders/fulfilled"]);
        let body = json!({ "id": parcel, "order_id": id, "status": "success", "admin_graphql_api_id": gid("Fulfillment", parcel) });
        shop.announce("fulfillments/create", &body);
    }

    /// All parcels of an order have arrived.
    pub fn deliver(&self, order: &str) {
        let mut shop = self.lock();
        let now = shop.now();
        let Ok(id) = number(order, "Order") else { return };
        let Some(order) = shop.orders.get_mut(&id) else { return };
        let mut told = Vec::new();
        for parcel in order.fulfillments.iter_mut().filter(|parcel| parcel.delivered.is_none()) {
            parcel.delivered = Some(now);
            told.push(parcel.id);
        }
        shop.order_changed(id, &[]);
        for parcel in told {
            let body = json!({ "id": parcel, "order_id": id, "status": "success", "shipment_status": "delivered" });
            shop.announce("fulfillments/update", &body);
        }
    }

    /// Runs every bulk operation to its end without a look at it.
    pub fn finish_bulk(&self) {
        self.lock().finish_bulks();
    }

    /// Where deliveries to an origin really go: `https://bridge.example` to a port of this machine.
    pub fn route_hooks(&self, origin: &str, to: &str) {
        self.lock().hooks.routes.push((origin.to_owned(), to.to_owned()));
    }

    /// Where the app's configuration has compliance topics sent.
    pub fn set_compliance_url(&self, url: &str) {
        self.lock().hooks.compliance = Some(url.to_owned());
    }

    /// A compliance event: `customers/data_request`, `customers/redact`, `shop/redact`.
    pub fn comply(&self, topic: &str, body: &Value) {
        self.lock().announce_compliance(topic, body);
    }

    /// Whether every delivery comes twice. Off at first.
    pub fn deliver_twice(&self, yes: bool) {
        self.lock().hooks.twice = yes;
    }

    fn edit(
        &self,
        variant: &str,
        change: impl FnOnce(&mut catalog::Variant, &mut catalog::Product),
    ) {
        let mut shop = self.lock();
        let now: Timestamp = shop.now();
        let Ok(id) = number(variant, "ProductVariant") else { return };
        let shop = &mut *shop;
        let Some(known) = shop.catalog.variants.get_mut(&id) else { return };
        let Some(product) = shop.catalog.products.get_mut(&known.product) else { return };
        change(known, product);
        known.updated = now;
        let product = known.product;
        shop.product_changed(product, "products/update");
    }
}
