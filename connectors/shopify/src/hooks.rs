//! Being told of changes.

use commerce::{ConnectorError, Forged, Heard, Hook, HookTarget};

use crate::Shopify;

impl Shopify {
    pub(crate) async fn list_hooks(&self, _at: &HookTarget) -> Result<Vec<Hook>, ConnectorError> {
        Ok(Vec::new())
    }

    pub(crate) async fn mend_hooks(&self, _at: &HookTarget) -> Result<Vec<Hook>, ConnectorError> {
        Ok(Vec::new())
    }

    pub(crate) async fn drop_hooks(&self, _at: &HookTarget) -> Result<usize, ConnectorError> {
        Ok(0)
    }
}

pub(crate) fn hear(
    _header: &dyn Fn(&str) -> Option<String>,
    _body: &[u8],
    _secret: &str,
) -> Result<Heard, Forged> {
    Err(Forged)
}
