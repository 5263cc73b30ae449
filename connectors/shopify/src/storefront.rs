//! What holds for everything the store sells.

use commerce::{ConnectorError, Storefront};

use crate::Shopify;

impl Shopify {
    pub(crate) async fn read_storefront(&self) -> Result<Storefront, ConnectorError> {
        Ok(Storefront::default())
    }
}
