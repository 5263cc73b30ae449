//! What the demo says: to a human, or to a script.

use std::io::{self, Write};

use serde_json::json;

use super::{Demo, GENEROUS, TOKENS, items};

/// Too little for anything in the store, in minor units.
const TINY: i64 = 1;

/// A walk to copy and paste, from the feed to the order.
pub(super) fn walk(demo: &Demo, out: &mut impl Write) -> io::Result<()> {
    let Demo { base_url, feed_url, token, .. } = demo;
    let (store_url, stripe_url) = (&demo.store_server.url, &demo.stripe_server.url);
    let payment_token = mint(demo, "pm_card_visa", GENEROUS);
    let item = demo
        .snapshot_items()
        .into_iter()
        .find(|item| item.kind == "simple")
        .map_or_else(String::new, |item| item.id);
    writeln!(
        out,
        r#"storebridge demo: a bridge, an emulated {platform} store and an emulated Stripe.

  discovery       {base_url}/.well-known/acp.json
  feed            {feed_url}
  store           {store_url}
  Stripe          {stripe_url}
  bearer token    {token}
  payment token   {payment_token}  (pays once; `demo --json` prints more)

Copy and paste, step by step:

# 1. What is for sale?
curl -s {feed_url} | head -3

# 2. A session for one item.
acp() {{ curl -s -H 'Authorization: Bearer {token}' -H 'API-Version: 2026-04-17' \
  -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s%N)" "$@"; echo; }}
acp {base_url}/api/checkout_sessions -d '{{"currency": "usd", "capabilities": {{}},
  "line_items": [{{"id": "{item}", "quantity": 2}}],
  "buyer": {{"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}},
  "fulfillment_details": {{"name": "Ada Lovelace", "address": {{"name": "Ada Lovelace",
    "line_one": "1234 Chat Road", "city": "San Francisco", "state": "CA",
    "country": "US", "postal_code": "94131"}}}}}}' | tee /tmp/session.json
id=$(sed 's/^{{"id":"\([^"]*\)".*/\1/' /tmp/session.json)
express=$(grep -o '"id":"[^"]*","title":"Express"' /tmp/session.json | cut -d'"' -f4)

# 3. Express, please. The totals are the store's.
acp {base_url}/api/checkout_sessions/$id -d '{{"selected_fulfillment_options":
  [{{"type": "shipping", "option_id": "'$express'", "item_ids": []}}]}}'

# 4. Buy.
acp {base_url}/api/checkout_sessions/$id/complete -d '{{"payment_data":
  {{"handler_id": "card_tokenized", "instrument": {{"type": "card",
    "credential": {{"type": "spt", "token": "{payment_token}"}}}}}}}}'

# 5. The order, as the store has it.
{look}

Ctrl-C ends it."#,
        platform = demo.shop.name(),
        look = demo.shop.look(store_url),
    )?;
    out.flush()
}

/// One line with everything a script needs.
pub(super) fn json(demo: &Demo, out: &mut impl Write) -> io::Result<()> {
    let mint_all = |payment_method: &str, limit: i64| -> Vec<String> {
        (0..TOKENS).map(|_| mint(demo, payment_method, limit)).collect()
    };
    let mut line = json!({
        "base_url": demo.base_url,
        "discovery_url": format!("{}/.well-known/acp.json", demo.base_url),
        "feed_url": demo.feed_url,
        "token": demo.token,
        "items": demo.snapshot_items(),
        "payment_tokens": {
            "ok": mint_all("pm_card_visa", GENEROUS),
            "declined": mint_all("pm_card_chargeDeclined", GENEROUS),
            "too_small": mint_all("pm_card_visa", TINY),
            "requires_action": mint_all("pm_card_authenticationRequired", GENEROUS),
        },
        "store_url": demo.store_server.url,
        "stripe_url": demo.stripe_server.url,
        "stripe_key": demo.stripe.secret_key(),
    });
    for (name, key) in demo.shop.keys().as_object().into_iter().flatten() {
        line[name] = key.clone();
    }
    writeln!(out, "{line}")?;
    out.flush()
}

fn mint(demo: &Demo, payment_method: &str, limit: i64) -> String {
    demo.stripe.mint(payment_method, limit, "usd")
}

impl Demo {
    /// The catalog as the bridge has read it from the store.
    pub(super) fn snapshot_items(&self) -> Vec<items::Item> {
        let snapshot = self.app.stores.first().and_then(|store| store.catalog.snapshot());
        snapshot.map(|snapshot| items::all(&snapshot)).unwrap_or_default()
    }
}
