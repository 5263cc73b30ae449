//! Variations: all in one listing where the store has it, product by product where it has not.
//!
//! The listing costs one call for a hundred variations instead of one for each product, and is
//! kept only while the catalog is read.

use std::{collections::BTreeMap, sync::Arc};

use commerce::ConnectorError;
use serde::Deserialize;
use tracing::{debug, info};

use crate::{
    WooCommerce,
    catalog::{Given, Image, Offer, PAGE, twice},
};

/// Most pages of variations of one product: a bound, not an expectation.
const PAGES_MAX: usize = 50;
/// Most pages of all variations. What is beyond is read product by product.
const LISTING_PAGES_MAX: usize = 2_000;
const VARIATION_FIELDS: &str = "id,parent_id,permalink,sku,global_unique_id,price,regular_price,sale_price,\
    on_sale,date_on_sale_to_gmt,status,purchasable,virtual,stock_quantity,stock_status,image,\
    attributes";

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Variation {
    pub(crate) id: u64,
    #[serde(default)]
    parent_id: u64,
    pub(crate) permalink: String,
    #[serde(default)]
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) image: Option<Image>,
    #[serde(default)]
    pub(crate) attributes: Vec<Given>,
}

/// All variations by the product they belong to.
pub(crate) type Listing = BTreeMap<u64, Vec<(Variation, Offer)>>;

impl WooCommerce {
    /// Lists all variations of the store, if it has the route; older stores do without.
    pub(crate) async fn list_variations(&self) -> Result<(), ConnectorError> {
        let listing = match self.all_variations().await {
            Ok(listing) => listing,
            // Products were readable a moment ago, so it is the route that is missing.
            Err(ConnectorError::Denied { .. } | ConnectorError::NotFound { .. }) => {
                debug!("the store does not list its variations; they are read product by product");
                None
            }
            Err(error) => return Err(error),
        };
        *self.listing.lock().await = listing.map(Arc::new);
        Ok(())
    }

    /// The variations of one product.
    pub(crate) async fn variations(
        &self,
        product: u64,
        listing: Option<&Listing>,
    ) -> Result<Vec<(Variation, Offer)>, ConnectorError> {
        const NAME: &str = "variation.list";

        if let Some(listing) = listing {
            return Ok(listing.get(&product).cloned().unwrap_or_default());
        }
        let mut all = Vec::new();
        for page in 1..=PAGES_MAX {
            let path = format!(
                "/products/{product}/variations?per_page={PAGE}&page={page}&orderby=id&order=asc\
                 &_fields={VARIATION_FIELDS}"
            );
            let found = twice::<Variation>(NAME, &self.client.get_answer(NAME, &path).await?)?;
            let is_full = found.len() == PAGE;
            all.extend(found);
            if !is_full {
                break;
            }
        }
        Ok(all)
    }

    /// `None` where there are more than anybody can list.
    async fn all_variations(&self) -> Result<Option<Listing>, ConnectorError> {
        const NAME: &str = "variation.list_all";

        let mut listing = Listing::new();
        for page in 1..=LISTING_PAGES_MAX {
            let path = format!(
                "/variations?per_page={PAGE}&page={page}&orderby=id&order=asc\
                 &_fields={VARIATION_FIELDS}"
            );
            let answer = self.client.get_answer(NAME, &path).await?;
            let found = twice::<Variation>(NAME, &answer)?;
            let is_full = found.len() == PAGE;
            for (variation, offer) in found {
                listing.entry(variation.parent_id).or_default().push((variation, offer));
            }
            if !is_full {
                return Ok(Some(listing));
            }
            info!(variations = page * PAGE, total = answer.header("x-wp-total"), "variations read");
        }
        Ok(None)
    }
}
