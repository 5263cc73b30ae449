//! Products as the Store API shows them to anyone.

use serde_json::{Value, json};

use super::cart_view::{paragraphs, texturized};
use super::catalog::{Kind, Product, Term};
use super::rest::{number, words};
use super::shop::Shop;
use super::wire::{Answer, Call, invalid_param, problem};

impl Shop {
    /// `wc/store/v1/products`.
    pub(super) fn store_products(&self, call: &Call) -> Answer {
        let per_page = number(call, "per_page", 10);
        if !(1..=100).contains(&per_page) {
            let text = "per_page must be between 0 (inclusive) and 100 (inclusive)";
            return invalid_param("per_page", "rest_out_of_bounds", text);
        }
        let variations = call.param("type") == Some("variation");
        let wanted = |p: &&Product| {
            let sku = words(call, "sku").is_none_or(|skus| skus.contains(&p.sku.as_str()));
            let kind = call.param("type").is_none_or(|kind| kind == p.kind.word());
            let shown = !p.unpublished && !self.catalog.family(p).unpublished && !p.hidden;
            shown && sku && kind && variations == (p.kind == Kind::Variation)
        };
        let mut found: Vec<_> = self.catalog.products.values().filter(wanted).collect();
        found.sort_by_key(|product| std::cmp::Reverse((product.created, product.id)));
        let page = number(call, "page", 1).max(1);
        let (total, pages) = (found.len(), found.len().div_ceil(per_page));
        let shown = found.into_iter().skip((page - 1) * per_page).take(per_page);
        let list: Vec<_> = shown.map(|product| self.store_product_json(product)).collect();
        let modified = self.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        Answer::json(200, json!(list))
            .with("x-wp-total", total.to_string())
            .with("x-wp-totalpages", pages.to_string())
            .with("last-modified", modified)
    }

    /// `wc/store/v1/products/{id or slug}`.
    pub(super) fn store_product(&self, which: &str) -> Answer {
        let id: Option<u64> = which.parse().ok();
        let found = match id {
            Some(id) => self.catalog.get(id),
            None => self.catalog.products.values().find(|product| product.slug == which),
        };
        match found.filter(|product| !product.unpublished) {
            Some(product) => Answer::json(200, self.store_product_json(product)),
            None if id.is_some() => {
                problem(404, "woocommerce_rest_product_invalid_id", "Invalid product ID.")
            }
            None => problem(404, "woocommerce_rest_product_invalid_slug", "Invalid product slug."),
        }
    }

    fn store_product_json(&self, product: &Product) -> Value {
        let mut json = self.store_head(product);
        let variable = product.kind == Kind::Variable;
        let children = |yes: bool| if yes { product.children.clone() } else { Vec::new() };
        let variations: Vec<_> = if variable {
            self.catalog.children(product).map(variation_summary).collect()
        } else {
            Vec::new()
        };
        let categories: Vec<_> = product
            .categories
            .iter()
            .filter(|term| term.slug != "uncategorized")
            .map(|term| self.category(term))
            .collect();
        let brands: Vec<_> = product.brand.iter().map(|t| self.category(t)).collect();
        let [length, width, height] = product.size;
        let in_stock = product.is_in_stock();
        let (text, class) =
            if in_stock { ("", "in-stock") } else { ("Out of stock", "out-of-stock") };
        let extra = json!({
            "categories": categories,
            "tags": [],
            "brands": brands,
            "attributes": attributes_json(product),
            "variations": variations,
            "grouped_products": children(product.kind == Kind::Grouped),
            "has_options": variable,
            "is_purchasable": self.catalog.is_purchasable(product),
            "is_in_stock": in_stock,
            "is_on_backorder": product.stock_status() == "onbackorder",
            "low_stock_remaining": product.low_stock(),
            "stock_availability": { "text": text, "class": class },
            "sold_individually": false,
            "weight": product.weight,
            "dimensions": { "length": length, "width": width, "height": height },
            "formatted_weight": formatted(product.weight, "lbs"),
            "formatted_dimensions": formatted(&joined(&product.size), "in"),
            "add_to_cart": self.add_to_cart(product),
            "is_password_protected": false,
            "extensions": {},
            "_links": self.store_links(product),
        });
        if let (Value::Object(json), Value::Object(extra)) = (&mut json, extra) {
            json.extend(extra);
        }
        json
    }

    fn store_head(&self, product: &Product) -> Value {
        let words = |(a, term): &(super::catalog::Attribute, Option<Term>)| {
            Some(format!("{}: {}", a.name, (*term)?.name))
        };
        let values: Vec<_> = product.values.iter().filter_map(words).collect();
        let slug = &product.slug;
        json!({
            "id": product.id,
            "name": texturized(&self.catalog.family(product).name),
            "slug": slug,
            "parent": product.parent,
            "type": product.kind.word(),
            "variation": values.join(", "),
            "permalink": self.permalink(product),
            "sku": product.sku,
            "short_description": paragraphs(product.short),
            "description": paragraphs(product.description),
            "on_sale": self.is_on_sale(product),
            "prices": self.prices_json(product),
            "price_html": self.price_html(product, "&#036;", ("", "")),
            "average_rating": "0",
            "review_count": 0,
            "images": self.store_images(product),
        })
    }

    /// Prices in minor units; a parent's range when its children differ.
    pub(super) fn prices_json(&self, product: &Product) -> Value {
        let now = self.now();
        let range = self.catalog.range(product, now);
        let price = range.map_or_else(|| product.amount(now), |(low, _)| low);
        let regular = match product.kind {
            Kind::Variable | Kind::Grouped => {
                let all = self.catalog.children(product).map(Product::regular_amount);
                all.min().unwrap_or(0)
            }
            _ => product.regular_amount(),
        };
        let range = range.filter(|(low, high)| low < high).map(
            |(low, high)| json!({ "min_amount": self.minor(low), "max_amount": self.minor(high) }),
        );
        self.with_currency(json!({
            "price": self.minor(price),
            "regular_price": self.minor(regular),
            "sale_price": self.minor(price),
            "price_range": range,
        }))
    }

    /// The pictures of a product, a variation without one showing its parent's.
    pub(super) fn store_images(&self, product: &Product) -> Value {
        let own = if product.images.is_empty() { self.catalog.family(product) } else { product };
        let image = |id: &u64| {
            let sizes = self.image_sizes(*id);
            let name = self.catalog.images.get(id).copied().unwrap_or("missing");
            json!({
                "id": id,
                "src": self.image_url(*id),
                "thumbnail": sizes.thumbnail,
                "srcset": sizes.srcset,
                "sizes": "(max-width: 800px) 100vw, 800px",
                "thumbnail_srcset": sizes.thumbnail_srcset,
                "thumbnail_sizes": "(max-width: 300px) 100vw, 300px",
                "name": format!("{name}.png"),
                "alt": "",
            })
        };
        own.images.iter().map(image).collect()
    }

    fn category(&self, term: &Term) -> Value {
        let link = format!("{}/product-category/{}/", self.base, term.slug);
        json!({ "id": term.id, "name": term.name, "slug": term.slug, "link": link })
    }

    fn add_to_cart(&self, product: &Product) -> Value {
        let name = texturized(&self.full_name(product)).replace(" - ", " &#8211; ");
        let buyable = self.catalog.is_purchasable(product) && product.is_in_stock();
        let (text, description) = match product.kind {
            Kind::Variable => {
                ("Select options", format!("Select options for &ldquo;{name}&rdquo;"))
            }
            _ if buyable => ("Add to cart", format!("Add to cart: &ldquo;{name}&rdquo;")),
            _ => ("Read more", format!("Read more about &ldquo;{name}&rdquo;")),
        };
        let id = product.id;
        let url = match product.kind {
            Kind::Simple if buyable => {
                format!("/wp-json/wc/store/v1/products/{id}?add-to-cart={id}")
            }
            _ => self.permalink(product),
        };
        json!({
            "text": text,
            "description": description,
            "url": url,
            "single_text": "Add to cart",
            "minimum": 1,
            "maximum": product.maximum(),
            "multiple_of": 1,
        })
    }

    fn store_links(&self, product: &Product) -> Value {
        let list = self.rest("wc/store/v1/products");
        let id = product.id;
        let related = format!("{list}?related={id}&per_page=10");
        let mut links = json!({
            "self": [{ "href": format!("{list}/{id}"), "targetHints": { "allow": ["GET"] } }],
            "collection": [{ "href": list }],
            "related": [{ "embeddable": true, "href": related }],
        });
        if product.parent != 0 {
            links["up"] = json!([{ "href": format!("{list}/{}", product.parent) }]);
        }
        links
    }
}

fn variation_summary(variation: &Product) -> Value {
    let value = |(attribute, term): &(super::catalog::Attribute, Option<Term>)| {
        let word = |term: &Term| if attribute.id == 0 { term.name } else { term.slug };
        json!({ "name": attribute.name, "value": term.as_ref().map(word) })
    };
    let values: Vec<_> = variation.values.iter().map(value).collect();
    json!({ "id": variation.id, "attributes": values })
}

fn attributes_json(product: &Product) -> Value {
    let attribute = |a: &super::catalog::Attribute| {
        let term = |t: &Term| {
            if a.id == 0 {
                json!({ "id": 0, "name": t.name, "slug": t.name })
            } else {
                json!({ "id": t.id, "name": t.name, "slug": t.slug })
            }
        };
        let terms: Vec<_> = a.options.iter().map(term).collect();
        json!({
            "id": a.id,
            "name": a.name,
            "taxonomy": if a.id == 0 { Value::Null } else { json!(a.slug) },
            "has_variations": a.variation,
            "terms": terms,
        })
    };
    product.attributes.iter().map(attribute).collect()
}

fn joined(size: &[&str; 3]) -> String {
    let given: Vec<_> = size.iter().copied().filter(|side| !side.is_empty()).collect();
    given.join(" × ")
}

fn formatted(value: &str, unit: &str) -> String {
    if value.is_empty() { "N/A".to_owned() } else { format!("{value} {unit}") }
}
