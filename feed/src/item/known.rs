//! What the platform says, field by field.

use commerce::{Details, ProductKind};

use super::Item;
use crate::{
    concept::Concept,
    value::{Cell, Gap, Value},
};

const NO_VARIANT: Cell<'static> = Cell::Empty(Gap::Needless("the product has no variants"));

impl<'a> Item<'a> {
    pub(crate) fn known(&self, concept: Concept) -> Cell<'a> {
        let (product, variant) = (self.product, self.variant);
        match concept {
            Concept::ItemId => {
                Cell::platform(Value::Text(variant.item.as_str().into()), "variant.item")
            }
            Concept::OfferId => self.offer_id(),
            Concept::Title => self.title(),
            Concept::Description => self.description(),
            Concept::Url => self.url(),
            Concept::Gtin => text(variant.gtin.as_deref(), "variant.gtin"),
            Concept::Mpn => text(variant.mpn.as_deref(), "variant.mpn"),
            Concept::Brand => {
                self.traits.or(Concept::Brand, text(product.brand.as_deref(), "product.brand"))
            }
            Concept::Condition => self.condition(),
            Concept::ProductCategory => self.product_category(),
            Concept::GoogleCategory => self.google_category(),
            Concept::Material => self.detail(concept, |details| details.material.as_deref()),
            Concept::Color => self.detail(concept, |details| details.color.as_deref()),
            Concept::Size => self.detail(concept, |details| details.size.as_deref()),
            Concept::SizeSystem => self.size_system(),
            Concept::Gender => self.gender(),
            Concept::AgeGroup => self.age_group(),
            Concept::Pattern | Concept::SizeType => self.traits.or(concept, UNKNOWN),
            Concept::Dimensions => self.dimensions(),
            Concept::Length => self.side(|sides| sides.length, "details.dimensions.length"),
            Concept::Width => self.side(|sides| sides.width, "details.dimensions.width"),
            Concept::Height => self.side(|sides| sides.height, "details.dimensions.height"),
            Concept::DimensionsUnit => self.dimensions_unit(),
            Concept::Weight => self.weight(),
            Concept::WeightUnit => self.weight_unit(),
            Concept::ImageUrl => self.image_url(),
            Concept::AdditionalImageUrls => self.additional_image_urls(),
            Concept::VideoUrl => link(product.videos.first(), "product.videos"),
            Concept::ModelUrl => link(product.models.first(), "product.models"),
            Concept::Price => self.price(),
            Concept::SalePrice => self.sale_price(),
            Concept::SalePeriod => self.sale_period(),
            Concept::SaleStart => self.sale_day(variant.sale_start, "variant.sale_start"),
            Concept::SaleEnd => self.sale_day(variant.sale_end, "variant.sale_end"),
            Concept::UnitPricingMeasure => self.unit_pricing(|pricing| &pricing.measure),
            Concept::BaseMeasure => self.unit_pricing(|pricing| &pricing.base),
            Concept::Availability => self.availability(),
            Concept::AvailabilityDate => self.availability_date(),
            Concept::InventoryQuantity => self.inventory_quantity(),
            Concept::StockNotCounted => {
                Cell::derived(Value::Flag(variant.quantity.is_none()), "from variant.quantity")
            }
            Concept::ExpirationDate => match variant.expires_at {
                Some(at) => {
                    Cell::platform(Value::Date(super::offer::day(at)), "variant.expires_at")
                }
                None => UNKNOWN,
            },
            Concept::PickupSla => {
                let store = &self.plan.storefront;
                let ready_in = store.pickup.as_ref().and_then(|pickup| pickup.ready_in.as_deref());
                text(ready_in, "storefront.pickup")
            }
            Concept::GroupId | Concept::GroupTitle | Concept::VariantDict if !self.is_variant() => {
                NO_VARIANT
            }
            Concept::GroupId => self.group_id(),
            Concept::GroupTitle => text(Some(&product.title), "product.title"),
            Concept::HasVariations => {
                Cell::derived(Value::Flag(self.is_variant()), "from product.kind")
            }
            Concept::VariantDict => self.variant_dict(),
            Concept::Custom1Category => self.custom(0, |(name, _)| name),
            Concept::Custom1Option => self.custom(0, |(_, value)| value),
            Concept::Custom2Category => self.custom(1, |(name, _)| name),
            Concept::Custom2Option => self.custom(1, |(_, value)| value),
            Concept::Custom3Category => self.custom(2, |(name, _)| name),
            Concept::Custom3Option => self.custom(2, |(_, value)| value),
            Concept::Shipping => self.shipping(),
            Concept::ShippingPrice => self.shipping_price(),
            Concept::IsDigital => {
                Cell::platform(Value::Flag(variant.is_digital), "variant.is_digital")
            }
            Concept::PopularityScore => match product.sold {
                Some(sold) => Cell::platform(Value::Number(sold.into()), "product.sold"),
                None => UNKNOWN,
            },
            Concept::ReviewCount => self.review_count(),
            Concept::StarRating => self.star_rating(),
            Concept::QuestionsAndAnswers => self.questions(),
            Concept::Reviews => self.reviews(),
            Concept::RelatedProductId => self.related(),
            Concept::RelationshipType => self.relationship(),
            // What no platform says, and what is eligible.
            Concept::ReturnDays | Concept::EligibleSearch | Concept::EligibleCheckout => UNKNOWN,
            shared => self.plan.shared_known(shared).unwrap_or(UNKNOWN),
        }
    }

    /// Whether it is one of several.
    pub(crate) fn is_variant(&self) -> bool {
        self.product.kind == ProductKind::Variable
    }

    /// The variant's word, or else its product's, or else that of a trait.
    fn detail(&self, concept: Concept, of: impl Fn(&'a Details) -> Option<&'a str>) -> Cell<'a> {
        let own = text(of(&self.variant.details), "variant.details");
        match own {
            Cell::Filled(..) => own,
            Cell::Empty(_) => {
                self.traits.or(concept, text(of(&self.product.details), "product.details"))
            }
        }
    }
}

pub(super) const UNKNOWN: Cell<'static> = Cell::Empty(Gap::Unknown);

/// A text, if there is one.
pub(super) fn text<'a>(text: Option<&'a str>, place: &'static str) -> Cell<'a> {
    match text.map(crate::text::clean) {
        Some(text) if !text.is_empty() => Cell::platform(Value::Text(text), place),
        _ => UNKNOWN,
    }
}

pub(super) fn word<'a>(word: &'static str, place: &'static str) -> Cell<'a> {
    Cell::platform(Value::Word(word), place)
}

/// An address, if it is one.
pub(super) fn link<'a>(url: Option<&'a String>, place: &'static str) -> Cell<'a> {
    match url {
        Some(url) if !url.is_empty() => match crate::settings::parse_link(url) {
            Some(link) => Cell::platform(Value::Text(link), place),
            None => Cell::Empty(Gap::Refused(
                "it is no absolute http(s) address, or it has a password or spaces in it",
            )),
        },
        _ => UNKNOWN,
    }
}
