//! The store's webhooks: making, mending and reading them.
//!
//! They come late, unordered and merged, are never sent again, and go silent for good after five
//! failures. So a delivery is only a hint that something has changed, and hooks are looked after.

use base64::{Engine, engine::general_purpose::STANDARD};
use commerce::{ConnectorError, Forged, Heard, Hook, HookState, HookTarget, OrderId, ProductId};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::{WooCommerce, loose};

/// What the store shall tell of.
const TOPICS: [&str; 6] = [
    "product.created",
    "product.updated",
    "product.deleted",
    "product.restored",
    "order.updated",
    "order.deleted",
];
/// The store allows no more on a page.
const PAGE: usize = 100;
/// Most pages of webhooks: a bound, not an expectation.
const PAGES_MAX: usize = 10;

#[derive(Debug, Deserialize)]
struct StoreHook {
    #[serde(deserialize_with = "loose::number")]
    id: u64,
    #[serde(deserialize_with = "loose::text")]
    status: String,
    #[serde(deserialize_with = "loose::text")]
    topic: String,
    #[serde(deserialize_with = "loose::text")]
    delivery_url: String,
}

impl WooCommerce {
    /// Every topic, and whether the store tells of it at this address.
    pub(crate) async fn list_hooks(
        &self,
        target: &HookTarget,
    ) -> Result<Vec<Hook>, ConnectorError> {
        let ours = self.our_hooks(target).await?;
        Ok(TOPICS.iter().map(|topic| hook(topic, &ours)).collect())
    }

    /// Makes what is missing, switches on what is off, sets the secret of the rest. Answers how it
    /// was before.
    pub(crate) async fn mend_hooks(
        &self,
        target: &HookTarget,
    ) -> Result<Vec<Hook>, ConnectorError> {
        let ours = self.our_hooks(target).await?;
        for topic in TOPICS {
            let mut same = ours.iter().filter(|hook| hook.topic == topic);
            if let Some(first) = same.next() {
                let body = json!({ "status": "active", "secret": target.secret });
                let path = format!("/webhooks/{}", first.id);
                let _mended: Value = self.client.put("hook.mend", &path, &body).await?;
            } else {
                let body = json!({
                    "name": format!("storebridge: {topic}"),
                    "topic": topic,
                    "delivery_url": target.url,
                    "secret": target.secret,
                    "status": "active",
                });
                let _made: Value = self.client.post("hook.make", "/webhooks", &body).await?;
            }
            // A lost answer may have made it twice.
            for double in same {
                self.remove_hook(double).await?;
            }
        }
        Ok(TOPICS.iter().map(|topic| hook(topic, &ours)).collect())
    }

    /// Takes them all away; answers how many there were.
    pub(crate) async fn drop_hooks(&self, target: &HookTarget) -> Result<usize, ConnectorError> {
        let ours = self.our_hooks(target).await?;
        for hook in &ours {
            self.remove_hook(hook).await?;
        }
        Ok(ours.len())
    }

    async fn remove_hook(&self, hook: &StoreHook) -> Result<(), ConnectorError> {
        self.client.delete("hook.remove", &format!("/webhooks/{}?force=true", hook.id)).await
    }

    async fn our_hooks(&self, target: &HookTarget) -> Result<Vec<StoreHook>, ConnectorError> {
        let mut ours = Vec::new();
        for page in 1..=PAGES_MAX {
            let path = format!("/webhooks?per_page={PAGE}&page={page}&orderby=id&order=asc");
            let found: Vec<StoreHook> = self.client.get("hook.list", &path).await?;
            let is_full = found.len() == PAGE;
            ours.extend(found.into_iter().filter(|hook| hook.delivery_url == target.url));
            if !is_full {
                break;
            }
        }
        Ok(ours)
    }
}

fn hook(topic: &str, ours: &[StoreHook]) -> Hook {
    let state = match ours.iter().find(|hook| hook.topic == topic) {
        None => HookState::Missing,
        Some(hook) if hook.status == "active" => HookState::Active,
        Some(_) => HookState::Off,
    };
    Hook { topic: topic.to_owned(), state }
}

/// What a delivery is about, if the store has signed it. The store's first call to a new address is
/// neither signed nor about anything.
pub(crate) fn hear(
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
    secret: &str,
) -> Result<Heard, Forged> {
    #[derive(Deserialize)]
    struct Resource {
        #[serde(default, deserialize_with = "loose::some_number")]
        id: Option<u64>,
    }

    let Some(signature) = header("x-wc-webhook-signature") else {
        return if body.starts_with(b"webhook_id=") { Ok(Heard::Nothing) } else { Err(Forged) };
    };
    let signature = STANDARD.decode(signature).map_err(|_| Forged)?;
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .map_err(|_| Forged)?
        .chain_update(body)
        .verify_slice(&signature)
        .map_err(|_| Forged)?;
    // If the thing is gone by now, the body is an error without an id.
    let id = serde_json::from_slice::<Resource>(body).ok().and_then(|resource| resource.id);
    let Some(id) = id.map(|id| id.to_string()) else { return Ok(Heard::Nothing) };
    Ok(match header("x-wc-webhook-resource").as_deref() {
        Some("product") => Heard::Product(ProductId::new(id)),
        Some("order") => Heard::Order(OrderId::new(id)),
        _ => Heard::Nothing,
    })
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use commerce::{Forged, Heard, ProductId};
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::hear;

    fn heard(resource: &str, body: &str, secret: &str) -> Result<Heard, Forged> {
        let mac = Hmac::<Sha256>::new_from_slice(b"right").unwrap().chain_update(body);
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let header = |name: &str| match name {
            "x-wc-webhook-signature" => Some(signature.clone()),
            "x-wc-webhook-resource" => Some(resource.to_owned()),
            _ => None,
        };
        hear(&header, body.as_bytes(), secret)
    }

    #[test]
    fn only_what_the_store_has_signed_is_heard() {
        let product = Ok(Heard::Product(ProductId::new("7")));
        assert_eq!(heard("product", r#"{"id":7,"price":"1"}"#, "right"), product);
        assert_eq!(heard("product", r#"{"id":7}"#, "wrong"), Err(Forged));
        let gone = r#"{"code":"woocommerce_rest_product_invalid_id","data":{"status":404}}"#;
        assert_eq!(heard("product", gone, "right"), Ok(Heard::Nothing));
        assert_eq!(heard("coupon", r#"{"id":7}"#, "right"), Ok(Heard::Nothing));
        assert_eq!(hear(&|_| None, b"webhook_id=1", "right"), Ok(Heard::Nothing), "a ping");
        assert_eq!(hear(&|_| None, br#"{"id":7}"#, "right"), Err(Forged));
        let broken = |_: &str| Some("not base64!".to_owned());
        assert_eq!(hear(&broken, b"{}", "right"), Err(Forged));
    }
}
