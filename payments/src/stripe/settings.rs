//! How to talk to one Stripe account.

use secrecy::SecretString;

/// The generally available API version that every call speaks that touches no token.
pub const API_VERSION: &str = "2026-10-28.endive";

/// The first public preview version that knows tokens; only calls that carry or read one use it.
pub const TOKEN_API_VERSION: &str = "2026-04-22.preview";

/// How to talk to one Stripe account.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The account's secret key, or a restricted one that may read and write payments.
    pub secret_key: SecretString,
    /// The version of all calls without a token; [`API_VERSION`] unless there is a reason.
    pub api_version: String,
    /// The version of the calls with a token; [`TOKEN_API_VERSION`] unless there is a reason.
    pub token_api_version: String,
    /// Where the version above expects the token.
    pub token_parameter: TokenParameter,
    /// What becomes of a card whose bank wants to know the buyer.
    pub sca: Sca,
    /// The secrets that sign what Stripe tells by itself; while one is replaced there are two.
    pub webhook_secrets: Vec<SecretString>,
}

/// Where a token is written when it is charged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenParameter {
    /// Inside `payment_method_data`, as every version since `2026-04-08.preview` has it.
    #[default]
    PaymentMethodData,
    /// At the top level, as earlier previews had it.
    TopLevel,
}

/// What becomes of a card whose bank wants to know the buyer (strong customer authentication).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sca {
    /// It is refused: nobody can ask the buyer.
    #[default]
    FailFast,
    /// Stripe asks through the agent that issued the token, and the payment waits for it.
    SptNative,
    /// The agent has the buyer authenticated and brings the proof (ACP "delegate
    /// authentication"); without one it is refused.
    AcpDelegate,
}
