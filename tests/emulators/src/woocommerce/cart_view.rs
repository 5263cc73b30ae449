//! A cart as the Store API shows it.

use serde_json::{Value, json};

use super::cart::{Cart, Line};
use super::catalog::Product;
use super::decimal::{self, Micros};
use super::shop::Shop;
use super::tax::Rate;
use super::totals::{LineTotals, OfferedRate, Totals};
use super::wire::Answer;

/// The gateways that are switched on.
pub(super) const GATEWAYS: [&str; 3] = ["bacs", "cheque", "cod"];

impl Shop {
    /// The whole cart; errors to tell once are told here.
    pub(super) fn cart_json(&self, cart: &mut Cart) -> Value {
        let mut errors = self.drop_unsellable(cart);
        errors.append(&mut cart.notices);
        errors.extend(self.stock_errors(cart, ("&#8220;", "&#8221;")));
        let totals = self.totals(cart);
        let items: Vec<_> = cart.lines.iter().zip(&totals.lines).collect();
        let items: Vec<_> = items.into_iter().map(|(line, t)| self.item_json(line, t)).collect();
        json!({
            "items": items,
            "coupons": self.coupons_json(&totals),
            "fees": self.fees_json(&totals),
            "totals": self.totals_json(cart, &totals),
            "shipping_address": cart.shipping.shipping(),
            "billing_address": cart.billing.billing(),
            "needs_payment": totals.price() > 0,
            "needs_shipping": totals.needs_shipping,
            "payment_requirements": ["products"],
            "has_calculated_shipping": totals.needs_shipping,
            "shipping_rates": self.packages_json(cart, &totals),
            "items_count": cart.units(),
            "items_weight": self.weight_json(cart),
            "cross_sells": [],
            "errors": errors,
            "payment_methods": GATEWAYS,
            "extensions": {},
        })
    }

    /// An error with the cart inside, as the conflicts carry it.
    pub(super) fn conflict(&self, cart: &mut Cart, code: &str, text: &str, data: Value) -> Answer {
        let mut data = data;
        data["cart"] = self.cart_json(cart);
        Answer::error(409, code, text, data)
    }

    /// Removes lines that can no longer be bought and coupons that no longer count.
    fn drop_unsellable(&self, cart: &mut Cart) -> Vec<Value> {
        let mut errors = Vec::new();
        cart.lines.retain(|line| {
            let Some(product) = self.catalog.get(line.product) else { return false };
            let kept = self.catalog.is_purchasable(product);
            if !kept {
                let name = &self.catalog.family(product).name;
                let text = format!(
                    "{name} has been removed from your cart because it can no longer be \
                     purchased. Please contact us if you need assistance."
                );
                let code = "woocommerce_rest_cart_item_error";
                errors.push(json!({ "code": code, "message": text }));
            }
            kept
        });
        for text in self.drop_coupons(cart) {
            let code = "woocommerce_rest_cart_coupon_error";
            errors.push(json!({ "code": code, "message": text }));
        }
        errors
    }

    /// Removes coupons that no longer count; what the buyer is told.
    pub(super) fn drop_coupons(&self, cart: &mut Cart) -> Vec<String> {
        let subtotal = self.basket(cart).iter().map(|line| line.before).sum();
        let mut texts = Vec::new();
        cart.coupons.retain(|code| match self.usable_coupon(code, subtotal) {
            Ok(_) => true,
            Err(why) => {
                let name = super::wire::quoted(code);
                texts.push(format!("The {name} coupon has been removed from your cart: {why}"));
                false
            }
        });
        texts
    }

    /// What stands against buying these lines now; `quotes` go around the names.
    pub(super) fn stock_errors(&self, cart: &Cart, quotes: (&str, &str)) -> Vec<Value> {
        let mut errors = Vec::new();
        for line in &cart.lines {
            let Some(product) = self.catalog.get(line.product) else { continue };
            let name = format!("{}{}{}", quotes.0, self.full_name(product), quotes.1);
            let (code, text) = if !product.is_in_stock() {
                let text = "is out of stock and cannot be purchased. Please remove it from your \
                            cart.";
                ("woocommerce_rest_product_out_of_stock", format!("{name} {text}"))
            } else if line.quantity > product.maximum() {
                let text = format!(
                    "There is not enough {name} in stock. Please reduce the quantity in your cart."
                );
                ("woocommerce_rest_product_partially_out_of_stock", text)
            } else {
                continue;
            };
            errors.push(json!({ "code": code, "message": text }));
        }
        errors
    }

    fn item_json(&self, line: &Line, totals: &LineTotals) -> Value {
        let Some(product) = self.catalog.get(line.product) else { return Value::Null };
        let mut item = self.item_head(product);
        item["key"] = json!(line.key);
        item["quantity"] = json!(line.quantity);
        item["quantity_limits"] = json!({
            "minimum": product.minimum(), "maximum": product.maximum(),
            "multiple_of": product.step(), "editable": product.most != 1,
        });
        item["variation"] = variation_json(line);
        item["prices"] = self.item_prices(product, totals.rate);
        item["totals"] = self.line_totals_json(totals);
        item["extensions"] = json!({});
        item
    }

    /// What cart lines and order lines of the Store API have in common.
    pub(super) fn item_head(&self, product: &Product) -> Value {
        let parent = self.catalog.family(product);
        json!({
            "id": product.id,
            "type": product.kind.word(),
            "name": texturized(&parent.name),
            "short_description": paragraphs(product.short),
            "description": paragraphs(product.description),
            "sku": product.sku,
            "low_stock_remaining": product.low_stock(),
            "backorders_allowed": product.backorders_allowed(),
            "show_backorder_badge": product.stock_status() == "onbackorder"
                && product.backorders == "notify",
            "sold_individually": product.most == 1,
            "permalink": self.permalink(product),
            "images": self.store_images(product),
            "item_data": [],
            "catalog_visibility": if parent.hidden { "hidden" } else { "visible" },
        })
    }

    /// Unit prices; a shop whose prices include tax shows them with the buyer's tax instead.
    pub(super) fn item_prices(&self, product: &Product, rate: Option<&Rate>) -> Value {
        let shown = |amount: Micros| {
            let (net, tax) = self.split_tax(amount, rate, product.tax_class);
            if self.prices_include_tax { net + tax } else { amount }
        };
        let price = shown(product.amount(self.now()));
        let regular = shown(product.regular_amount());
        self.with_currency(json!({
            "price": self.minor(price),
            "regular_price": self.minor(regular),
            "sale_price": self.minor(price),
            "price_range": null,
            "raw_prices": {
                "precision": 6,
                "price": price.to_string(),
                "regular_price": regular.to_string(),
                "sale_price": price.to_string(),
            },
        }))
    }

    fn line_totals_json(&self, totals: &LineTotals) -> Value {
        self.with_currency(json!({
            "line_subtotal": self.minor(totals.subtotal.net),
            "line_subtotal_tax": self.minor(totals.subtotal.tax),
            "line_total": self.minor(totals.total.net),
            "line_total_tax": self.minor(totals.total.tax),
        }))
    }

    fn coupons_json(&self, totals: &Totals) -> Value {
        let coupon = |(code, off): &(String, super::totals::Taxed)| {
            let kind = self.coupons.iter().find(|c| c.code == code).map(super::Coupon::kind);
            let totals = self.with_currency(json!({
                "total_discount": self.minor(off.net),
                "total_discount_tax": self.minor(off.tax),
            }));
            json!({ "code": code, "discount_type": kind, "totals": totals })
        };
        totals.coupons.iter().map(coupon).collect()
    }

    fn totals_json(&self, cart: &Cart, totals: &Totals) -> Value {
        let shipped = totals.needs_shipping && !cart.lines.is_empty();
        let shipping = |amount: Micros| if shipped { self.minor(amount) } else { Value::Null };
        let rates = totals.by_rate();
        let taxed = rates.iter().filter(|(_, items, shipping)| items + shipping > 0);
        let tax_lines: Vec<_> = taxed
            .map(|(rate, items, shipping)| {
                let percent = format!("{}%", decimal::plain(rate.percent));
                json!({ "name": rate.name, "price": self.minor(items + shipping), "rate": percent })
            })
            .collect();
        self.with_currency(json!({
            "total_items": self.minor(totals.items.net),
            "total_items_tax": self.minor(totals.items.tax),
            "total_fees": self.minor(totals.all_fees().net),
            "total_fees_tax": self.minor(totals.all_fees().tax),
            "total_discount": self.minor(totals.discount.net),
            "total_discount_tax": self.minor(totals.discount.tax),
            "total_shipping": shipping(totals.shipping.net),
            "total_shipping_tax": shipping(totals.shipping.tax),
            "total_price": self.minor(totals.price()),
            "total_tax": self.minor(totals.tax()),
            "tax_lines": tax_lines,
        }))
    }

    fn packages_json(&self, cart: &Cart, totals: &Totals) -> Value {
        if !totals.needs_shipping {
            return json!([]);
        }
        let packages = totals.packages.iter().enumerate().map(|(at, package)| {
            let lines = package.lines.iter().map(|at| &cart.lines[*at]);
            let shipped: Vec<_> =
                lines.filter_map(|line| Some((line, self.catalog.get(line.product)?))).collect();
            let items: Vec<_> = shipped
                .iter()
                .map(|(line, product)| {
                    let name = self.full_name(product);
                    json!({ "key": line.key, "name": name, "quantity": line.quantity })
                })
                .collect();
            let words: Vec<_> = shipped
                .iter()
                .map(|(line, product)| {
                    format!("{} &times; {}", self.full_name(product), line.quantity)
                })
                .collect();
            let words = words.join(", ");
            let rates: Vec<_> =
                package.rates.iter().map(|rate| self.rate_json(rate, &words)).collect();
            let id = package.id.parse::<u64>().map_or(json!(package.id), |id| json!(id));
            let name = if at == 0 { "Shipment".to_owned() } else { format!("Shipment {}", at + 1) };
            json!({
                "package_id": id,
                "name": name,
                "destination": cart.shipping.destination(),
                "items": items,
                "shipping_rates": rates,
            })
        });
        packages.collect()
    }

    fn fees_json(&self, totals: &Totals) -> Value {
        let fee = |(name, fee): &(String, super::totals::Taxed)| {
            let sums = json!({ "total": self.minor(fee.net), "total_tax": self.minor(fee.tax) });
            let key = name.to_lowercase().replace(' ', "-");
            json!({ "key": key, "name": name, "totals": self.with_currency(sums) })
        };
        totals.fees.iter().map(fee).collect()
    }

    fn rate_json(&self, rate: &OfferedRate, items: &str) -> Value {
        self.with_currency(json!({
            "rate_id": rate.method.rate_id(),
            "name": rate.method.title,
            "description": "",
            "delivery_time": "",
            "price": self.minor(rate.price.net),
            "taxes": self.minor(rate.price.tax),
            "instance_id": rate.method.instance,
            "method_id": rate.method.kind,
            "meta_data": [{ "key": "Items", "value": items }],
            "selected": rate.selected,
        }))
    }

    /// Grams, though the shop weighs in pounds.
    fn weight_json(&self, cart: &Cart) -> Value {
        let weigh = |line: &Line| {
            let product = self.catalog.get(line.product).filter(|p| !p.is_virtual())?;
            let pounds = decimal::parse(product.weight)?;
            Some(decimal::divide(pounds * 453_592_000 * i128::from(line.quantity), 1_000_000))
        };
        decimal::number(cart.lines.iter().filter_map(weigh).sum())
    }
}

fn variation_json(line: &Line) -> Value {
    let mut values: Vec<_> = line.values.iter().collect();
    values.sort_by_key(|(attribute, _)| attribute.id);
    let value = |(attribute, term): &&(super::catalog::Attribute, super::catalog::Term)| {
        json!({
            "raw_attribute": format!("attribute_{}", attribute.key()),
            "attribute": attribute.name,
            "value": term.name,
        })
    };
    values.iter().map(value).collect()
}

/// Text as the theme's formatter leaves it.
pub(super) fn texturized(name: &str) -> String {
    name.replace("5\"", "5&#8243;")
}

/// A description as the Store API shows it: in paragraphs, no line feed at the end.
pub(super) fn paragraphs(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<p>{text}</p>") }
}
