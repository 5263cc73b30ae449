//! Finding payments: lists, which miss nothing, and search, which lags and costs little.

use std::collections::BTreeSet;

use commerce::{PaymentId, SessionId};
use jiff::{SignedDuration, Timestamp};
use tracing::warn;

use super::{
    Stripe, rejected,
    wire::{Event, EventPage, Intent, IntentPage, List, Search},
};
use crate::{Payment, PaymentError, PaymentState, Processor};

/// How many pages of a hundred payments are searched for one session.
const PAGES_MAX: u32 = 50;
/// How many pages of a hundred events are read at once.
const EVENT_PAGES_MAX: u32 = 500;
/// How far Stripe's clock may be behind ours.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_mins(5);

impl Stripe {
    /// The payment of a session, by a list that misses none.
    pub(super) async fn of_session(
        &self,
        session: &SessionId,
        since: Timestamp,
    ) -> Result<Option<Payment>, PaymentError> {
        let mut query = List::since(seconds(since));
        let mut found = Vec::new();
        for _ in 0..PAGES_MAX {
            let sender = self.client.stable("payment.find");
            let page = sender.read::<IntentPage, IntentPage>("/payment_intents", &query).await?;
            let intents = page.data.unwrap_or_default();
            query.starting_after = intents.last().and_then(|intent| intent.id.clone());
            found.extend(intents.into_iter().filter(|intent| intent.belongs_to(session)));
            if page.has_more != Some(true) || query.starting_after.is_none() {
                return self.furthest(found).await;
            }
        }
        Err(rejected("too_many_payments", "too many payments since the session was opened"))
    }

    /// A store's payments that are neither captured nor voided. Search shows them as they were a
    /// while ago, so each is read afresh.
    pub(super) async fn unsettled_of(
        &self,
        store: &str,
        before: Timestamp,
    ) -> Result<Vec<Payment>, PaymentError> {
        let mut query = Search::unsettled(store, before.as_second());
        let mut payments = Vec::new();
        for _ in 0..PAGES_MAX {
            let sender = self.client.stable("payment.search");
            let path = "/payment_intents/search";
            let page = sender.read::<IntentPage, IntentPage>(path, &query).await?;
            for id in page.data.unwrap_or_default().into_iter().filter_map(|intent| intent.id) {
                payments.push(self.fetch(&PaymentId::new(id)).await?);
            }
            query.page = page.next_page.filter(|_| page.has_more == Some(true));
            if query.page.is_none() {
                break;
            }
        }
        let is_settled = |state| matches!(state, PaymentState::Captured | PaymentState::Voided);
        payments.retain(|payment| !is_settled(payment.state));
        Ok(payments)
    }

    /// A store's payments that moved since, by what Stripe keeps of its events for 30 days.
    pub(super) async fn moved_since(
        &self,
        store: &str,
        since: Timestamp,
    ) -> Result<Vec<Payment>, PaymentError> {
        let mut payments = Vec::new();
        for id in self.heard_since(store, since).await? {
            match self.fetch(&id).await {
                Ok(payment) if payment.store.as_deref() == Some(store) => payments.push(payment),
                Ok(_) => {}
                // Test data can be wiped; the events about it stay.
                Err(PaymentError::Rejected { code, .. }) if code == "resource_missing" => {}
                Err(error) => return Err(error),
            }
        }
        Ok(payments)
    }

    /// The payments that events since then are about, and that may be the store's.
    async fn heard_since(
        &self,
        store: &str,
        since: Timestamp,
    ) -> Result<BTreeSet<PaymentId>, PaymentError> {
        let mut query = List::events_since(seconds(since));
        let mut heard = BTreeSet::new();
        for _ in 0..EVENT_PAGES_MAX {
            let sender = self.client.stable("event.list");
            let page = sender.read::<EventPage, EventPage>("/events", &query).await?;
            let events = page.data.unwrap_or_default();
            query.starting_after = events.last().and_then(|event| event.id.clone());
            let hints = events.into_iter().filter_map(Event::into_hint);
            let of_store = |named: &Option<String>| named.as_deref().is_none_or(|by| by == store);
            heard.extend(hints.filter(|hint| of_store(&hint.store)).map(|hint| hint.payment));
            if page.has_more != Some(true) || query.starting_after.is_none() {
                return Ok(heard);
            }
        }
        Err(rejected("too_many_events", "too much has happened since then to be looked through"))
    }

    /// The payment that got furthest, and of those the oldest: the list begins with the newest.
    /// It is read afresh, because a list does not tell what was given back.
    async fn furthest(&self, found: Vec<Intent>) -> Result<Option<Payment>, PaymentError> {
        if found.len() > 1 {
            warn!(payments = found.len(), "a session has more than one payment");
        }
        let payments = found.into_iter().map(|intent| read(intent, "payment.find"));
        let payments = payments.collect::<Result<Vec<_>, _>>()?;
        match payments.into_iter().max_by_key(|payment| payment.state) {
            Some(payment) if !payment.captured.is_zero() => self.fetch(&payment.id).await.map(Some),
            found => Ok(found),
        }
    }
}

fn read(intent: Intent, call: &'static str) -> Result<Payment, PaymentError> {
    Payment::try_from(intent)
        .map_err(|error| PaymentError::Unreadable { call, source: error.into() })
}

fn seconds(since: Timestamp) -> i64 {
    since.saturating_sub(CLOCK_SLACK).unwrap_or(Timestamp::UNIX_EPOCH).as_second()
}
