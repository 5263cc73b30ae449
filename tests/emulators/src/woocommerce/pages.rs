//! What a browser gets: product pages, the thank-you page, pictures, and the REST index.

use serde_json::{Value, json};

use super::shop::Shop;
use super::wire::{Answer, Body, Call};

/// The routes the indexes name.
const ROUTES: [&str; 41] = [
    "/wc/store/v1",
    "/wc/store/v1/batch",
    "/wc/store/v1/cart",
    "/wc/store/v1/cart/add-item",
    "/wc/store/v1/cart/apply-coupon",
    "/wc/store/v1/cart/items",
    "/wc/store/v1/cart/items/(?P<key>[\\w-]{32})",
    "/wc/store/v1/cart/remove-coupon",
    "/wc/store/v1/cart/remove-item",
    "/wc/store/v1/cart/select-shipping-rate",
    "/wc/store/v1/cart/update-customer",
    "/wc/store/v1/cart/update-item",
    "/wc/store/v1/checkout",
    "/wc/store/v1/checkout/(?P<id>[\\d]+)",
    "/wc/store/v1/order/(?P<id>[\\d]+)",
    "/wc/store/v1/products",
    "/wc/store/v1/products/(?P<id>[\\d]+)",
    "/wc/v3",
    "/wc/v3/coupons",
    "/wc/v3/data/currencies/current",
    "/wc/v3/orders",
    "/wc/v3/orders/(?P<id>[\\d]+)",
    "/wc/v3/orders/(?P<order_id>[\\d]+)/notes",
    "/wc/v3/orders/(?P<order_id>[\\d]+)/refunds",
    "/wc/v3/orders/(?P<order_id>[\\d]+)/refunds/(?P<id>[\\d]+)",
    "/wc/v3/payment_gateways",
    "/wc/v3/products",
    "/wc/v3/products/(?P<id>[\\d]+)",
    "/wc/v3/products/(?P<product_id>[\\d]+)/variations",
    "/wc/v3/products/brands",
    "/wc/v3/products/categories",
    "/wc/v3/products/reviews",
    "/wc/v3/settings/(?P<group_id>[\\w-]+)",
    "/wc/v3/shipping/zones",
    "/wc/v3/shipping/zones/(?P<id>[\\d]+)",
    "/wc/v3/shipping/zones/(?P<zone_id>[\\d]+)/methods",
    "/wc/v3/system_status",
    "/wc/v3/taxes",
    "/wc/v3/variations",
    "/wc/v3/webhooks",
    "/wc/v3/webhooks/(?P<id>[\\d]+)",
];

impl Shop {
    /// Anything outside `/wp-json`.
    pub(super) fn page(&self, call: &Call) -> Answer {
        let segments = call.segments();
        let found = match segments.as_slice() {
            ["product", slug] => self.product_page(slug),
            ["checkout", "order-received", id] => self.thanks_page(call, id),
            ["wp-content", "uploads", .., name] if name.split('.').next_back() == Some("png") => {
                return Answer {
                    status: 200,
                    headers: Vec::new(),
                    body: Body::Page("image/png", super::picture::png(name)),
                };
            }
            _ => None,
        };
        let status = if found.is_some() { 200 } else { 404 };
        let text = found.unwrap_or_else(|| "<h1>Page not found</h1>".to_owned());
        let html = format!("<!doctype html>\n<html lang=\"en\"><body>{text}</body></html>\n");
        let body = Body::Page("text/html; charset=UTF-8", html.into_bytes());
        Answer { status, headers: Vec::new(), body }
    }

    fn product_page(&self, slug: &str) -> Option<String> {
        let mut products = self.catalog.products.values();
        let product = products.find(|p| p.slug == slug && p.parent == 0 && !p.unpublished)?;
        let price = self.price_html(product, "&#36;", ("<bdi>", "</bdi>"));
        Some(format!("<h1>{}</h1><p>{price}</p><p>{}</p>", product.name, product.description))
    }

    fn thanks_page(&self, call: &Call, id: &str) -> Option<String> {
        let order = self.orders.get(&id.parse().ok()?)?;
        let known = call.param("key") == Some(order.key.as_str());
        let text = if known {
            format!("<p>Thank you. Your order {} has been received.</p>", order.id)
        } else {
            "<p>Thank you. Your order has been received.</p>".to_owned()
        };
        Some(format!("<h1>Order received</h1>{text}"))
    }

    /// `/wp-json/`.
    pub(super) fn index(&self) -> Value {
        json!({
            "name": "Storefront",
            "description": "",
            "url": self.base,
            "home": self.home,
            "gmt_offset": "-8",
            "timezone_string": "America/Los_Angeles",
            "page_for_posts": 0,
            "page_on_front": 0,
            "show_on_front": "posts",
            "namespaces": ["oembed/1.0", "wc/store", "wc/store/v1", "wc/v3", "wp/v2"],
            "authentication": [],
            "routes": self.routes(""),
            "site_logo": 0,
            "site_icon": 0,
            "site_icon_url": "",
            "_links": { "help": [{ "href": "https://developer.wordpress.org/rest-api/" }] },
        })
    }

    /// `/wp-json/wc/store/v1`.
    pub(super) fn store_index(&self) -> Value {
        let up = format!("{}/wp-json/", self.base);
        json!({
            "namespace": "wc/store/v1",
            "routes": self.routes("/wc/store/v1"),
            "_links": { "up": [{ "href": up }] },
        })
    }

    fn routes(&self, below: &str) -> Value {
        let route = |path: &&str| {
            let namespace = if path.starts_with("/wc/v3") { "wc/v3" } else { "wc/store/v1" };
            let mut json = json!({
                "namespace": namespace,
                "methods": ["GET"],
                "endpoints": [{ "methods": ["GET"], "args": {} }],
            });
            if !path.contains('(') {
                let own = format!("{}/wp-json{path}", self.base);
                json["_links"] = json!({ "self": [{ "href": own }] });
            }
            ((*path).to_owned(), json)
        };
        ROUTES.iter().filter(|path| path.starts_with(below)).map(route).collect()
    }
}
