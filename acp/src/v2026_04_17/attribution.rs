//! Who led the buyer here (schema `AffiliateAttribution`, RFC "affiliate attribution"): written
//! down for the seller, never shown to anybody else.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::decode::{Invalid, missing};

/// A claim of one affiliate.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AffiliateAttribution {
    /// Whose program it is; unknown ones are fine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The program's own proof. A secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Who published the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher_id: Option<String>,
    /// Which campaign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
    /// Which creative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creative_id: Option<String>,
    /// The publisher's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_id: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued_at: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// More about it; flat.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

impl AffiliateAttribution {
    /// Refuses a claim that nobody could use, and personal data that has no place in one.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        if self.provider.as_deref().unwrap_or_default().is_empty() {
            return Err(missing("$.affiliate_attribution.provider"));
        }
        if self.token.is_none() && self.publisher_id.is_none() {
            return Err(missing("$.affiliate_attribution.publisher_id"));
        }
        check_flat(&self.metadata, "$.affiliate_attribution.metadata")?;
        let texts = [&self.publisher_id, &self.campaign_id, &self.creative_id, &self.sub_id];
        let texts = texts.into_iter().flatten().map(String::as_str);
        let mut texts = texts.chain(self.metadata.values().filter_map(Value::as_str));
        if texts.any(is_personal) {
            return Err(Invalid {
                code: "pii_not_allowed",
                message: "An attribution holds no e-mail address or phone number. Leave it out"
                    .to_owned(),
                param: Some("$.affiliate_attribution".to_owned()),
            });
        }
        Ok(())
    }
}

/// The token stays out of logs.
impl fmt::Debug for AffiliateAttribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AffiliateAttribution")
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// Values are texts, numbers and booleans: nothing nested.
pub(crate) fn check_flat(metadata: &Map<String, Value>, param: &str) -> Result<(), Invalid> {
    let nested = metadata
        .iter()
        .find(|(_, value)| matches!(value, Value::Object(_) | Value::Array(_) | Value::Null));
    nested.map_or(Ok(()), |(name, _)| {
        Err(Invalid {
            code: "invalid_type",
            message: format!("The value of {name:?} is no text, number or boolean. Send it flat"),
            param: Some(param.to_owned()),
        })
    })
}

/// An e-mail address, or a phone number as people write them.
fn is_personal(text: &str) -> bool {
    let has_mail = text
        .split_whitespace()
        .filter_map(|word| word.split_once('@'))
        .any(|(user, host)| !user.is_empty() && host.contains('.'));
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_phone = text.starts_with('+')
        && digits >= 8
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+ -().".contains(&byte));
    has_mail || is_phone
}
