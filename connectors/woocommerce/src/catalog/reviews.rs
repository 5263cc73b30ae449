//! What buyers wrote, for a page of products in one call; never who wrote it.

use std::collections::BTreeMap;

use commerce::{ConnectorError, Review};
use serde::Deserialize;
use tracing::debug;

use super::{
    PAGE,
    lenient::{count, text},
    wire::Shown,
    words::words,
};
use crate::WooCommerce;

/// So many are kept of one product: readers want no more.
const KEPT_MAX: usize = 20;

/// Reviews by the product they are of, the newest first.
pub(super) type Reviews = BTreeMap<u64, Vec<Review>>;

/// A review without its author.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Written {
    #[serde(deserialize_with = "count")]
    product_id: u64,
    #[serde(deserialize_with = "text")]
    review: String,
    #[serde(deserialize_with = "count")]
    rating: u64,
}

impl WooCommerce {
    /// The newest hundred reviews of these products. A feed without them is poorer, and still one.
    pub(super) async fn reviews_of(&self, products: &[Shown]) -> Reviews {
        let reviewed = products.iter().filter(|product| product.rating_count > 0);
        let ids: Vec<String> = reviewed.map(|product| product.id.to_string()).collect();
        if ids.is_empty() {
            return Reviews::new();
        }
        let path = format!(
            "/products/reviews?product={}&per_page={PAGE}&status=approved&_fields=product_id,review,\
             rating",
            ids.join(",")
        );
        let written: Result<Vec<Written>, ConnectorError> =
            self.client.get("review.list", &path).await;
        let written = written.unwrap_or_else(|error| {
            debug!(%error, "reviews cannot be read");
            Vec::new()
        });
        let mut reviews = Reviews::new();
        for one in written {
            let text = words(&one.review);
            let kept = reviews.entry(one.product_id).or_default();
            if !text.is_empty() && kept.len() < KEPT_MAX {
                let rating =
                    u8::try_from(one.rating).ok().filter(|rating| (1..=5).contains(rating));
                kept.push(Review { title: None, text, rating });
            }
        }
        reviews
    }
}
