//! Looking the store over.

use commerce::Finding;

use crate::Shopify;

impl Shopify {
    pub(crate) async fn look_over(&self) -> Vec<Finding> {
        Vec::new()
    }
}
