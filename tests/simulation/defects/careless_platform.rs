//! A platform that is used carelessly.

use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use commerce::{
    Booking, Brought, Change, Commitment, Connector, ConnectorError, Cursor, Draft, DraftId,
    DraftState, Facts, Finding, Forged, Heard, Hold, Hook, HookTarget, Line, Order, OrderId,
    Origin, Product, ProductId, ProductPage, Sale,
};
use http::Request;
use jiff::Timestamp;
use payments::Processor;
use upstream::Transport;

use super::{Defect, careless_processor::Drafts};

pub(super) struct CarelessPlatform {
    pub(super) inner: Arc<dyn Connector>,
    pub(super) processor: Arc<dyn Processor>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) drafts: Drafts,
    pub(super) defect: Defect,
}

impl CarelessPlatform {
    fn remember(&self, commitment: &Commitment, id: &DraftId) {
        let mut drafts = self.drafts.lock().unwrap_or_else(PoisonError::into_inner);
        drafts.extend(commitment.payment.clone().map(|payment| (payment, id.clone())));
    }

    /// Tells the agent of an order that is none yet.
    async fn tell(&self, draft: &Draft) {
        let order = &draft.order;
        let body = format!(r#"{{"type":"order_create","data":{{"id":"{order}"}}}}"#);
        let request = Request::post("http://agent.test/events").body(Bytes::from(body));
        // Whether it arrives is the network's affair.
        let _told = self.transport.send(request.expect("a request"), 1_024).await;
    }
}

#[async_trait]
impl Connector for CarelessPlatform {
    async fn products(&self, from: Option<&Cursor>) -> Result<ProductPage, ConnectorError> {
        self.inner.products(from).await
    }

    async fn product(&self, id: &ProductId) -> Result<Option<Product>, ConnectorError> {
        self.inner.product(id).await
    }

    async fn changes(
        &self,
        since: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<ProductPage, ConnectorError> {
        self.inner.changes(since, from).await
    }

    async fn open(&self, change: &Change) -> Result<Draft, ConnectorError> {
        self.inner.open(change).await
    }

    async fn load(&self, id: &DraftId) -> Result<Draft, ConnectorError> {
        let draft = self.inner.load(id).await?;
        if self.defect == Defect::PriceNotChecked {
            return Ok(Draft { agreed: Some(draft.quote.totals.total), ..draft });
        }
        Ok(draft)
    }

    async fn glance(&self, id: &DraftId) -> Result<Draft, ConnectorError> {
        self.inner.glance(id).await
    }

    async fn revise(&self, id: &DraftId, change: &Change) -> Result<Draft, ConnectorError> {
        self.inner.revise(id, change).await
    }

    async fn commit(&self, id: &DraftId, commitment: &Commitment) -> Result<Draft, ConnectorError> {
        self.remember(commitment, id);
        if self.defect == Defect::CaptureBeforeCommit {
            let draft = self.inner.load(id).await?;
            let state = DraftState::Committed {
                payment: commitment.payment.clone(),
                total: commitment.total,
                memo: commitment.memo.clone(),
            };
            return Ok(Draft { state, ..draft });
        }
        let draft = self.inner.commit(id, commitment).await?;
        match self.defect {
            Defect::PlaceBeforeCapture => drop(self.inner.place(id, commitment).await?),
            Defect::EventBeforeOrder => self.tell(&draft).await,
            _ => {}
        }
        Ok(draft)
    }

    async fn reopen(
        &self,
        id: &DraftId,
        commitment: &Commitment,
        facts: &Facts,
    ) -> Result<Draft, ConnectorError> {
        self.inner.reopen(id, commitment, facts).await
    }

    async fn hold(&self, id: &DraftId) -> Result<Hold, ConnectorError> {
        if self.defect == Defect::NothingHeld {
            return Ok(Hold::Held);
        }
        self.inner.hold(id).await
    }

    async fn place(&self, id: &DraftId, commitment: &Commitment) -> Result<Order, ConnectorError> {
        if self.defect == Defect::CaptureBeforeCommit {
            self.inner.commit(id, commitment).await?;
        }
        self.inner.place(id, commitment).await
    }

    fn storefront_url(&self, lines: &[Line]) -> String {
        self.inner.storefront_url(lines)
    }

    async fn discard(&self, id: &DraftId, facts: &Facts) -> Result<Draft, ConnectorError> {
        if self.defect == Defect::VoidBeforeKill
            && let DraftState::Committed { payment: Some(payment), .. } =
                self.inner.load(id).await?.state
        {
            // Whatever comes of it, the draft is next.
            let _voided = self.processor.void(&payment).await;
        }
        self.inner.discard(id, facts).await
    }

    async fn sales_since(&self, since: Timestamp) -> Result<Vec<Sale>, ConnectorError> {
        self.inner.sales_since(since).await
    }

    async fn brought(&self, order: &OrderId) -> Result<Brought, ConnectorError> {
        self.inner.brought(order).await
    }

    async fn unsettled(&self) -> Result<Vec<Origin>, ConnectorError> {
        self.inner.unsettled().await
    }

    async fn book_refund(&self, order: &OrderId, booking: &Booking) -> Result<(), ConnectorError> {
        self.inner.book_refund(order, booking).await
    }

    async fn note(&self, order: &OrderId, mark: &str, text: &str) -> Result<(), ConnectorError> {
        self.inner.note(order, mark, text).await
    }

    async fn keep_told(&self, order: &OrderId, told: &str) -> Result<(), ConnectorError> {
        self.inner.keep_told(order, told).await
    }

    async fn hooks(&self, target: &HookTarget) -> Result<Vec<Hook>, ConnectorError> {
        self.inner.hooks(target).await
    }

    async fn repair_hooks(&self, target: &HookTarget) -> Result<Vec<Hook>, ConnectorError> {
        self.inner.repair_hooks(target).await
    }

    async fn remove_hooks(&self, target: &HookTarget) -> Result<usize, ConnectorError> {
        self.inner.remove_hooks(target).await
    }

    fn hear(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        secret: &str,
    ) -> Result<Heard, Forged> {
        self.inner.hear(header, body, secret)
    }

    async fn rehearse(&self) -> Vec<Finding> {
        self.inner.rehearse().await
    }

    async fn check(&self) -> Vec<Finding> {
        self.inner.check().await
    }
}
