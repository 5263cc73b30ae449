//! One type per identifier, so that none can stand in for another.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps the text as it came.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text as it came.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

id! {
    /// Who calls us, by the name the configuration gives it.
    AgentId,
    /// Where the next page of the catalog begins; the connector's own words.
    Cursor,
    /// What an agent orders: the id of a simple product or of a variant, as the feed shows it.
    ItemId,
    /// One entry of a quote.
    LineId,
    /// An order on the platform.
    OrderId,
    /// A payment at the processor.
    PaymentId,
    /// A product, which may have several variants.
    ProductId,
    /// One way to ship one package; stable while the platform offers it.
    RateId,
    /// A checkout session as the agent knows it.
    SessionId,
}

/// The platform object behind a session, in the connector's own words.
///
/// It may hold a key to a buyer's personal data, so it never prints and never leaves the
/// process unsealed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct DraftId(Vec<u8>);

impl DraftId {
    /// Wraps the connector's bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    /// The connector's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DraftId(sealed)")
    }
}
