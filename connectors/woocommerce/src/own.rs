//! An order of our own, where the store makes none before it is placed (WooCommerce 10.9 and later).
//!
//! It is a draft through the REST API that holds what a cart has no place for; the cart is still
//! what counts. What is in the cart is written into it whenever that changes, and the store taxes it
//! anew: its total must come out the same, or nothing is charged. Entries of an order have no names
//! of ours, so writing them twice would order twice: they are written once, and where that went
//! wrong all that stands there is taken out before it is written again.

use commerce::{ConnectorError, Facts, Money};
use serde_json::{Map, Value, json};

use crate::{
    WooCommerce,
    cart::Cart,
    item::Names,
    memory::Contents,
    order::{StoreOrder, agreed_meta, fact_meta, name_meta},
};

impl WooCommerce {
    /// Makes the order. A lost answer leaves a draft behind, which the store clears away.
    pub(crate) async fn own_draft(
        &self,
        cart: &Cart,
        note: &str,
        (facts, names): (&Facts, &Names),
    ) -> Result<StoreOrder, ConnectorError> {
        let mut body = contents(cart, &Contents::default())?;
        body.extend(kept(cart.total()?, note, facts, names));
        body.insert("status".to_owned(), json!("checkout-draft"));
        self.client.post("order.draft", "/orders", &Value::Object(body)).await
    }

    /// Writes the cart into the order, and what else it has to keep.
    pub(crate) async fn fill(
        &self,
        order: u64,
        (cart, before): (&Cart, &Contents),
        note: &str,
        (facts, names): (&Facts, &Names),
    ) -> Result<StoreOrder, ConnectorError> {
        let mut body = contents(cart, before)?;
        body.extend(kept(cart.total()?, note, facts, names));
        let path = format!("/orders/{order}");
        self.client.put_once("order.fill", &path, &Value::Object(body)).await
    }

    /// Writes the cart into the order again where it does not cost what the cart does.
    pub(crate) async fn mend(
        &self,
        order: u64,
        cart: &Cart,
        before: &Contents,
    ) -> Result<(), ConnectorError> {
        if before.total == Some(cart.total()?) {
            return Ok(());
        }
        let body = Value::Object(contents(cart, before)?);
        let path = format!("/orders/{order}");
        let _mended: StoreOrder = self.client.put_once("order.mend", &path, &body).await?;
        Ok(())
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
fn contents(cart: &Cart, before: &Contents) -> Result<Map<String, Value>, ConnectorError> {
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
