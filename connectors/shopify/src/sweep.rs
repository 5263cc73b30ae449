//! Taking away what is left of sessions that came to nothing.
//!
//! Shopify keeps drafts for a year. Its search may be wrong about any of them, so each is read by its
//! id before it is deleted.

use commerce::ConnectorError;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::{
    Shopify,
    attributes::TAG,
    change::settled,
    error::{UserError, refused},
    id::Kind,
    operation::Operation,
    shown::Stage,
};

pub(crate) const DELETE_DRAFT: Operation =
    Operation::write("draft.delete", include_str!("operations/delete_draft.graphql"), 10);
/// Most drafts that one sweep takes away; the next one goes on.
const SWEPT_MAX: usize = 100;

impl Shopify {
    /// Deletes drafts of ours that nobody has touched since and that wait for no money; answers how
    /// many.
    pub(crate) async fn sweep_drafts(&self, before: Timestamp) -> Result<usize, ConnectorError> {
        let day = before.strftime("%Y-%m-%dT%H:%M:%SZ");
        let filter = format!("status:open tag:{TAG} updated_at:<'{day}'");
        let mut swept = 0;
        for found in self.drafts(&filter).await?.into_iter().take(SWEPT_MAX) {
            let draft = found.id.0;
            let seen = match self.look_at(draft).await {
                Err(ConnectorError::NotFound { .. }) => continue,
                result => result?,
            };
            let is_ours =
                seen.shown.tags.iter().any(|tag| tag == TAG) && !seen.shown.kept().write.is_empty();
            let is_over = matches!(seen.shown.stage()?, Stage::Open | Stage::Ended);
            if is_ours && is_over && seen.shown.updated_at < before {
                self.delete_draft(draft).await?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    /// What is gone already is as good.
    pub(crate) async fn delete_draft(&self, draft: u64) -> Result<(), ConnectorError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            draft_order_delete: Payload,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Payload {
            #[serde(default)]
            deleted_id: Option<String>,
            #[serde(default)]
            user_errors: Vec<UserError>,
        }

        self.memory.forget(draft);
        let input = json!({ "input": { "id": Kind::DraftOrder.gid(draft) } });
        let answer: Answer = self.client.run(&DELETE_DRAFT, &input).await?;
        let Payload { deleted_id, user_errors } = answer.draft_order_delete;
        if deleted_id.is_some() {
            return Ok(());
        }
        match settled(&user_errors) {
            Ok(()) => Err(refused("draft.delete", &user_errors)),
            Err(ConnectorError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
