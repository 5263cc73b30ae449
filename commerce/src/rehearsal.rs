//! A purchase that is tried out, up to where money would move.

use std::num::NonZeroU32;

use crate::{Address, Availability, Buyer, Change, Destination, Line, Patch, ProductPage};

/// One of a thing, sent to a place of the store's own. Nobody gets it.
pub fn rehearsal(line: Line, place: Address) -> Change {
    let name = "Rehearsal Storebridge".to_owned();
    Change {
        lines: Some(vec![line]),
        buyer: Patch::Set(Buyer {
            first_name: "Rehearsal".to_owned(),
            last_name: "Storebridge".to_owned(),
            email: "rehearsal@example.com".to_owned(),
            ..Buyer::default()
        }),
        destination: Patch::Set(Destination {
            name: name.clone(),
            address: Some(Address { name, ..place }),
            ..Destination::default()
        }),
        ..Change::default()
    }
}

/// The first thing of a page that can be bought at once.
pub fn first_in_stock(page: &ProductPage) -> Option<Line> {
    let products = page.products.iter().filter(|product| product.exclusion.is_none());
    let mut variants = products.flat_map(|product| &product.variants);
    let variant = variants
        .find(|variant| variant.is_settled() && variant.availability == Availability::InStock)?;
    Some(Line { item: variant.item.clone(), quantity: NonZeroU32::MIN })
}
