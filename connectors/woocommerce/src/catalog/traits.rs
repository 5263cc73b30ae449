//! What a store keeps as traits of a product.

use commerce::{Details, Trait, is_brand_word, plain_text};

use super::wire::Attribute;
use crate::cart::text_of;

/// What all variants of a product share: its traits with a single value, and all by the owner's
/// names.
pub(super) fn shared(details: &mut Details, attributes: &[Attribute]) {
    for attribute in attributes.iter().filter(|attribute| !attribute.variation) {
        let (name, values) = (plain_text(&attribute.name), values(attribute));
        if let [value] = values.as_slice() {
            details.note(&name, value);
        }
        if attribute.visible && !values.is_empty() {
            details.traits.push(Trait { name, values });
        }
    }
}

/// The maker, where the store keeps it as a trait.
pub(super) fn brand(attributes: &[Attribute]) -> Option<String> {
    let named = attributes.iter().find(|one| is_brand_word(&one.name))?;
    values(named).into_iter().next()
}

fn values(attribute: &Attribute) -> Vec<String> {
    let words = attribute.options.iter().map(|option| plain_text(&text_of(option)));
    words.filter(|value| !value.is_empty()).collect()
}
