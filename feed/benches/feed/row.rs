//! The same row as a plain struct: what the bare serializer writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An object whose members keep their order.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Map {
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(rename = "minRating", skip_serializing_if = "Option::is_none")]
    min_rating: Option<String>,
    #[serde(rename = "maxRating", skip_serializing_if = "Option::is_none")]
    max_rating: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rating: Option<String>,
}

/// All 81 columns.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    #[serde(skip_serializing_if = "Option::is_none")]
    is_eligible_search: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_eligible_checkout: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_ads_eligible: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gtin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mpn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    brand: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product_category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    material: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions_unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_weight_unit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_group: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ads_metadata: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_image_urls: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    video_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_3d_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale_price_start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale_price_end_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit_pricing_measure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_measure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pricing_trend: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    availability: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    availability_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pickup_method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pickup_sla: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    listing_has_variations: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_dict: Option<BTreeMap<String, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    item_group_title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_system: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer_id: Option<String>,
    #[serde(rename = "Custom_variant1_category", skip_serializing_if = "Option::is_none")]
    custom_variant1_category: Option<String>,
    #[serde(rename = "Custom_variant1_option", skip_serializing_if = "Option::is_none")]
    custom_variant1_option: Option<String>,
    #[serde(rename = "Custom_variant2_category", skip_serializing_if = "Option::is_none")]
    custom_variant2_category: Option<String>,
    #[serde(rename = "Custom_variant2_option", skip_serializing_if = "Option::is_none")]
    custom_variant2_option: Option<String>,
    #[serde(rename = "Custom_variant3_category", skip_serializing_if = "Option::is_none")]
    custom_variant3_category: Option<String>,
    #[serde(rename = "Custom_variant3_option", skip_serializing_if = "Option::is_none")]
    custom_variant3_option: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_digital: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seller_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    marketplace_seller: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seller_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seller_privacy_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seller_tos: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_policy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_deadline_in_days: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepts_returns: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    accepts_exchanges: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    popularity_score: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    return_rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warning_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    age_restriction: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    review_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    star_rating: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_review_count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_star_rating: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    q_and_a: Option<Vec<Map>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviews: Option<Vec<Map>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    related_product_id: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relationship_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target_countries: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    geo_price: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    geo_availability: Option<String>,
}
