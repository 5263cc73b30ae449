//! An order of our own, where the store makes none before it is placed (WooCommerce 10.9 and later).
//!
//! It is a draft through the REST API that holds what a cart has no place for; the cart is still
//! what counts. What was in the cart is written into it when it is committed, and the store taxes
//! it anew: its total must come out the same, or nothing is charged.

use commerce::{ConnectorError, Facts, Money};
use serde_json::{Map, Value, json};

use crate::{
    WooCommerce,
    cart::Cart,
    item::Names,
    memory::Leftovers,
    order::{StoreOrder, agreed_meta, fact_meta, name_meta},
};

impl WooCommerce {
    /// Makes the order. A lost answer leaves an empty draft behind, which the store clears away.
    pub(crate) async fn own_draft(
        &self,
        agreed: Money,
        note: &str,
        (facts, names): (&Facts, &Names),
    ) -> Result<u64, ConnectorError> {
        let mut body = kept(agreed, note, facts, names);
        body.insert("status".to_owned(), json!("checkout-draft"));
        let made: StoreOrder =
            self.client.post("order.draft", "/orders", &Value::Object(body)).await?;
        Ok(made.id)
    }

    /// Writes down what was shown, and what else the order has to keep.
    pub(crate) async fn keep(
        &self,
        order: u64,
        agreed: Money,
        note: &str,
        (facts, names): (&Facts, &Names),
    ) -> Result<StoreOrder, ConnectorError> {
        let body = Value::Object(kept(agreed, note, facts, names));
        self.client.put("order.keep", &format!("/orders/{order}"), &body).await
    }
}

fn kept(agreed: Money, note: &str, facts: &Facts, names: &Names) -> Map<String, Value> {
    let mut meta = fact_meta(facts);
    meta.push(agreed_meta(agreed));
    meta.extend(name_meta(names));
    let mut body = Map::new();
    body.insert("customer_note".to_owned(), json!(note));
    body.insert("meta_data".to_owned(), Value::Array(meta));
    body
}

/// The cart as the contents of an order, in place of what stood in it.
pub(crate) fn contents(
    cart: &Cart,
    before: &Leftovers,
) -> Result<Map<String, Value>, ConnectorError> {
    let gone = |ids: &[u64], mark: (&str, Value)| -> Vec<Value> {
        ids.iter().map(|id| json!({ "id": id, mark.0: mark.1 })).collect()
    };
    let mut lines = gone(&before.lines, ("quantity", json!(0)));
    lines.extend(cart.order_lines()?);
    let mut shipping = gone(&before.shipping, ("method_id", Value::Null));
    shipping.extend(cart.order_shipping()?);
    let mut fees = gone(&before.fees, ("name", Value::Null));
    fees.extend(cart.order_fees()?);
    let codes: Vec<Value> =
        cart.coupons.iter().map(|coupon| json!({ "code": coupon.code })).collect();
    let parts = [
        ("billing", cart.billing_address.json(true)),
        ("shipping", cart.shipping_address.json(false)),
        ("line_items", Value::Array(lines)),
        ("shipping_lines", Value::Array(shipping)),
        ("fee_lines", Value::Array(fees)),
        ("coupon_lines", Value::Array(codes)),
    ];
    Ok(parts.into_iter().map(|(name, part)| (name.to_owned(), part)).collect())
}
