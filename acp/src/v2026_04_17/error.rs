//! The flat error (schema `Error`): only where no session can be shown.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An error, without any wrapper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// Who has to act.
    #[serde(rename = "type")]
    pub kind: ErrorType,
    /// What is wrong, for programs.
    pub code: String,
    /// What is wrong and what to do, for humans.
    pub message: String,
    /// Where, as an RFC 9535 JSONPath.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// Only where the version was refused; the newest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported_versions: Option<Vec<String>>,
}

/// Who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorType {
    /// The agent: the request has to change.
    InvalidRequest,
    /// Somebody on this side.
    ProcessingError,
    /// Nobody: come back later.
    ServiceUnavailable,
}
