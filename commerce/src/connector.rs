//! The contract between the bridge and one platform.

use std::{error::Error, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use thiserror::Error;

use crate::{
    AgentId, Booking, Brought, Change, Cursor, Draft, DraftId, Facts, Forged, Heard, Hook,
    HookTarget, Line, ListingPage, Money, Order, OrderId, Origin, PaymentId, Product, ProductId,
    ProductPage, Sale, SessionId, Storefront,
};

/// One store on one commerce platform.
///
/// The platform keeps all state: a session is a draft over there, so any instance of the bridge
/// can serve any call. Every method may be repeated and has its effect once.
#[async_trait]
pub trait Connector: Send + Sync {
    /// One page of the catalog, in an order that does not drift while it is read.
    async fn products(&self, from: Option<&Cursor>) -> Result<ProductPage, ConnectorError>;

    /// One product as it is now, with its variants; asked for by a variant, the product it belongs
    /// to. `None` if there is none any more.
    async fn product(&self, id: &ProductId) -> Result<Option<Product>, ConnectorError>;

    /// Products that have changed since. Says nothing of those that are gone.
    async fn products_since(&self, since: Timestamp) -> Result<Vec<Product>, ConnectorError> {
        let (mut products, mut from) = (Vec::new(), None);
        loop {
            let page = self.changes(since, from.as_ref()).await?;
            products.extend(page.products);
            from = page.next;
            if from.is_none() {
                return Ok(products);
            }
        }
    }

    /// The next of the products that have changed since, however many there are.
    async fn changes(
        &self,
        since: Timestamp,
        from: Option<&Cursor>,
    ) -> Result<ProductPage, ConnectorError>;

    /// The next ids of everything there is, to find out what is gone. `None` where the platform has
    /// nothing that is cheaper than reading it all.
    async fn listing(&self, from: Option<&Cursor>) -> Result<Option<ListingPage>, ConnectorError> {
        let _nothing_is_cheaper = from;
        Ok(None)
    }

    /// What holds for everything the store sells. A connector that knows nothing of it says so.
    async fn storefront(&self) -> Result<Storefront, ConnectorError> {
        Ok(Storefront::default())
    }

    /// Makes a draft. What cannot be had is a problem in its quote.
    async fn open(&self, change: &Change) -> Result<Draft, ConnectorError>;

    /// The draft as it is now.
    async fn load(&self, id: &DraftId) -> Result<Draft, ConnectorError>;

    /// The draft as it was at most a moment ago, to show it: saves calls and decides about no
    /// money.
    async fn glance(&self, id: &DraftId) -> Result<Draft, ConnectorError>;

    /// Changes an open draft and quotes it afresh.
    async fn revise(&self, id: &DraftId, change: &Change) -> Result<Draft, ConnectorError>;

    /// Turns an open draft into an order that waits for the money of one payment, pinned to one
    /// amount. Committing to the same payment again changes nothing.
    async fn commit(&self, id: &DraftId, commitment: &Commitment) -> Result<Draft, ConnectorError>;

    /// Takes this commitment back: the draft is open again, and keeps facts about why. The payment
    /// must be dead or unfunded. A draft that somebody else has committed meanwhile, to another
    /// payment or with another memo, stays as it is.
    async fn reopen(
        &self,
        id: &DraftId,
        commitment: &Commitment,
        facts: &Facts,
    ) -> Result<Draft, ConnectorError>;

    /// Takes the goods of a committed order off the shelf, before its money is taken. Holding them
    /// again changes nothing.
    async fn hold(&self, id: &DraftId) -> Result<Hold, ConnectorError>;

    /// Writes the payment into the committed order: it is paid from here on, and the cart behind
    /// the draft cannot buy a second time.
    async fn place(&self, id: &DraftId, commitment: &Commitment) -> Result<Order, ConnectorError>;

    /// Where a buyer finds these lines in a cart of the store's own, to go on by hand. Calls
    /// nobody.
    fn storefront_url(&self, lines: &[Line]) -> String;

    /// Ends a draft that is no order, and keeps facts about why. Ending it twice changes nothing.
    async fn discard(&self, id: &DraftId, facts: &Facts) -> Result<Draft, ConnectorError>;

    /// Orders brought by agents that have changed since, the oldest change first. May hold some
    /// that are older.
    async fn sales_since(&self, since: Timestamp) -> Result<Vec<Sale>, ConnectorError>;

    /// What an agent has to do with an order.
    async fn brought(&self, order: &OrderId) -> Result<Brought, ConnectorError>;

    /// Orders brought by agents that wait for the money of the payment they are tied to.
    async fn unsettled(&self) -> Result<Vec<Origin>, ConnectorError>;

    /// Takes away what is left of sessions that came to nothing and that nobody has touched since;
    /// answers how many. Nothing where the platform does so by itself.
    async fn sweep(&self, before: Timestamp) -> Result<usize, ConnectorError> {
        let _the_platform_does = before;
        Ok(0)
    }

    /// Books money that went back at the processor. Booking it twice changes nothing.
    async fn book_refund(&self, order: &OrderId, booking: &Booking) -> Result<(), ConnectorError>;

    /// Leaves a note for the seller. A note that holds the same mark already is enough.
    async fn note(&self, order: &OrderId, mark: &str, text: &str) -> Result<(), ConnectorError>;

    /// Keeps what the agent was told of an order; see [`Sale::told`].
    async fn keep_told(&self, order: &OrderId, told: &str) -> Result<(), ConnectorError>;

    /// Whether the platform tells of its changes at an address.
    async fn hooks(&self, target: &HookTarget) -> Result<Vec<Hook>, ConnectorError>;

    /// Has the platform tell of its changes; answers how it was before.
    async fn repair_hooks(&self, target: &HookTarget) -> Result<Vec<Hook>, ConnectorError>;

    /// Has the platform tell no more; answers how many hooks there were.
    async fn remove_hooks(&self, target: &HookTarget) -> Result<usize, ConnectorError>;

    /// What a delivery is about, if the platform has signed it. Calls nobody.
    fn hear(
        &self,
        header: &dyn Fn(&str) -> Option<String>,
        body: &[u8],
        secret: &str,
    ) -> Result<Heard, Forged>;

    /// Tries a purchase out up to where money would move, and takes it back.
    async fn rehearse(&self) -> Vec<Finding>;

    /// What works, what does not, and what to do; changes nothing on the platform.
    async fn check(&self) -> Vec<Finding>;
}

/// The tie between a draft and the payment that pays for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commitment {
    /// The payment; `None` where there is nothing to pay.
    pub payment: Option<PaymentId>,
    /// Exactly what will be charged.
    pub total: Money,
    /// Which session buys.
    pub session: SessionId,
    /// Which agent buys.
    pub agent: AgentId,
    /// The bridge's own note, stored and returned untouched; at most 2,000 characters.
    pub memo: String,
    /// Facts to keep with the order.
    pub facts: Facts,
}

/// Whether goods are there for a buyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// They are his.
    Held,
    /// Somebody else was faster. The draft has to be discarded.
    SoldOut,
}

/// Why a platform did not do what it was asked, sorted by what the caller can do about it.
#[derive(Debug, Error)]
pub enum ConnectorError {
    /// It is down, slow or busy: ask again later.
    #[error("the store cannot be reached")]
    Unavailable {
        /// When to ask again, where the platform said so.
        retry_after: Option<Duration>,
        /// Whether it may have happened all the same.
        effect: Effect,
        /// What went wrong.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// There is no such thing, or it has expired.
    #[error("the store has no such {what}")]
    NotFound {
        /// What was looked for.
        what: &'static str,
    },
    /// The draft has come too far for that.
    #[error("the draft has come too far to {action}")]
    Settled {
        /// What was asked.
        action: &'static str,
    },
    /// The draft costs something else than what was agreed; nothing was done.
    #[error("the store asks {actual:?} where {expected:?} was agreed")]
    PriceMoved {
        /// What was agreed.
        expected: Money,
        /// What it costs now.
        actual: Money,
    },
    /// The store refuses our credentials: the operator must act.
    #[error("the store refuses the credentials: {hint}")]
    Denied {
        /// What the operator should do.
        hint: String,
    },
    /// The answer makes no sense: a developer must look.
    #[error("the store's answer to {call} cannot be read")]
    Unreadable {
        /// Which call.
        call: &'static str,
        /// Whether it may have happened all the same.
        effect: Effect,
        /// What is wrong with it.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

/// What is known about the effect of a call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It certainly did not happen.
    None,
    /// It may have happened: look before doing it again.
    Unknown,
}

impl ConnectorError {
    /// Whether the call certainly changed nothing.
    pub const fn had_no_effect(&self) -> bool {
        match self {
            Self::Unavailable { effect, .. } | Self::Unreadable { effect, .. } => {
                matches!(effect, Effect::None)
            }
            Self::NotFound { .. }
            | Self::Settled { .. }
            | Self::PriceMoved { .. }
            | Self::Denied { .. } => true,
        }
    }
}

/// One line of a check: what was looked at and what the owner should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Whether it works.
    pub level: Level,
    /// What was looked at.
    pub what: String,
    /// What was seen, and what to do where it does not work.
    pub detail: String,
}

/// Whether something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It works.
    Ok,
    /// It works, and something could be better.
    Warning,
    /// It does not work.
    Failure,
}
