//! Variations: a hundred at a time where the store lists them, product by product where it does not.
//!
//! Only those of the products at hand are asked for, by id, so that memory does not depend on how
//! many there are. `wc/v3/variations` takes `include` like every list of WooCommerce (seen in its
//! source, `WC_REST_CRUD_Controller`); a store that ignores it is found out and asked product by
//! product.

use std::{collections::BTreeSet, sync::atomic::Ordering};

use commerce::ConnectorError;
use futures_util::{StreamExt, TryStreamExt, stream};
use tracing::{debug, warn};

use crate::{
    WooCommerce,
    catalog::{Families, PAGE, Shown, VARIATION_FIELDS, shown},
};

/// Most pages of variations of one product: a bound, not an expectation.
const PAGES_MAX: usize = 50;

impl WooCommerce {
    /// The variations of these products.
    pub(crate) async fn variations_of(
        &self,
        products: &[Shown],
    ) -> Result<Families, ConnectorError> {
        let sold: Vec<&Shown> =
            products.iter().filter(|product| product.has_variations_to_sell()).collect();
        if !self.reading.lists_no_variations.load(Ordering::Relaxed) {
            match self.listed(&sold).await {
                Ok(Some(families)) => return Ok(families),
                Ok(None) => {
                    warn!("the store's list of variations holds others than were asked for");
                }
                // Products were readable a moment ago, so it is the route that is missing.
                Err(ConnectorError::Denied { .. } | ConnectorError::NotFound { .. }) => {
                    debug!("the store lists no variations; they are read product by product");
                }
                Err(error) => return Err(error),
            }
            self.reading.lists_no_variations.store(true, Ordering::Relaxed);
        }
        let ids: Vec<u64> = sold.iter().map(|product| product.id).collect();
        let families: Vec<_> = stream::iter(ids)
            .map(|id| async move { Ok((id, self.variations(id).await?)) })
            .buffered(self.catalog_calls)
            .try_collect()
            .await?;
        Ok(families.into_iter().collect())
    }

    /// A whole reading may find the store updated.
    pub(crate) fn look_again(&self) {
        self.reading.lists_no_variations.store(false, Ordering::Relaxed);
    }

    /// `None` where the store answers something else than it was asked for.
    async fn listed(&self, products: &[&Shown]) -> Result<Option<Families>, ConnectorError> {
        let ids: Vec<u64> =
            products.iter().flat_map(|product| &product.variations).map(|id| id.0).collect();
        let asked: BTreeSet<u64> = ids.iter().copied().collect();
        let chunks: Vec<Vec<u64>> = ids.chunks(PAGE).map(<[u64]>::to_vec).collect();
        let found: Vec<Vec<Shown>> = stream::iter(chunks)
            .map(|ids| self.these(ids))
            .buffered(self.catalog_calls)
            .try_collect()
            .await?;
        let mut families = Families::new();
        for variation in found.into_iter().flatten() {
            if !asked.contains(&variation.id) {
                return Ok(None);
            }
            families.entry(variation.parent_id).or_default().push(variation);
        }
        Ok(Some(families))
    }

    /// The variations with these ids, as far as there are any.
    async fn these(&self, ids: Vec<u64>) -> Result<Vec<Shown>, ConnectorError> {
        const NAME: &str = "variation.list_all";

        let fields = self.with_meta(VARIATION_FIELDS);
        let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
        let path = format!(
            "/variations?include={}&per_page={PAGE}&orderby=id&order=asc&_fields={fields}",
            ids.join(",")
        );
        shown(NAME, &self.client.get_answer(NAME, &path).await?)
    }

    /// The variations of one product, where the store lists no others.
    async fn variations(&self, product: u64) -> Result<Vec<Shown>, ConnectorError> {
        const NAME: &str = "variation.list";

        let fields = self.with_meta(VARIATION_FIELDS);
        let mut all = Vec::new();
        for page in 1..=PAGES_MAX {
            let path = format!(
                "/products/{product}/variations?per_page={PAGE}&page={page}&orderby=id&order=asc\
                 &_fields={fields}"
            );
            let answer = self.client.get_answer(NAME, &path).await?;
            let total = answer.header("x-wp-total").and_then(|total| total.parse().ok());
            let found = shown(NAME, &answer)?;
            let is_short = found.len() < PAGE;
            all.extend(found);
            if is_short && total.is_none_or(|total: usize| page * PAGE >= total) {
                break;
            }
        }
        Ok(all)
    }
}
