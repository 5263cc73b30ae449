//! Product objects of the Agentic Commerce Protocol's Feed API, version 2026-04-17.
//!
//! The protocol's `price` is what is paid now; the regular price stands beside it as `list_price`.

use commerce::{Decimal, Image, Money, Product, Taxonomy};

use crate::{
    concept::Concept,
    format::Format,
    item::{Item, joined},
    text::{Text, clean},
    value::{Cell, Value},
    write::{decimal, integer, json_str, list},
    writer::{LeftOut, Reason, Writer, missing},
};

/// Most pictures of one object.
const PICTURES: usize = 20;

/// Appends a product with all its variants; nothing, if none may be shown.
pub(crate) fn write(
    writer: &Writer,
    product: &Product,
    out: &mut Vec<u8>,
    left_out: &mut Vec<LeftOut>,
) -> u32 {
    let mut items = Vec::with_capacity(product.variants.len());
    for item in writer.plan().items(product) {
        let missing = missing(writer.profile(), &item);
        match writer.check(&item) {
            Err(refusal) => left_out.push(LeftOut::new(item.variant, Reason::Refused(refusal))),
            Ok(()) if !missing.is_empty() => {
                left_out.push(LeftOut::new(item.variant, Reason::Missing(missing)));
            }
            Ok(()) => items.push(item),
        }
    }
    let Some(first) = items.first() else { return 0 };
    write_product(first, &items, out);
    if writer.format() == Format::Jsonl {
        out.push(b'\n');
    }
    1
}

fn write_product(first: &Item<'_>, items: &[Item<'_>], out: &mut Vec<u8>) {
    let product = first.product;
    let mut object = Object::open(out);
    // A product without variants has its item's id.
    let group = text(first, Concept::GroupId).or_else(|| text(first, Concept::ItemId));
    object.text("id", group.as_deref());
    object.text("title", Some(&clean(&product.title)));
    if !product.description.trim().is_empty() {
        object.key("description");
        let mut description = Object::open(object.out);
        description.text("plain", Some(&clean(&product.description)));
        let html = product.description_html.as_deref().filter(|html| !html.trim().is_empty());
        description.text("html", html.map(clean).as_deref());
        description.close();
    }
    object
        .text("url", Some(&product.url).filter(|url| crate::settings::is_link(url)).map(|s| &**s));
    media(&mut object, product.images.iter(), product);
    object.key("variants");
    list(object.out, items, |out, item| write_variant(item, out));
    object.close();
}

fn write_variant(item: &Item<'_>, out: &mut Vec<u8>) {
    let mut object = Object::open(out);
    object.text("id", text(item, Concept::ItemId).as_deref());
    object.text("title", text(item, Concept::Title).as_deref());
    if let Some(description) = text(item, Concept::Description) {
        object.key("description");
        let mut inner = Object::open(object.out);
        inner.text("plain", Some(&description));
        inner.close();
    }
    object.text("url", text(item, Concept::Url).as_deref());
    if let Some(gtin) = text(item, Concept::Gtin) {
        object.key("barcodes");
        list(object.out, [gtin], |out, gtin| {
            let mut barcode = Object::open(out);
            barcode.text("type", Some("GTIN"));
            barcode.text("value", Some(&gtin));
            barcode.close();
        });
    }
    prices(item, &mut object);
    availability(item, &mut object);
    categories(item, &mut object);
    if let Cell::Filled(Value::Word(condition), _) = item.field(Concept::Condition) {
        object.key("condition");
        let condition = if condition == "used" { "secondhand" } else { condition };
        list(object.out, [condition], json_str);
    }
    if item.is_variant() {
        object.key("variant_options");
        list(object.out, item.options(), |out, (name, value)| {
            let mut option = Object::open(out);
            option.text("name", Some(&name));
            option.text("value", Some(&value));
            option.close();
        });
    }
    let main = item.variant.image.as_ref().or(item.product.images.first());
    media(&mut object, main.into_iter().chain(item.other_images()), item.product);
    seller(item, &mut object);
    if let Some(name) = text(item, Concept::MarketplaceSeller) {
        object.key("marketplace");
        let mut marketplace = Object::open(object.out);
        marketplace.text("name", Some(&name));
        marketplace.close();
    }
    object.close();
}

fn prices(item: &Item<'_>, object: &mut Object<'_>) {
    let Cell::Filled(Value::Money(regular), _) = item.field(Concept::Price) else { return };
    let now = item.sale().unwrap_or(regular);
    object.money("price", now);
    if now != regular {
        object.money("list_price", regular);
    }
    let Some(pricing) = &item.variant.unit_pricing else { return };
    // The protocol counts the reference in whole units.
    let Some(reference) =
        whole(pricing.base.value).filter(|_| pricing.measure.unit == pricing.base.unit)
    else {
        return;
    };
    let amount = Decimal::from(now.minor())
        .checked_mul(pricing.base.value)
        .and_then(|amount| amount.checked_div(pricing.measure.value))
        .and_then(|amount| whole(amount.round()));
    let Some(amount) = amount else { return };
    object.key("unit_price");
    let mut price = Object::open(object.out);
    price.key("amount");
    integer(price.out, amount);
    price.text("currency", Some(now.currency().code()));
    price.key("measure");
    let mut measure = Object::open(price.out);
    measure.key("value");
    decimal(measure.out, pricing.measure.value);
    measure.text("unit", Some(&pricing.measure.unit));
    measure.close();
    price.key("reference");
    let mut base = Object::open(price.out);
    base.key("value");
    integer(base.out, reference);
    base.text("unit", Some(&pricing.base.unit));
    base.close();
    price.close();
}

fn availability(item: &Item<'_>, object: &mut Object<'_>) {
    let Cell::Filled(Value::Word(status), _) = item.field(Concept::Availability) else { return };
    let status = match status {
        "unknown" => return,
        "pre_order" => "preorder",
        status => status,
    };
    object.key("availability");
    let mut availability = Object::open(object.out);
    availability.key("available");
    let available: &[u8] = if status == "out_of_stock" { b"false" } else { b"true" };
    availability.out.extend_from_slice(available);
    availability.text("status", Some(status));
    availability.close();
}

fn categories(item: &Item<'_>, object: &mut Object<'_>) {
    let stood = item.product.categories.iter().filter(|one| !one.path.is_empty());
    let mut all: Vec<(Text<'_>, &str)> = stood
        .map(|one| {
            let taxonomy = match one.taxonomy {
                Taxonomy::Store => "merchant",
                Taxonomy::Shopify => "shopify",
                Taxonomy::Google => "google_product_category",
            };
            (joined(&one.path), taxonomy)
        })
        .collect();
    if all.is_empty() {
        all.extend(text(item, Concept::ProductCategory).map(|path| (path, "merchant")));
    }
    if all.is_empty() {
        return;
    }
    object.key("categories");
    list(object.out, &all, |out, (path, taxonomy)| {
        let mut category = Object::open(out);
        category.text("value", Some(path));
        category.text("taxonomy", Some(taxonomy));
        category.close();
    });
}

fn media<'a>(
    object: &mut Object<'_>,
    images: impl Iterator<Item = &'a Image>,
    product: &'a Product,
) {
    let images = images.filter(|image| crate::settings::is_link(&image.url)).take(PICTURES);
    let films = product.videos.iter().map(|url| ("video", url));
    let models = product.models.iter().map(|url| ("model", url));
    let others = films.chain(models).filter(|(_, url)| crate::settings::is_link(url));
    let all: Vec<_> = images
        .map(|image| ("image", &image.url, Some(image)))
        .chain(others.map(|(kind, url)| (kind, url, None)))
        .collect();
    if all.is_empty() {
        return;
    }
    object.key("media");
    list(object.out, all, |out, (kind, url, image)| {
        let mut media = Object::open(out);
        media.text("type", Some(kind));
        media.text("url", Some(url));
        if let Some(image) = image {
            media.text("alt_text", image.alt.as_deref().map(clean).as_deref());
            if let Some((width, height)) = image.size {
                media.key("width");
                integer(media.out, width.into());
                media.key("height");
                integer(media.out, height.into());
            }
        }
        media.close();
    });
}

fn seller(item: &Item<'_>, object: &mut Object<'_>) {
    let Some(name) = text(item, Concept::SellerName) else { return };
    object.key("seller");
    let mut seller = Object::open(object.out);
    seller.text("name", Some(&name));
    let links: Vec<(&str, Text<'_>)> = [
        ("privacy_policy", Concept::PrivacyPolicy),
        ("terms_of_service", Concept::TermsOfService),
        ("refund_policy", Concept::ReturnPolicy),
    ]
    .into_iter()
    .filter_map(|(kind, concept)| Some((kind, text(item, concept)?)))
    .collect();
    if !links.is_empty() {
        seller.key("links");
        list(seller.out, &links, |out, (kind, url)| {
            let mut link = Object::open(out);
            link.text("type", Some(kind));
            link.text("url", Some(url));
            link.close();
        });
    }
    seller.close();
}

fn text<'a>(item: &Item<'a>, concept: Concept) -> Option<Text<'a>> {
    match item.field(concept) {
        Cell::Filled(Value::Text(text), _) => Some(text),
        _ => None,
    }
}

fn whole(number: Decimal) -> Option<u64> {
    let is_whole = number.fract().is_zero() && number.is_sign_positive();
    number.try_into().ok().filter(|_| is_whole)
}

/// A JSON object being written.
struct Object<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

impl<'o> Object<'o> {
    fn open(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, is_empty: true }
    }

    fn key(&mut self, key: &str) {
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        json_str(self.out, key);
        self.out.push(b':');
    }

    fn text(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.key(key);
            json_str(self.out, text);
        }
    }

    fn money(&mut self, key: &str, money: Money) {
        self.key(key);
        let mut object = Object::open(self.out);
        object.key("amount");
        integer(object.out, money.minor().unsigned_abs());
        object.text("currency", Some(money.currency().code()));
        object.close();
    }

    fn close(self) {
        self.out.push(b'}');
    }
}
