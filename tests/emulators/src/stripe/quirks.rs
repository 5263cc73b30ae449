//! Where Stripe is documented one way and observed another, or not known at all.

/// Switches for what nobody outside Stripe knows. A bridge must work on every setting.
#[expect(clippy::struct_excessive_bools, reason = "each is an unknown of its own")]
#[derive(Clone, Copy, Debug)]
pub struct Quirks {
    /// What uses a token up.
    pub consume_on: ConsumeOn,
    /// Whether a token lives again once the money held with it is let go.
    pub revive_on_cancel: bool,
    /// Whether versions other than previews know tokens.
    pub ga_accepts_token_field: bool,
    /// Where a confirmation takes its token.
    pub token_param: TokenParam,
    /// The status for a token that is unknown, another seller's or of the other mode: 404 or 400.
    pub missing_token_status: u16,
    /// Whether there are events about tokens.
    pub token_events: bool,
    /// Whether a key is bound to the version it was first used in.
    pub keys_bind_version: bool,
    /// How long a change stays hidden from search, in seconds: under a minute as a rule, an hour
    /// in an outage.
    pub search_lag: i64,
}

/// What uses a token up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumeOn {
    /// Holding money.
    Authorize,
    /// Taking it.
    Capture,
}

/// Where a confirmation takes its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenParam {
    /// `payment_method_data[shared_payment_granted_token]`.
    PaymentMethodData,
    /// `shared_payment_granted_token`, as early previews had it.
    TopLevel,
}

impl Default for Quirks {
    /// The strictest reading of each.
    fn default() -> Self {
        Self {
            consume_on: ConsumeOn::Authorize,
            revive_on_cancel: false,
            ga_accepts_token_field: false,
            token_param: TokenParam::PaymentMethodData,
            missing_token_status: 404,
            token_events: false,
            keys_bind_version: false,
            search_lag: 60,
        }
    }
}
