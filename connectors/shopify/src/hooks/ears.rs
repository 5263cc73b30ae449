//! Hearing: who may have signed a delivery, whether it is new, and what it is about.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use commerce::{Forged, Heard, ProductId};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;

use crate::{
    Shopify,
    auth::Access,
    catalog::stock_hint,
    id::{Ordered, tail},
};

/// A delivery is repeated for four hours, and known by its id for longer.
const DELIVERY_KNOWN: Duration = Duration::from_hours(48);
/// So many deliveries are known.
const DELIVERIES_MAX: u64 = 20_000;

/// What it takes to believe a delivery: who may have signed it, and which were heard.
pub(crate) struct Ears {
    secrets: Vec<SecretString>,
    heard: Cache<(String, String), ()>,
}

impl Ears {
    /// Hears what is signed with the app's secret, or with one of these.
    pub(crate) fn new(access: &Access, others: &[SecretString]) -> Self {
        let own = match access {
            Access::ClientCredentials { client_secret, .. } => Some(client_secret.clone()),
            Access::AdminToken(_) => None,
        };
        let secrets = own.into_iter().chain(others.iter().cloned()).collect();
        let heard = Cache::builder().max_capacity(DELIVERIES_MAX).time_to_live(DELIVERY_KNOWN);
        Self { secrets, heard: heard.build() }
    }

    /// Whether there is any secret at all.
    pub(crate) fn can_hear(&self) -> bool {
        !self.secrets.is_empty()
    }

    /// Whether one of the secrets has signed this, byte for byte. Comparing takes the same time
    /// whatever is wrong.
    fn believes(&self, signature: &[u8], body: &[u8]) -> bool {
        self.secrets.iter().fold(false, |known, secret| {
            let mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes());
            let signed =
                mac.is_ok_and(|mac| mac.chain_update(body).verify_slice(signature).is_ok());
            known | signed
        })
    }

    /// Whether a delivery is new; from now on it is not.
    fn is_new(&self, topic: &str, delivery: Option<String>) -> bool {
        let Some(delivery) = delivery else { return true };
        self.heard.entry((topic.to_owned(), delivery)).or_insert(()).is_fresh()
    }
}

impl Shopify {
    /// What a delivery is about, if the store has signed it.
    pub(crate) fn hear_delivery(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
    ) -> Result<Heard, Forged> {
        let signature = header("x-shopify-hmac-sha256").ok_or(Forged)?;
        let signature = STANDARD.decode(signature).map_err(|_| Forged)?;
        if !self.ears.believes(&signature, body) {
            return Err(Forged);
        }
        let topic = header("x-shopify-topic").unwrap_or_default();
        if !self.ears.is_new(&topic, header("x-shopify-webhook-id")) {
            return Ok(Heard::Nothing);
        }
        self.drop_what_has_changed(&topic, body);
        Ok(about(&topic, body))
    }

    /// What is remembered here of the thing that has changed is read again by whoever needs it.
    fn drop_what_has_changed(&self, topic: &str, body: &[u8]) {
        #[derive(Deserialize)]
        struct Draft {
            id: u64,
            /// Absent where it is gone.
            updated_at: Option<Timestamp>,
        }

        match topic.split_once('/').unwrap_or((topic, "")) {
            ("bulk_operations", "finish") => self.reading.exported.notify_waiters(),
            ("draft_orders", _) => {
                let Ok(draft) = serde_json::from_slice::<Draft>(body) else { return };
                self.memory.forget_older(draft.id, draft.updated_at);
            }
            ("shop", "update") | ("markets", _) => self.shop.doubt(),
            ("locations", _) => self.places.doubt(),
            // What was denied may be granted now, and the other way around.
            ("app", "scopes_update") => {
                self.shop.doubt();
                self.places.doubt();
            }
            _ => {}
        }
    }
}

/// What a delivery that is signed is about. Numbers are larger than a floating-point one can count.
fn about(topic: &str, body: &[u8]) -> Heard {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body {
        id: Option<u64>,
        admin_graphql_api_id: Option<String>,
        order_id: Option<u64>,
        order: Option<Referred>,
        inventory_item_id: Option<u64>,
        customer: Option<Referred>,
        orders_requested: Vec<u64>,
        orders_to_redact: Vec<u64>,
    }
    #[derive(Deserialize)]
    struct Referred {
        id: u64,
    }

    let Ok(body) = serde_json::from_slice::<Body>(body) else { return Heard::Nothing };
    let own = body.id.or_else(|| tail(body.admin_graphql_api_id.as_deref()?));
    let order = body.order_id.or(body.order.map(|order| order.id));
    let product = |id: u64| Heard::Product(ProductId::new(id.to_string()));
    let of_order = |id: u64| Heard::Order(Ordered::Order(id).id());
    let (kind, what) = topic.split_once('/').unwrap_or((topic, ""));
    let heard = match (kind, what) {
        ("products", _) => own.map(product),
        ("inventory_levels", _) => body.inventory_item_id.map(stock_hint).map(Heard::Product),
        ("inventory_items", "update") => own.map(stock_hint).map(Heard::Product),
        ("orders", _) => own.map(of_order),
        (
            "refunds" | "fulfillments" | "fulfillment_events" | "order_transactions" | "returns",
            _,
        ) => order.map(of_order),
        ("shop", "update") | ("markets" | "locations", _) | ("app", "scopes_update") => {
            Some(Heard::Store)
        }
        ("app", "uninstalled") => Some(Heard::Uninstalled),
        ("customers", "data_request" | "redact") | ("shop", "redact") => {
            let customer = body.customer.map(|customer| format!("customer {}", customer.id));
            let orders = body.orders_requested.iter().chain(&body.orders_to_redact);
            let orders = orders.map(|order| format!("order {order}"));
            let about: Vec<String> = customer.into_iter().chain(orders).collect();
            let about = if about.is_empty() { "the store".to_owned() } else { about.join(", ") };
            Some(Heard::Privacy { request: topic.to_owned(), about })
        }
        _ => None,
    };
    heard.unwrap_or(Heard::Nothing)
}
