//! What is not written yet; goes away.

use commerce::*;
use jiff::Timestamp;

use crate::Shopify;

const NOT_YET: ConnectorError = ConnectorError::Settled { action: "not yet" };

impl Shopify {
    pub(crate) async fn open_draft(&self, _: &Change) -> Result<Draft, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn load_draft(&self, _: &DraftId) -> Result<Draft, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn glance_at_draft(&self, _: &DraftId) -> Result<Draft, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn revise_draft(
        &self,
        _: &DraftId,
        _: &Change,
    ) -> Result<Draft, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn commit_draft(
        &self,
        _: &DraftId,
        _: &Commitment,
    ) -> Result<Draft, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn reopen_draft(
        &self,
        _: &DraftId,
        _: &Commitment,
        _: &Facts,
    ) -> Result<Draft, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn hold_stock(&self, _: &DraftId) -> Result<Hold, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn place_order(
        &self,
        _: &DraftId,
        _: &Commitment,
    ) -> Result<Order, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn discard_draft(
        &self,
        _: &DraftId,
        _: &Facts,
    ) -> Result<Draft, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn changed_sales(&self, _: Timestamp) -> Result<Vec<Sale>, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn brought_order(&self, _: &OrderId) -> Result<Brought, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn waiting_drafts(&self) -> Result<Vec<Origin>, ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn book(&self, _: &OrderId, _: &Booking) -> Result<(), ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn leave_note(
        &self,
        _: &OrderId,
        _: &str,
        _: &str,
    ) -> Result<(), ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn write_told(&self, _: &OrderId, _: &str) -> Result<(), ConnectorError> {
        Err(NOT_YET)
    }
    pub(crate) async fn rehearse_purchase(&self) -> Vec<Finding> {
        Vec::new()
    }
}
