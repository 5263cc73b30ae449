//! A cart and the rules for what goes into it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::address::Address;
use super::catalog::{Attribute, Kind, Product, Term};
use super::shop::Shop;
use super::wire::{Answer, problem, quoted};

/// One buyer's session.
#[derive(Clone)]
pub(super) struct Cart {
    pub(super) lines: Vec<Line>,
    pub(super) coupons: Vec<String>,
    pub(super) shipping: Address,
    pub(super) billing: Address,
    /// The chosen rate of each package, and the set it was chosen from.
    pub(super) rates: BTreeMap<String, String>,
    pub(super) offered: BTreeMap<String, Vec<String>>,
    /// The order `GET checkout` made.
    pub(super) draft: Option<u64>,
    /// Errors to tell once.
    pub(super) notices: Vec<Value>,
    /// The buyer's note, where no order keeps it.
    pub(super) note: String,
}

/// One line: a simple product or a variation.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) key: String,
    pub(super) product: u64,
    /// The variation's values with the open ones filled in.
    pub(super) values: Vec<(Attribute, Term)>,
    pub(super) quantity: i64,
}

impl Default for Cart {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            coupons: Vec::new(),
            shipping: Address::base(),
            billing: Address::base(),
            rates: BTreeMap::new(),
            offered: BTreeMap::new(),
            draft: None,
            notices: Vec::new(),
            note: String::new(),
        }
    }
}

impl Cart {
    /// Sums the units of all lines.
    pub(super) fn units(&self) -> i64 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// Empties it after an order; addresses stay.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.coupons.clear();
        self.rates.clear();
        self.offered.clear();
        self.draft = None;
    }

    /// The hash in the `Cart-Hash` header; empty for an empty cart.
    pub(super) fn hash(&self) -> String {
        if self.lines.is_empty() {
            return String::new();
        }
        let lines = self.lines.iter().map(|l| format!("{}x{}", l.key, l.quantity));
        let coupons = self.coupons.iter().cloned();
        digest(&lines.chain(coupons).collect::<Vec<_>>().join("|"))
    }
}

/// 32 hexadecimal digits which stand for a text.
pub(super) fn digest(text: &str) -> String {
    let bytes = Sha256::digest(text.as_bytes());
    let number = bytes.iter().take(16).fold(0_u128, |sum, byte| (sum << 8) | u128::from(*byte));
    format!("{number:032x}")
}

impl Shop {
    /// `cart/add-item`: checks everything, then adds to a line or makes one.
    pub(super) fn add_item(&self, cart: &mut Cart, body: &Value) -> Result<(), Answer> {
        let id = integer(&body["id"]);
        let quantity = body.get("quantity").map_or(1, integer);
        let asked =
            u64::try_from(id).ok().and_then(|id| self.catalog.get(id)).ok_or_else(|| {
                let name = quoted(&id.to_string());
                let text = format!(
                    "Product with ID {name} was not found and cannot be added to the cart."
                );
                problem(400, "woocommerce_rest_cart_invalid_product", &text)
            })?;
        let (product, values) = self.pick_variation(asked, body)?;
        let name = quoted(&self.full_name(product));
        if !self.catalog.is_purchasable(product) {
            let text = format!("{name} is not available for purchase.");
            return Err(problem(400, "woocommerce_rest_product_not_purchasable", &text));
        }
        if quantity <= 0 {
            let text = format!(
                "You cannot add {name} with a quantity less than or equal to 0 to the cart."
            );
            return Err(problem(400, "woocommerce_rest_product_invalid_quantity", &text));
        }
        if !product.is_in_stock() {
            let text =
                format!("You cannot add {name} to the cart because the product is out of stock.");
            return Err(problem(400, "woocommerce_rest_product_out_of_stock", &text));
        }
        // A quantity that does not fit is made to, without a word.
        let quantity = if product.most == 1 { 1 } else { quantity.max(product.minimum()) };
        let quantity = quantity.div_euclid(product.step()).max(1) * product.step();
        let held: i64 =
            cart.lines.iter().filter(|l| l.product == product.id).map(|l| l.quantity).sum();
        if held.saturating_add(quantity) > product.maximum() {
            let text = format!(
                "You cannot add that amount of {name} to the cart because there is not enough \
                 stock ({} remaining).",
                product.maximum()
            );
            let code = "woocommerce_rest_product_partially_out_of_stock";
            return Err(problem(400, code, &text));
        }
        let key = line_key(product, &values);
        match cart.lines.iter_mut().find(|line| line.key == key) {
            Some(line) => line.quantity += quantity,
            None => cart.lines.push(Line { key, product: product.id, values, quantity }),
        }
        Ok(())
    }

    /// `cart/update-item`: sets a line's quantity.
    pub(super) fn update_item(&self, cart: &mut Cart, body: &Value) -> Result<(), Answer> {
        let at = self.line_at(cart, body)?;
        let quantity = body.get("quantity").map_or(0, integer);
        let product = self.catalog.get(cart.lines[at].product);
        let maximum = product.map_or(9999, Product::maximum);
        let limit = |word: &str, limit: i64| {
            let name = quoted(&product.map(|p| self.full_name(p)).unwrap_or_default());
            let text = format!("The {word} quantity of {name} allowed in the cart is {limit}");
            problem(400, "invalid_quantity", &text)
        };
        let (minimum, step) = product.map_or((1, 1), |p| (p.minimum(), p.step()));
        if quantity < minimum {
            return Err(limit("minimum", minimum));
        }
        if quantity % step != 0 {
            let name = quoted(&product.map(|p| self.full_name(p)).unwrap_or_default());
            let text = format!("The quantity of {name} must be a multiple of {step}");
            return Err(problem(400, "invalid_quantity", &text));
        }
        if quantity > maximum {
            return Err(limit("maximum", maximum));
        }
        cart.lines[at].quantity = quantity;
        Ok(())
    }

    /// `cart/remove-item`.
    pub(super) fn remove_item(&self, cart: &mut Cart, body: &Value) -> Result<(), Answer> {
        let at = self.line_at(cart, body)?;
        cart.lines.remove(at);
        Ok(())
    }

    /// A product's name as messages and package lists show it: "Hoodie - Red, No".
    pub(super) fn full_name(&self, product: &Product) -> String {
        if product.kind != Kind::Variation {
            return product.name.clone();
        }
        let words = variation_words(product);
        let family = &self.catalog.family(product).name;
        if words.is_empty() { family.clone() } else { format!("{family} - {words}") }
    }

    fn line_at(&self, cart: &mut Cart, body: &Value) -> Result<usize, Answer> {
        let key = body["key"].as_str().unwrap_or_default();
        let found = cart.lines.iter().position(|line| line.key == key);
        found.ok_or_else(|| {
            let text = "Cart item does not exist.";
            let code = "woocommerce_rest_cart_invalid_key";
            self.conflict(cart, code, text, json!({ "status": 409 }))
        })
    }
}

/// A number from JSON the way PHP casts it: "abc" is 0.
pub(super) fn integer(value: &Value) -> i64 {
    match value {
        Value::Number(number) => number.as_i64().unwrap_or(0),
        Value::String(text) => text.trim().parse().unwrap_or(0),
        Value::Bool(yes) => i64::from(*yes),
        _ => 0,
    }
}

/// "Red, No".
pub(super) fn variation_words(product: &Product) -> String {
    let named = product.values.iter().filter_map(|(_, term)| term.map(|term| term.name));
    named.collect::<Vec<_>>().join(", ")
}

fn line_key(product: &Product, values: &[(Attribute, Term)]) -> String {
    let parts = values.iter().map(|(attribute, term)| format!("{}{}", attribute.slug, term.slug));
    digest(&format!("{}_{}_{}", product.parent, product.id, parts.collect::<String>()))
}
