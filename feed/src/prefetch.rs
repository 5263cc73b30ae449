//! Bringing a product near before it is read.
//!
//! Its texts lie all over memory. Whoever reads one after the other waits for each; asked for at
//! once, they come together. Nothing but time depends on it.

use std::hint;

use commerce::{Product, Variant};

/// What memory hands over in one piece.
const LINE: usize = 64;

/// Looks at both ends of every text that most rows hold, and all along the longest.
pub(crate) fn prefetch(product: &Product) {
    let mut seen = 0;
    let mut look = |text: &str| {
        if let ([first, ..], [.., last]) = (text.as_bytes(), text.as_bytes()) {
            seen ^= first ^ last;
        }
    };
    look(&product.title);
    look(&product.description);
    product.brand.iter().for_each(|text| look(text));
    product.images.iter().for_each(|image| look(&image.url));
    product.videos.iter().chain(&product.models).for_each(|url| look(url));
    product.categories.iter().flat_map(|one| &one.path).for_each(|step| look(step));
    for one in &product.details.traits {
        look(&one.name);
        one.values.iter().for_each(|value| look(value));
    }
    for review in &product.reviews {
        review.title.iter().chain([&review.text]).for_each(|text| look(text));
    }
    for one in &product.questions {
        look(&one.question);
        look(&one.answer);
    }
    product.related.iter().for_each(|one| look(one.product.as_str()));
    product.variants.iter().for_each(|variant| look_at(variant, &mut look));
    product.description.as_bytes().iter().step_by(LINE).for_each(|byte| seen ^= byte);
    hint::black_box(seen);
}

fn look_at(variant: &Variant, look: &mut impl FnMut(&str)) {
    let Variant { item, title, description, sku, gtin, mpn, url, .. } = variant;
    look(item.as_str());
    look(title);
    look(url);
    [description, sku, gtin, mpn].into_iter().flatten().for_each(|text| look(text));
    for choice in &variant.options {
        look(&choice.name);
        choice.value.iter().for_each(|value| look(value));
    }
    if let Some(pricing) = &variant.unit_pricing {
        look(&pricing.measure.unit);
        look(&pricing.base.unit);
    }
    variant.image.iter().for_each(|image| look(&image.url));
    for one in variant.shipping.iter() {
        look(&one.country);
        look(&one.service);
    }
}
