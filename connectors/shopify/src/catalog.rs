//! Products.

use commerce::{ConnectorError, Cursor, ListingPage, Product, ProductId, ProductPage};
use jiff::Timestamp;

use crate::Shopify;

impl Shopify {
    pub(crate) async fn page(&self, _from: Option<&Cursor>) -> Result<ProductPage, ConnectorError> {
        Ok(ProductPage { products: Vec::new(), next: None, total: None })
    }

    pub(crate) async fn one_product(
        &self,
        _id: &ProductId,
    ) -> Result<Option<Product>, ConnectorError> {
        Ok(None)
    }

    pub(crate) async fn changed_products(
        &self,
        _since: Timestamp,
    ) -> Result<Vec<Product>, ConnectorError> {
        Ok(Vec::new())
    }

    pub(crate) async fn changed_page(
        &self,
        _since: Timestamp,
        _from: Option<&Cursor>,
    ) -> Result<ProductPage, ConnectorError> {
        Ok(ProductPage { products: Vec::new(), next: None, total: None })
    }

    pub(crate) async fn listing_page(
        &self,
        _from: Option<&Cursor>,
    ) -> Result<Option<ListingPage>, ConnectorError> {
        Ok(None)
    }
}
