//! From the store's words to a [`Product`].

use commerce::{
    AgeGroup, Availability, Category, Choice, Condition, Currency, Decimal, Details, Exclusion,
    Gender, Image, Money, Product, ProductId, ProductKind, Quantity, Rating, Related, Relation,
    Taxonomy, Trait, UnitPricing, Variant, Weight, WeightUnit, plain_text, spoken,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Number;
use tracing::warn;

use super::{
    document::{CatalogSettings, SHOPPING},
    names::{CATEGORY, Names, references},
    wire::{self, Medium, Pricing, Shown, ShownVariant, Source, UnitPrice},
};
use crate::id::Kind;

/// What Shopify calls the only variant of a product without options.
const ONLY: (&str, &str) = ("Title", "Default Title");
/// So many pictures, films and models of a product are told, the first ones: nobody shows more.
const MEDIA_MAX: usize = 20;
/// Where Shopify's own app keeps what goes with a product, and what stands in for it.
const DISCOVERY: &str = "shopify--discovery--product_recommendation";
const RATING_MAX: Decimal = Decimal::from_parts(5, 0, 0, false, 0);

/// What it takes to read a product.
pub(super) struct Reader<'a> {
    pub(super) settings: &'a CatalogSettings,
    /// The store's own currency.
    pub(super) currency: Currency,
    /// What its category's entries are called.
    pub(super) names: Names,
}

/// What a variant costs.
struct Price {
    regular: Money,
    sale: Option<Money>,
}

impl Reader<'_> {
    /// A product with its variants; `None` without an id.
    pub(super) fn product(&self, shown: &Shown) -> Option<Product> {
        let id = shown.product_id()?;
        let kind = if shown.has_only_default_variant {
            ProductKind::Simple
        } else {
            ProductKind::Variable
        };
        let title = plain_text(&shown.title);
        let sold = shown.variants.nodes.iter().filter(|variant| !variant.requires_components);
        let variants: Vec<Variant> =
            sold.filter_map(|variant| self.variant(variant, shown, &title)).collect();
        let html = shown.description_html.trim();
        let description = plain_text(&spoken(html));
        let (images, videos, models) = media(shown);
        Some(Product {
            exclusion: self.exclusion(shown, &variants),
            description_html: (html != description && !html.is_empty()).then(|| html.to_owned()),
            description,
            url: shown.online_store_url.clone().unwrap_or_default(),
            images,
            videos,
            models,
            brand: self.brand(shown),
            categories: shown.category.iter().filter_map(category).collect(),
            product_type: told(&plain_text(&shown.product_type)),
            tags: shown.tags.iter().map(|tag| plain_text(tag)).collect(),
            details: self.details(shown),
            rating: rating(shown),
            related: related(shown),
            is_gift_card: shown.is_gift_card,
            created_at: time(&shown.created_at),
            updated_at: updated(shown),
            variants,
            ..Product::new(id, kind, title)
        })
    }

    /// Without a price it cannot be bought.
    fn variant(&self, variant: &ShownVariant, shown: &Shown, title: &str) -> Option<Variant> {
        let item = variant.item()?;
        let price = self.price(variant)?;
        let own = |option: &&wire::Selected| (&*option.name, &*option.value) != ONLY;
        let options: Vec<Choice> = variant
            .selected_options
            .iter()
            .filter(own)
            .map(|option| Choice {
                name: plain_text(&option.name),
                value: told(&plain_text(&option.value)),
            })
            .collect();
        let values: Vec<&str> = options.iter().filter_map(|one| one.value.as_deref()).collect();
        let title = if values.is_empty() {
            title.to_owned()
        } else {
            format!("{title} - {}", values.join(", "))
        };
        let mut details = Details { weight: weight(variant), ..Details::default() };
        for option in &options {
            if let Some(value) = &option.value {
                details.note(&option.name, value);
            }
        }
        let stocked = variant.inventory_item.as_ref();
        let tracked = stocked.is_some_and(|item| item.tracked);
        let ships = stocked.and_then(|item| item.requires_shipping).unwrap_or(true);
        let oversells = variant.inventory_policy == "CONTINUE";
        Some(Variant {
            options,
            sku: variant.sku.as_deref().and_then(told),
            gtin: variant
                .barcode
                .as_deref()
                .and_then(told)
                .or_else(|| kept(shown, self.settings.meta_keys.gtin.as_deref()?)),
            mpn: self.mpn(variant, shown),
            sale_price: price.sale,
            unit_pricing: variant.unit_price_measurement.as_ref().and_then(unit_pricing),
            availability: availability(variant, tracked, oversells),
            quantity: variant.sellable_online_quantity.filter(|_| tracked),
            takes_backorders: tracked && oversells,
            needs_subscription: shown.requires_selling_plan,
            image: variant.media.nodes.first().and_then(picture),
            url: variant_url(shown, item.as_str()),
            is_digital: !ships || shown.is_gift_card,
            details,
            ..Variant::new(item, title, price.regular)
        })
    }

    /// The market's price where a market was asked about. What it was before counts only where that
    /// was more.
    fn price(&self, variant: &ShownVariant) -> Option<Price> {
        let (now, before) = if let Some(Pricing { price, compare_at_price }) =
            &variant.contextual_pricing
        {
            let money = |amount: &wire::Amount| {
                Money::parse_major(&amount.amount, Currency::from_code(&amount.currency_code)?).ok()
            };
            (money(price)?, compare_at_price.as_ref().and_then(money))
        } else {
            let money = |text: &str| Money::parse_major(text, self.currency).ok();
            (money(&variant.price)?, variant.compare_at_price.as_deref().and_then(money))
        };
        if now.minor() <= 0 {
            return None;
        }
        Some(match before.filter(|before| before.minor() > now.minor()) {
            Some(before) => Price { regular: before, sale: Some(now) },
            None => Price { regular: now, sale: None },
        })
    }

    /// Why an agent cannot buy it, the plainest reason first. Gift cards and what only subscribers
    /// can have say so by themselves.
    fn exclusion(&self, shown: &Shown, variants: &[Variant]) -> Option<Exclusion> {
        match shown.status.as_str() {
            "ACTIVE" => {}
            "UNLISTED" => return Some(Exclusion::Hidden),
            _ => return Some(Exclusion::NotPublic),
        }
        let is_shown = match self.settings.publication {
            Some(_) => shown.published_on_publication == Some(true),
            None => shown.online_store_url.is_some(),
        };
        if !is_shown {
            return Some(Exclusion::NotPublic);
        }
        if !variants.is_empty() {
            return None;
        }
        // A bundle becomes other lines than were asked for.
        let is_bundle = shown.variants.nodes.iter().any(|variant| variant.requires_components);
        Some(if is_bundle { Exclusion::Unsupported } else { Exclusion::NoPrice })
    }

    fn brand(&self, shown: &Shown) -> Option<String> {
        let named = self.settings.meta_keys.brand.as_deref().and_then(|key| kept(shown, key));
        named.or_else(|| told(&plain_text(&shown.vendor)))
    }

    fn mpn(&self, variant: &ShownVariant, shown: &Shown) -> Option<String> {
        let own = variant.mpn.as_ref().and_then(|mpn| told(&plain_text(&mpn.value)));
        own.or_else(|| kept(shown, self.settings.meta_keys.mpn.as_deref()?))
            .or_else(|| shopping(shown, "mpn"))
    }

    /// What holds for all variants: what its category says, what Google's channel keeps, and what the
    /// settings ask for.
    fn details(&self, shown: &Shown) -> Details {
        let said = |key: &str| shopping(shown, key);
        let all =
            |key: &str| Some(self.entries(shown, key).join("/")).filter(|all| !all.is_empty());
        // Several sizes are those of several variants.
        let one =
            |key: &str| <[String; 1]>::try_from(self.entries(shown, key)).ok().map(|[one]| one);
        let gender = one("target-gender").or_else(|| said("gender"));
        let age_group = one("age-group").or_else(|| said("age_group"));
        let others = &self.settings.meta_keys.others;
        // Traits that have no place of their own.
        let traits = [("Pattern", "pattern"), ("Size type", "size_type")];
        let traits = traits.into_iter().filter_map(|(name, key)| {
            Some(Trait { name: name.to_owned(), values: vec![said(key)?] })
        });
        Details {
            condition: said("condition").as_deref().and_then(condition),
            material: all("material").or_else(|| all("fabric")).or_else(|| said("material")),
            color: all("color-pattern").or_else(|| said("color")),
            size: one("size").or_else(|| said("size")),
            size_system: said("size_system"),
            gender: gender.as_deref().and_then(Gender::from_word),
            age_group: age_group.as_deref().and_then(AgeGroup::from_word),
            traits: traits.collect(),
            meta: others.iter().filter_map(|key| Some((key.clone(), kept(shown, key)?))).collect(),
            ..Details::default()
        }
    }

    /// What a product's category says under a key, by name.
    fn entries(&self, shown: &Shown, key: &str) -> Vec<String> {
        let ids = field(shown, CATEGORY, key).map(references).unwrap_or_default();
        let names = ids.iter().filter_map(|id| self.names.get(id));
        names.filter_map(|name| told(&plain_text(name))).collect()
    }
}

/// A draft or a retired product is for sale nowhere, whatever its stock.
fn availability(variant: &ShownVariant, tracked: bool, oversells: bool) -> Availability {
    let left = variant.sellable_online_quantity;
    let is_left = !tracked || left.is_none_or(|left| left > 0);
    match (variant.available_for_sale, is_left) {
        (true, true) => Availability::InStock,
        (true, false) if oversells => Availability::Backorder,
        _ => Availability::OutOfStock,
    }
}

/// A product's page with this variant chosen.
fn variant_url(shown: &Shown, item: &str) -> String {
    match &shown.online_store_url {
        None => String::new(),
        Some(url) => format!("{url}{}variant={item}", if url.contains('?') { '&' } else { '?' }),
    }
}

/// Pictures with the main one first, films and models.
fn media(shown: &Shown) -> (Vec<Image>, Vec<String>, Vec<String>) {
    let main = shown.featured_media.as_ref().map(|main| main.id.as_str());
    let (mut images, mut videos, mut models) = (Vec::new(), Vec::new(), Vec::new());
    for medium in shown.media.nodes.iter().take(MEDIA_MAX) {
        match medium.media_content_type.as_str() {
            "VIDEO" => videos.extend(source(&medium.sources, "video/mp4")),
            "EXTERNAL_VIDEO" => videos.extend(medium.origin_url.clone()),
            "MODEL_3D" => models.extend(source(&medium.sources, "model/gltf-binary")),
            _ if Some(medium.id.as_str()) == main => {
                if let Some(image) = picture(medium) {
                    images.insert(0, image);
                }
            }
            _ => images.extend(picture(medium)),
        }
    }
    (images, videos, models)
}

/// The source of this kind, or any.
fn source(sources: &[Source], kind: &str) -> Option<String> {
    let best = sources.iter().find(|source| source.mime_type == kind).or(sources.first())?;
    told(&best.url)
}

fn picture(medium: &Medium) -> Option<Image> {
    if medium.media_content_type != "IMAGE" {
        return None;
    }
    let image = medium.preview.as_ref()?.image.as_ref()?;
    Some(Image {
        alt: medium.alt.as_deref().and_then(|alt| told(&plain_text(alt))),
        size: image.width.zip(image.height),
        ..Image::new(told(&image.url)?)
    })
}

fn category(category: &wire::Category) -> Option<Category> {
    let path: Vec<String> = category.full_name.split(" > ").filter_map(told).collect();
    (!path.is_empty()).then_some(Category { path, taxonomy: Taxonomy::Shopify })
}

/// `{"value": "4.5", "scale_min": "1.0", "scale_max": "5.0"}`, and how many said so.
fn rating(shown: &Shown) -> Option<Rating> {
    #[derive(Deserialize)]
    struct Kept {
        value: Loose,
        #[serde(default)]
        scale_max: Option<Loose>,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Loose {
        Text(String),
        Number(Number),
    }
    let decimal = |loose: &Loose| match loose {
        Loose::Text(text) => text.trim().parse::<Decimal>().ok(),
        Loose::Number(number) => number.to_string().parse().ok(),
    };

    let rating: Kept = serde_json::from_str(field(shown, "reviews", "rating")?).ok()?;
    let count: u64 = field(shown, "reviews", "rating_count")?.trim().parse().ok()?;
    let most = rating.scale_max.as_ref().and_then(decimal).unwrap_or(RATING_MAX);
    let mean = decimal(&rating.value)?.checked_mul(RATING_MAX)?.checked_div(most)?;
    (count > 0 && !mean.is_sign_negative() && mean <= RATING_MAX)
        .then(|| Rating { mean: mean.round_dp(2).normalize(), count })
}

/// What the owner has picked.
fn related(shown: &Shown) -> Vec<Related> {
    let picked = |key: &str| {
        let value = field(shown, DISCOVERY, key).unwrap_or("[]");
        serde_json::from_str::<Vec<String>>(value).unwrap_or_default()
    };
    let with =
        picked("complementary_products").into_iter().map(|id| (id, Relation::OftenBoughtWith));
    let instead = picked("related_products").into_iter().map(|id| (id, Relation::Substitute));
    with.chain(instead)
        .filter_map(|(id, relation)| {
            let product = ProductId::new(Kind::Product.number(&id)?.to_string());
            Some(Related { product, relation })
        })
        .collect()
}

/// A variant's change is one of its product.
fn updated(shown: &Shown) -> Option<Timestamp> {
    let variants = shown.variants.nodes.iter().filter_map(|variant| time(&variant.updated_at));
    variants.chain(time(&shown.updated_at)).max()
}

fn weight(variant: &ShownVariant) -> Option<Weight> {
    let weight = variant.inventory_item.as_ref()?.measurement.as_ref()?.weight.as_ref()?;
    let unit = match weight.unit.as_str() {
        "GRAMS" => WeightUnit::Gram,
        "KILOGRAMS" => WeightUnit::Kilogram,
        "OUNCES" => WeightUnit::Ounce,
        "POUNDS" => WeightUnit::Pound,
        other => {
            warn!(unit = other, "a weight in a unit that nobody knows");
            return None;
        }
    };
    let value = decimal(&weight.value)?;
    (!value.is_zero()).then_some(Weight { value, unit })
}

fn unit_pricing(price: &UnitPrice) -> Option<UnitPricing> {
    let quantity = |value: &Number, unit: &Option<String>| {
        let value = decimal(value).filter(|value| !value.is_zero())?;
        let unit = unit.as_deref().filter(|unit| *unit != "UNKNOWN")?.to_lowercase();
        Some(Quantity { value, unit })
    };
    Some(UnitPricing {
        measure: quantity(&price.quantity_value, &price.quantity_unit)?,
        base: quantity(&price.reference_value, &price.reference_unit)?,
    })
}

fn condition(word: &str) -> Option<Condition> {
    Some(match word.trim().to_lowercase().as_str() {
        "new" => Condition::New,
        "refurbished" => Condition::Refurbished,
        "used" => Condition::Used,
        _ => return None,
    })
}

fn shopping(shown: &Shown, key: &str) -> Option<String> {
    told(&plain_text(field(shown, SHOPPING, key)?))
}

/// What the owner keeps under `namespace.key`.
fn kept(shown: &Shown, key: &str) -> Option<String> {
    let (namespace, key) = key.rsplit_once('.')?;
    told(&plain_text(field(shown, namespace, key)?))
}

fn field<'a>(shown: &'a Shown, namespace: &str, key: &str) -> Option<&'a str> {
    let fields = &shown.metafields.nodes;
    let found = fields.iter().find(|one| one.namespace == namespace && one.key == key)?;
    Some(found.value.as_str())
}

/// Shopify writes whole numbers as `300` or `300.0`, and small ones as `1e-7`.
pub(super) fn decimal(number: &Number) -> Option<Decimal> {
    let text = number.to_string();
    let read = text.parse().or_else(|_| Decimal::from_scientific(&text));
    read.ok().map(|read: Decimal| read.normalize())
}

fn told(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

#[cfg(test)]
mod tests;
