//! Products as `wc/v3` shows them.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::cart::variation_words;
use super::catalog::{Attribute, Kind, Product, Term};
use super::decimal::{self, Micros};
use super::order_view::ALL;
use super::rest::{not_found, number, page, page_of, start, words};
use super::shop::Shop;
use super::wire::{Answer, Call, fatal};

impl Shop {
    /// `wc/v3/products`.
    pub(super) fn list_products(&self, call: &Call) -> Result<Answer, Answer> {
        let mut found: Vec<&Product> = self
            .catalog
            .products
            .values()
            .filter(|product| product.kind != Kind::Variation && self.asked_for(product, call))
            .collect();
        sort(&mut found, call);
        let per_page = number(call, "per_page", 10);
        // A plugin dies over one product, and all of the answer with it.
        if found.iter().skip(start(call)).take(per_page).any(|one| self.broken.contains(&one.id)) {
            let text = "Uncaught TypeError: Unsupported operand types: string * int";
            return Err(fatal(text, "../other-plugin/other-plugin.php", 17));
        }
        let next = number(call, "page", 1) + 1;
        let answer = page_of(call, &found, |product| self.product_json(product));
        let pages = answer.headers.iter().find(|(name, _)| *name == "x-wp-totalpages");
        if pages.is_none_or(|(_, pages)| pages.parse().is_ok_and(|pages: usize| pages < next)) {
            return Ok(answer);
        }
        let next = self.rest(&format!("wc/v3/products?page={next}"));
        Ok(answer.with("link", format!("<{next}>; rel=\"next\"")))
    }

    /// `wc/v3/products/{id}`; a variation answers too.
    pub(super) fn one_product(&self, id: &str) -> Result<Answer, Answer> {
        let product = id.parse().ok().and_then(|id| self.catalog.get(id));
        let product = product.ok_or_else(|| not_found("woocommerce_rest_product_invalid_id"))?;
        Ok(Answer::json(200, self.product_json(product)))
    }

    /// `wc/v3/products/reviews`.
    pub(super) fn list_reviews(&self, call: &Call) -> Answer {
        let asked = words(call, "product");
        let all = self.catalog.products.values().flat_map(|product| {
            product.reviews.iter().zip(product.id * 10..).map(move |(one, id)| (product, one, id))
        });
        let all = all.filter(|(product, ..)| {
            asked.as_ref().is_none_or(|asked| asked.contains(&product.id.to_string().as_str()))
        });
        let shown = all.map(|(product, (stars, text), id)| {
            json!({
                "id": id,
                "product_id": product.id,
                "product_name": product.name,
                "product_permalink": self.permalink(product),
                "status": "approved",
                "reviewer": "A Buyer",
                "reviewer_email": "buyer@example.com",
                "review": paragraphs(text),
                "rating": stars,
                "verified": true,
            })
        });
        page(call, shown.collect())
    }

    /// The variations of one product, or of all.
    pub(super) fn list_variations(
        &self,
        call: &Call,
        parent: Option<&str>,
    ) -> Result<Answer, Answer> {
        let parent = match parent {
            Some(id) => {
                let id = id.parse().ok().filter(|id| self.catalog.get(*id).is_some());
                Some(id.ok_or_else(|| not_found("woocommerce_rest_product_invalid_id"))?)
            }
            None => None,
        };
        let mut found: Vec<&Product> = self
            .catalog
            .products
            .values()
            .filter(|product| product.kind == Kind::Variation)
            .filter(|product| parent.is_none_or(|id: u64| product.parent == id))
            .filter(|product| self.asked_for(product, call))
            .collect();
        sort(&mut found, call);
        Ok(page_of(call, &found, |product| self.variation_json(product, parent.is_none())))
    }

    fn asked_for(&self, product: &Product, call: &Call) -> bool {
        let number = product.id.to_string();
        let status = if product.unpublished { "draft" } else { "publish" };
        let is = |name, value: &str| words(call, name).is_none_or(|w| w.contains(&value));
        let gmt = call.param("dates_are_gmt") == Some("true");
        let date = |name: &str| call.param(name).and_then(|text| self.read_date(text, gmt));
        is("sku", &product.sku)
            && is("include", &number)
            && is("type", product.kind.word())
            && is("stock_status", product.stock_status())
            && (is("status", status) || is("status", "any"))
            && date("modified_after").is_none_or(|after| product.modified > after)
            && date("modified_before").is_none_or(|before| product.modified < before)
    }

    /// A product, or a variation in a product's shape.
    pub(super) fn product_json(&self, product: &Product) -> Value {
        let mut json = self.common_json(product);
        let variation = product.kind == Kind::Variation;
        let parent =
            |p: &Product| if p.kind == Kind::Grouped { Vec::new() } else { p.children.clone() };
        let members =
            |p: &Product| if p.kind == Kind::Grouped { p.children.clone() } else { Vec::new() };
        let images: Vec<_> = product.images.iter().map(|id| self.picture(*id, product)).collect();
        let (url, button) = product.external.unwrap_or_default();
        let own = self.rest(&format!("wc/v3/products/{}", product.id));
        let extra = json!({
            "slug": product.slug,
            "name": self.full_name(product),
            "featured": false,
            "catalog_visibility": if product.hidden { "hidden" } else { "visible" },
            "short_description": paragraphs(product.short),
            "total_sales": product.total_sales,
            "external_url": url,
            "button_text": button,
            "sold_individually": false,
            "shipping_required": !product.is_virtual(),
            "shipping_taxable": !product.is_virtual(),
            "reviews_allowed": !variation,
            "average_rating": average(product.reviews),
            "rating_count": product.reviews.len(),
            "upsell_ids": product.upsells,
            "cross_sell_ids": product.cross_sells,
            "purchase_note": "",
            "categories": product.categories.iter().map(term_json).collect::<Vec<_>>(),
            "brands": product.brand.iter().map(term_json).collect::<Vec<_>>(),
            "tags": product.tags.iter().map(term_json).collect::<Vec<_>>(),
            "images": images,
            "default_attributes": [],
            "variations": parent(product),
            "grouped_products": members(product),
            "price_html": self.price_html(product, "&#36;", ("<bdi>", "</bdi>")),
            "related_ids": self.related(product),
            "has_options": product.kind == Kind::Variable,
            "post_password": product.password,
            "_links": {
                "self": [{ "href": own, "targetHints": { "allow": ALL } }],
                "collection": [{ "href": self.rest("wc/v3/products") }],
            },
        });
        merge(&mut json, extra);
        if variation {
            json["total_sales"] = json!(product.total_sales.to_string());
            let up = self.rest(&format!("wc/v3/products/{}", product.parent));
            json["_links"]["up"] = json!([{ "href": up }]);
        } else {
            json["attributes"] = product
                .attributes
                .iter()
                .enumerate()
                .map(|(at, a)| attribute_json(a, at))
                .collect();
        }
        json
    }

    /// Other products of its categories, as a hint to the buyer.
    fn related(&self, product: &Product) -> Vec<u64> {
        let others = self.catalog.products.values().filter(|other| other.id != product.id);
        let near = |other: &&Product| {
            let shared = other.categories.iter().any(|term| product.categories.contains(term));
            shared && other.parent == 0 && product.parent == 0 && !other.unpublished
        };
        others.filter(near).map(|other| other.id).take(5).collect()
    }

    /// A variation as the listings show it: only the attribute part as its name.
    fn variation_json(&self, product: &Product, listed_alone: bool) -> Value {
        let mut json = self.common_json(product);
        json["name"] = json!(variation_words(product));
        let image = product.images.first().map(|id| self.plain_picture(*id, product));
        json["image"] = image.unwrap_or(Value::Null);
        let list = format!("wc/v3/products/{}/variations", product.parent);
        json["_links"] = if listed_alone {
            json!({
                "self": [{ "href": self.rest(&format!("wc/v3/variations/{}", product.id)) }],
                "collection": [{ "href": self.rest("wc/v3/variations") }],
                "up": [{ "href": self.rest("wc/v3/products/0") }],
            })
        } else {
            let own = self.rest(&format!("{list}/{}", product.id));
            json!({
                "self": [{ "href": own, "targetHints": { "allow": ALL } }],
                "collection": [{ "href": self.rest(&list) }],
                "up": [{ "href": self.rest(&format!("wc/v3/products/{}", product.parent)) }],
            })
        };
        json
    }

    /// What all shapes have.
    fn common_json(&self, product: &Product) -> Value {
        let now = self.now();
        let (from, to) = product.sale_dates.unzip();
        let values = product.values.iter();
        let attributes: Vec<_> =
            values.filter_map(|(a, term)| Some(value_json(a, (*term).as_ref()?))).collect();
        let [length, width, height] = product.size;
        let mut json = json!({
            "id": product.id,
            "type": product.kind.word(),
            "permalink": self.permalink(product),
            "status": if product.unpublished { "draft" } else { "publish" },
            "description": paragraphs(product.description),
            "sku": product.sku,
            "global_unique_id": product.gtin,
            "price": self.catalog.price_text(product, now),
            "regular_price": product.regular,
            "sale_price": product.sale,
            "on_sale": self.is_on_sale(product),
            "purchasable": self.catalog.is_purchasable(product),
            "virtual": product.is_virtual(),
            "downloadable": product.is_download(),
            "downloads": downloads(product),
            "download_limit": if product.is_download() { 1 } else { -1 },
            "download_expiry": if product.is_download() { 1 } else { -1 },
            "tax_status": "taxable",
            "tax_class": product.tax_class,
            "manage_stock": product.stock.is_some(),
            "stock_quantity": product.stock,
            "stock_status": product.stock_status(),
            "backorders": if product.backorders.is_empty() { "no" } else { product.backorders },
            "backorders_allowed": product.backorders_allowed(),
            "backordered": product.stock_status() == "onbackorder",
            "low_stock_amount": null,
            "weight": product.weight,
            "dimensions": { "length": length, "width": width, "height": height },
            "shipping_class": "",
            "shipping_class_id": 0,
            "attributes": attributes,
            "menu_order": product.menu_order,
            "meta_data": meta(product),
            "parent_id": product.parent,
        });
        self.put_date(&mut json, "date_created", Some(product.created));
        self.put_date(&mut json, "date_modified", Some(product.modified));
        self.put_date(&mut json, "date_on_sale_from", from);
        self.put_date(&mut json, "date_on_sale_to", to);
        json
    }

    /// A parent is on sale when any child is.
    pub(super) fn is_on_sale(&self, product: &Product) -> bool {
        let now = self.now();
        product.on_sale(now) || self.catalog.children(product).any(|child| child.on_sale(now))
    }

    /// The price as the theme prints it; the two APIs differ in small ways.
    pub(super) fn price_html(
        &self,
        product: &Product,
        symbol: &str,
        (open, close): (&str, &str),
    ) -> String {
        let now = self.now();
        let sign = if self.currency == "USD" { symbol } else { self.symbol() };
        let places = |amount: Micros| decimal::fixed(amount, self.decimals);
        let span = |amount: Micros, extra: &str| {
            format!(
                "<span class=\"woocommerce-Price-amount amount\"{extra}>{open}<span \
                 class=\"woocommerce-Price-currencySymbol\">{sign}</span>{}{close}</span>",
                places(amount)
            )
        };
        if let Some((low, high)) = self.catalog.range(product, now).filter(|(l, h)| l < h) {
            let hidden = " aria-hidden=\"true\"";
            return format!(
                "{} <span aria-hidden=\"true\">&ndash;</span> {}<span class=\"screen-reader-\
                 text\">Price range: {sign}{} through {sign}{}</span>",
                span(low, hidden),
                span(high, hidden),
                places(low),
                places(high)
            );
        }
        let (regular, price) = (product.regular_amount(), product.amount(now));
        if product.on_sale(now) {
            return format!(
                "<del aria-hidden=\"true\">{}</del> <span class=\"screen-reader-text\">Original \
                 price was: &#036;{}.</span><ins aria-hidden=\"true\">{}</ins><span \
                 class=\"screen-reader-text\">Current price is: &#036;{}.</span>",
                span(regular, ""),
                places(regular),
                span(price, ""),
                places(price)
            );
        }
        span(price, "")
    }

    /// The page of a product; a variation's names its attributes.
    pub(super) fn permalink(&self, product: &Product) -> String {
        let page = format!("{}/product/{}/", self.base, self.catalog.family(product).slug);
        let value = |(attribute, term): &(Attribute, Option<Term>)| {
            let term = (*term)?;
            let word = if attribute.id == 0 { term.name } else { term.slug };
            Some(format!("attribute_{}={word}", attribute.key()))
        };
        let values: Vec<_> = product.values.iter().filter_map(value).collect();
        if values.is_empty() { page } else { format!("{page}?{}", values.join("&")) }
    }

    /// Where a picture is.
    pub(super) fn image_url(&self, id: u64) -> String {
        let name = self.catalog.images.get(&id).copied().unwrap_or("missing");
        format!("{}/wp-content/uploads/2026/11/{name}.png", self.base)
    }

    fn plain_picture(&self, id: u64, product: &Product) -> Value {
        let name = self.catalog.images.get(&id).copied().unwrap_or("missing");
        let mut json = json!({
            "id": id, "src": self.image_url(id), "name": format!("{name}.png"), "alt": "",
        });
        self.put_date(&mut json, "date_created", Some(product.created));
        self.put_date(&mut json, "date_modified", Some(product.created));
        json
    }

    fn picture(&self, id: u64, product: &Product) -> Value {
        let mut json = self.plain_picture(id, product);
        let sizes = self.image_sizes(id);
        json["srcset"] = json!(sizes.srcset);
        json["sizes"] = json!("(max-width: 800px) 100vw, 800px");
        json["thumbnail"] = json!(sizes.thumbnail);
        json
    }

    /// The scaled copies of a picture.
    pub(super) fn image_sizes(&self, id: u64) -> Sizes {
        let whole = self.image_url(id);
        let stem = whole.trim_end_matches(".png").to_owned();
        let small: Vec<_> =
            [300, 150, 768, 600, 100].map(|w| format!("{stem}-{w}x{w}.png {w}w")).to_vec();
        let small = small.join(", ");
        Sizes {
            thumbnail: format!("{stem}-300x300.png"),
            srcset: format!("{whole} 800w, {small}"),
            thumbnail_srcset: format!("{small}, {whole} 800w"),
        }
    }
}

/// What buyers thought of it, to two places.
fn average(reviews: &[(u64, &str)]) -> String {
    let stars: u64 = reviews.iter().map(|(stars, _)| stars * 100).sum();
    let mean = stars.checked_div(reviews.len() as u64).unwrap_or(0);
    format!("{}.{:02}", mean / 100, mean % 100)
}

/// What plugins keep with it.
fn meta(product: &Product) -> Value {
    let own = product.id.to_string();
    let all = [("_original_id", own.as_str())].into_iter().chain(product.kept.iter().copied());
    let rows = (product.id * 10..).zip(all);
    rows.map(|(id, (key, value))| json!({ "id": id, "key": key, "value": value })).collect()
}

/// The `srcset`s of one picture.
pub(super) struct Sizes {
    pub(super) thumbnail: String,
    pub(super) srcset: String,
    pub(super) thumbnail_srcset: String,
}

/// Newest first unless asked otherwise.
fn sort(found: &mut [&Product], call: &Call) {
    let key = |product: &&Product| -> (Timestamp, u64) {
        match call.param("orderby") {
            Some("id") => (Timestamp::UNIX_EPOCH, product.id),
            Some("modified") => (product.modified, product.id),
            _ => (product.created, product.id),
        }
    };
    found.sort_by_key(key);
    if call.param("order") != Some("asc") {
        found.reverse();
    }
}

fn paragraphs(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("<p>{text}</p>\n") }
}

fn term_json(term: &Term) -> Value {
    json!({ "id": term.id, "name": term.name, "slug": term.slug })
}

fn attribute_json(attribute: &Attribute, position: usize) -> Value {
    let options: Vec<_> = attribute.options.iter().map(|term| term.name).collect();
    json!({
        "id": attribute.id,
        "name": attribute.name,
        "slug": attribute.slug,
        "position": position,
        "visible": true,
        "variation": attribute.variation,
        "options": options,
    })
}

fn value_json(attribute: &Attribute, term: &Term) -> Value {
    json!({
        "id": attribute.id,
        "name": attribute.name,
        "slug": attribute.key(),
        "option": term.name,
    })
}

fn downloads(product: &Product) -> Value {
    if !product.is_download() {
        return json!([]);
    }
    let file = format!("https://downloads.example/{}.zip", product.slug);
    let id = format!("7c968b28-ff7f-4427-9f0d-{:012x}", product.id);
    json!([{ "id": id, "name": product.name, "file": file }])
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
