//! From the store's words to a [`Product`].

use commerce::{
    Availability, Category, Choice, Decimal, Details, Dimensions, Exclusion, Image, ItemId, Money,
    Product, ProductId, ProductKind, Rating, Related, Relation, Variant, Weight, plain_text,
};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{
    surroundings::Surroundings,
    traits,
    wire::{Attribute, Picture, Shown, Term},
    words::words,
};
use crate::{MetaKeys, cart::text_of};

/// What the store shows where there is no picture.
const PLACEHOLDER: &str = "woocommerce-placeholder";

/// What it takes to read a product.
pub(super) struct Reader<'a> {
    pub(super) around: &'a Surroundings,
    pub(super) keys: &'a MetaKeys,
    /// A sale may be yet to begin.
    pub(super) now: Timestamp,
}

impl Reader<'_> {
    /// A product with its variations.
    pub(super) fn product(&self, shown: &Shown, variations: &[Shown]) -> Product {
        let kind = match shown.kind.as_str() {
            "simple" => ProductKind::Simple,
            "variable" => ProductKind::Variable,
            "external" => ProductKind::External,
            "grouped" => ProductKind::Grouped,
            // Subscriptions, bundles, composites, bookings: a plugin's own cart logic.
            _ => ProductKind::Other,
        };
        let title = plain_text(&shown.name);
        let variants: Vec<Variant> = match kind {
            ProductKind::Simple => self.offer(shown, None, title.clone()).into_iter().collect(),
            ProductKind::Variable => variations
                .iter()
                .filter(|variation| variation.status == "publish")
                .filter_map(|variation| self.variation(variation, shown, &title))
                .collect(),
            ProductKind::External | ProductKind::Grouped | ProductKind::Other => Vec::new(),
        };
        let mut details = self.details(shown);
        traits::shared(&mut details, &shown.attributes);
        let long = words(&shown.description);
        let html = shown.description.trim();
        Product {
            exclusion: exclusion(shown, kind, &variants),
            description_html: (html != long && !html.is_empty()).then(|| html.to_owned()),
            description: if long.is_empty() { words(&shown.short_description) } else { long },
            url: shown.permalink.clone(),
            images: shown.images.iter().filter_map(picture).collect(),
            brand: self.brand(shown),
            categories: self.categories(&shown.categories),
            tags: shown.tags.iter().map(|tag| plain_text(&tag.name)).collect(),
            rating: rating(shown),
            related: related(shown),
            sold: shown.total_sales.and_then(|sold| u64::try_from(sold).ok()),
            created_at: utc(&shown.date_created_gmt),
            updated_at: utc(&shown.date_modified_gmt),
            details,
            variants,
            ..Product::new(ProductId::new(shown.id.to_string()), kind, title)
        }
    }

    fn variation(&self, shown: &Shown, parent: &Shown, title: &str) -> Option<Variant> {
        let traits = parent.attributes.iter().filter(|attribute| attribute.variation);
        let options: Vec<Choice> = traits
            .map(|attribute| Choice {
                name: plain_text(&attribute.name),
                value: chosen(attribute, &shown.attributes),
            })
            .collect();
        let values: Vec<&str> = options.iter().filter_map(|one| one.value.as_deref()).collect();
        let title = if values.is_empty() {
            title.to_owned()
        } else {
            format!("{title} - {}", values.join(", "))
        };
        let mut variant = self.offer(shown, Some(parent), title)?;
        for option in &options {
            if let Some(value) = &option.value {
                variant.details.note(&option.name, value);
            }
        }
        let description = words(&shown.description);
        Some(Variant {
            options,
            image: shown.image.as_ref().and_then(picture),
            description: (!description.is_empty()).then_some(description),
            ..variant
        })
    }

    /// What it is sold under; `None` without a price: it cannot be bought.
    fn offer(&self, shown: &Shown, parent: Option<&Shown>, title: String) -> Option<Variant> {
        let currency = self.around.currency;
        let money = |text: &str| Money::round_major(text.trim(), currency).ok();
        let now = money(&shown.price)?;
        let regular = money(&shown.regular_price).unwrap_or(now);
        let sale = money(&shown.sale_price).filter(|sale| sale.minor() < regular.minor());
        let (start, end) = (utc(&shown.date_on_sale_from_gmt), utc(&shown.date_on_sale_to_gmt));
        let is_lower = now.minor() < regular.minor();
        // A sale that is yet to begin is told with its beginning, one of the past not at all.
        let (price, sale_price) = match (shown.on_sale && is_lower, sale, start) {
            (true, ..) => (regular, Some(now)),
            (false, Some(sale), Some(_)) if !is_lower && self.is_to_come(start) => {
                (regular, Some(sale))
            }
            (false, ..) => (now, None),
        };
        let dates = sale_price.is_some();
        let managed = shown.manage_stock || shown.stock_quantity.is_some();
        let inherited = parent.and_then(|parent| parent.stock_quantity);
        let digital = shown.is_virtual || shown.is_download;
        Some(Variant {
            sku: told(&shown.sku),
            gtin: told(&shown.global_unique_id).or_else(|| meta(shown, self.keys.gtin.as_deref())),
            mpn: meta(shown, self.keys.mpn.as_deref()),
            sale_price,
            sale_start: start.filter(|_| dates),
            sale_end: end.filter(|_| dates),
            tax_class: told(&shown.tax_class),
            availability: match shown.stock_status.as_str() {
                "instock" => Availability::InStock,
                "onbackorder" => Availability::Backorder,
                _ => Availability::OutOfStock,
            },
            quantity: shown.stock_quantity.or(inherited.filter(|_| managed)),
            takes_backorders: shown.backorders_allowed,
            url: shown.permalink.clone(),
            is_digital: digital,
            details: parent.map(|_| self.details(shown)).unwrap_or_default(),
            ..Variant::new(ItemId::new(shown.id.to_string()), title, price)
        })
    }

    fn is_to_come(&self, start: Option<Timestamp>) -> bool {
        start.is_some_and(|start| start > self.now)
    }

    /// Weight, size and what plugins keep.
    fn details(&self, shown: &Shown) -> Details {
        let number = |text: &str| text.trim().parse::<Decimal>().ok().filter(|n| !n.is_zero());
        let weight = number(&shown.weight).zip(self.around.weight_unit);
        let dimensions = self.around.length_unit.and_then(|(unit, factor)| {
            let size = shown.dimensions.as_ref()?;
            let long = |text: &str| number(text)?.checked_mul(factor);
            let [length, width, height] =
                [&size.length, &size.width, &size.height].map(|text| long(text));
            let is_known = length.or(width).or(height).is_some();
            is_known.then_some(Dimensions { length, width, height, unit })
        });
        let asked = |key: &&String| !key.is_empty();
        Details {
            weight: weight.map(|(value, unit)| Weight { value, unit }),
            dimensions,
            meta: self
                .keys
                .others
                .iter()
                .filter(asked)
                .filter_map(|key| Some((key.clone(), meta(shown, Some(key))?)))
                .collect(),
            ..Details::default()
        }
    }

    /// The store's brands, then a trait of that name, then what a plugin keeps.
    fn brand(&self, shown: &Shown) -> Option<String> {
        let term = shown.brands.first().map(|brand| plain_text(&brand.name));
        term.filter(|name| !name.is_empty())
            .or_else(|| traits::brand(&shown.attributes))
            .or_else(|| meta(shown, self.keys.brand.as_deref()))
    }

    /// The deepest place first; places on the way to another one say nothing more.
    fn categories(&self, terms: &[Term]) -> Vec<Category> {
        let mut all: Vec<Category> = terms.iter().map(|term| self.around.category(term)).collect();
        all.sort_by_key(|category| std::cmp::Reverse(category.path.len()));
        let mut kept: Vec<Category> = Vec::with_capacity(all.len());
        for category in all {
            if !kept.iter().any(|deeper| deeper.path.starts_with(&category.path)) {
                kept.push(category);
            }
        }
        kept
    }
}

/// Why an agent cannot buy it, the plainest reason first.
fn exclusion(shown: &Shown, kind: ProductKind, variants: &[Variant]) -> Option<Exclusion> {
    if !shown.is_public() {
        return Some(Exclusion::NotPublic);
    }
    if shown.catalog_visibility == "hidden" {
        return Some(Exclusion::Hidden);
    }
    match kind {
        ProductKind::External => Some(Exclusion::External),
        ProductKind::Grouped => Some(Exclusion::Grouped),
        ProductKind::Other => Some(Exclusion::Unsupported),
        ProductKind::Simple | ProductKind::Variable if variants.is_empty() => {
            Some(Exclusion::NoPrice)
        }
        // A plugin keeps it out of the cart.
        ProductKind::Simple if shown.purchasable == Some(false) => Some(Exclusion::Unsupported),
        ProductKind::Simple | ProductKind::Variable => None,
    }
}

/// The value a variation has of a trait; `None` where it is left open.
fn chosen(attribute: &Attribute, given: &[Attribute]) -> Option<String> {
    let given = given.iter().find(|given| given.is(attribute))?;
    Some(plain_text(&given.option)).filter(|value| !value.is_empty())
}

fn rating(shown: &Shown) -> Option<Rating> {
    let mean = shown.average_rating.trim().parse().ok()?;
    (shown.rating_count > 0).then_some(Rating { mean, count: shown.rating_count })
}

/// What the owner picked. What the store picks by itself is random.
fn related(shown: &Shown) -> Vec<Related> {
    let with = shown.cross_sell_ids.iter().map(|id| (id, Relation::OftenBoughtWith));
    let instead = shown.upsell_ids.iter().map(|id| (id, Relation::Substitute));
    with.chain(instead)
        .map(|(id, relation)| Related { product: ProductId::new(id.0.to_string()), relation })
        .collect()
}

fn picture(picture: &Picture) -> Option<Image> {
    let is_real = !picture.src.is_empty() && !picture.src.contains(PLACEHOLDER);
    is_real.then(|| Image { alt: told(&plain_text(&picture.alt)), ..Image::new(&*picture.src) })
}

fn meta(shown: &Shown, key: Option<&str>) -> Option<String> {
    let kept = shown.meta_data.iter().find(|meta| Some(meta.key.as_str()) == key)?;
    told(&plain_text(&text_of(&kept.value)))
}

fn told(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// `2026-12-31T23:59:59`, without a zone, in UTC.
fn utc(text: &str) -> Option<Timestamp> {
    let civil: DateTime = text.parse().ok()?;
    TimeZone::UTC.to_timestamp(civil).ok()
}

#[cfg(test)]
mod tests;
