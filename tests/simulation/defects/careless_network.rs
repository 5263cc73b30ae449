//! A way out on which the keys of payments are made carelessly.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use upstream::{Chance, Transport, TransportError};

use super::Defect;

pub(super) struct CarelessNetwork {
    pub(super) inner: Arc<dyn Transport>,
    pub(super) chance: Arc<dyn Chance>,
    pub(super) defect: Defect,
}

#[async_trait]
impl Transport for CarelessNetwork {
    async fn send(
        &self,
        mut request: Request<Bytes>,
        body_max: usize,
    ) -> Result<Response<Bytes>, TransportError> {
        let makes = request.method() == "POST" && request.uri().path() == "/v1/payment_intents";
        let key = match self.defect {
            _ if !makes => None,
            Defect::KeyWithoutSession => Some(format!("{:x}", self.chance.below(u64::MAX))),
            Defect::NoLookupBeforeCreate => {
                let form = String::from_utf8_lossy(request.body());
                let amount = form.split('&').find(|part| part.starts_with("amount="));
                let amount = amount.unwrap_or_default().to_owned();
                let key = request.headers().get("idempotency-key");
                key.and_then(|key| key.to_str().ok()).map(|key| format!("{key}-{amount}"))
            }
            _ => None,
        };
        if let Some(key) = key.and_then(|key| HeaderValue::from_str(&key).ok()) {
            request.headers_mut().insert("idempotency-key", key);
        }
        self.inner.send(request, body_max).await
    }
}
