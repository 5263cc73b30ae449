//! What a shop pays for, and what is not known about Shopify.

/// What a shop pays for, which decides how many calls it may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The same, and what is known of customers is kept from the owner's own apps.
    Basic,
    /// 2,000 points, 100 a second.
    Standard,
    /// 4,000 points, 200 a second.
    Advanced,
    /// 20,000 points, 1,000 a second; amounts of manual payments can be chosen.
    Plus,
}

impl Plan {
    pub(super) fn bucket(self) -> (u64, u64) {
        match self {
            Self::Basic | Self::Standard => (2000, 100),
            Self::Advanced => (4000, 200),
            Self::Plus => (20_000, 1000),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Basic => "Basic",
            Self::Standard => "Grow",
            Self::Advanced => "Advanced",
            Self::Plus => "Shopify Plus",
        }
    }
}

/// What is not known about Shopify, or is kinder there than here.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Quirks {
    /// Deprecated fields and arguments answer as they still do, in place of being unknown.
    pub deprecated_still_works: bool,
    /// A stale rate handle is taken, and keeps its price, in place of being refused.
    pub stale_handles_keep_their_price: bool,
    /// Custom attributes of a draft do not reach its order.
    pub attributes_get_lost: bool,
    /// Completing a draft fails when there is too little stock; otherwise it oversells.
    pub completion_checks_stock: bool,
    /// A draft is worked out, and can be completed, so many milliseconds after it was written.
    pub drafts_ready_after_ms: i64,
    /// As many bulk queries may run at once; five since 2026-01.
    pub bulk_operations_at_once: usize,
    /// The next bulk operation breaks after so many lines.
    pub next_bulk_breaks_after: Option<usize>,
    /// Bulk operations that run never come to an end.
    pub bulk_stands_still: bool,
    /// Results are given out whole, whatever part of them is asked for.
    pub results_only_whole: bool,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            deprecated_still_works: false,
            stale_handles_keep_their_price: false,
            attributes_get_lost: false,
            completion_checks_stock: false,
            drafts_ready_after_ms: 0,
            bulk_operations_at_once: 1,
            next_bulk_breaks_after: None,
            bulk_stands_still: false,
            results_only_whole: false,
        }
    }
}
