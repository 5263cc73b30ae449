//! Several cart steps in one call, each with its own answer.

use commerce::{ConnectorError, Effect};
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use upstream::{Call, Kind};

use crate::{
    client::{CART_TOKEN, Client},
    error::{Refusal, unreadable},
    loose,
};

/// Most parts that the store takes in one batch.
const BATCH_MAX: usize = 25;

/// One part of a batch.
pub(crate) struct Part {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) body: Value,
}

/// What became of all parts.
#[derive(Debug, Deserialize)]
struct Batch {
    #[serde(deserialize_with = "loose::list")]
    responses: Vec<PartAnswer>,
}

/// What became of a part.
#[derive(Debug, Deserialize)]
pub(crate) struct PartAnswer {
    #[serde(deserialize_with = "loose::number")]
    status: u16,
    body: Value,
}

impl Client {
    /// Runs all parts in order, in as few batches as the store allows. Each part has its own
    /// answer; adding adds up, so a batch is never repeated.
    pub(crate) async fn batch(
        &self,
        token: &SecretString,
        parts: &[Part],
    ) -> Result<Vec<PartAnswer>, ConnectorError> {
        let mut answers = Vec::with_capacity(parts.len());
        for parts in parts.chunks(BATCH_MAX) {
            answers.extend(self.one_batch(token, parts).await?);
        }
        Ok(answers)
    }

    async fn one_batch(
        &self,
        token: &SecretString,
        parts: &[Part],
    ) -> Result<Vec<PartAnswer>, ConnectorError> {
        const NAME: &str = "cart.batch";

        // The store wants the token outside and in each part.
        let token = token.expose_secret();
        let requests: Vec<Value> = parts
            .iter()
            .map(|part| {
                json!({
                    "method": part.method,
                    "path": format!("/wc/store/v1{}", part.path),
                    "body": part.body,
                    "headers": {"Cart-Token": token},
                })
            })
            .collect();
        let call = Call::new(NAME, Method::POST, "/wc/store/v1/batch", Kind::Once)
            .secret_header(CART_TOKEN, token)
            .json(&json!({ "requests": requests }));
        let answer = self.send(call).await?;
        let batch: Batch =
            answer.json().map_err(|error| unreadable(NAME, Effect::Unknown, error))?;
        batch.answers(NAME, parts.len())
    }
}

impl Batch {
    /// One answer for each part. A part that died or was put off is no refusal that a buyer could
    /// mend, and what the others did stays done.
    fn answers(self, call: &'static str, parts: usize) -> Result<Vec<PartAnswer>, ConnectorError> {
        if self.responses.len() != parts {
            return Err(ConnectorError::Unreadable {
                call,
                effect: Effect::Unknown,
                source: "not every part has an answer".into(),
            });
        }
        match self.responses.iter().find(|part| part.status >= 500 || part.status == 429) {
            None => Ok(self.responses),
            Some(dead) => Err(ConnectorError::Unavailable {
                retry_after: None,
                effect: Effect::Unknown,
                source: Some(
                    format!(
                        "{call}: a part has status {}; look at the store's own error log",
                        dead.status
                    )
                    .into(),
                ),
            }),
        }
    }
}

impl PartAnswer {
    /// What the part answered, or why the store refused it.
    pub(crate) fn result(self) -> Result<Value, Refusal> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        Err(serde_json::from_value(self.body).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use commerce::ConnectorError;
    use serde_json::json;

    use super::Batch;

    fn answers(statuses: &[u16]) -> Result<usize, ConnectorError> {
        let parts = statuses.iter().map(|status| json!({ "status": status, "body": {} }));
        let batch: Batch =
            serde_json::from_value(json!({ "responses": parts.collect::<Vec<_>>() })).unwrap();
        batch.answers("test", 2).map(|answers| answers.len())
    }

    #[test]
    fn a_part_that_died_is_no_refusal() {
        assert_eq!(answers(&[201, 400]).unwrap(), 2, "a refusal is an answer");
        for dead in [[201, 500], [201, 503], [429, 201]] {
            let error = answers(&dead).unwrap_err();
            assert!(matches!(error, ConnectorError::Unavailable { .. }), "{error:?}");
            assert!(!error.had_no_effect(), "the other part was carried out");
        }
        let error = answers(&[201]).unwrap_err();
        assert!(matches!(error, ConnectorError::Unreadable { .. }), "{error:?}");
    }
}
