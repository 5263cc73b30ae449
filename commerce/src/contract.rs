//! What every connector must do, whatever its platform: a suite that a connector's tests run
//! against an emulated platform of their own.
//!
//! The connector's tests implement [`Stage`], which arranges the platform and reads its ledger, and
//! call [`hold_to`]. Each case gets a fresh stage. A case knows no platform: it speaks of items,
//! codes and places by the role that the stage gives them.

use std::{future::Future, num::NonZeroU32};

use async_trait::async_trait;

use crate::{
    AgentId, Buyer, Change, Commitment, Connector, Destination, Draft, DraftState, Facts, ItemId,
    Line, Money, OrderId, Patch, PaymentId, ProblemKind, SessionId, Totals,
};

mod cases;

/// An emulated platform with a connector in front of it.
#[async_trait]
pub trait Stage: Send + Sync {
    /// The connector that is held to the contract.
    fn connector(&self) -> &dyn Connector;

    /// Another one for the same store, which shares nothing with the first but the platform.
    fn another(&self) -> Box<dyn Connector>;

    /// An item that plays this role.
    fn item(&self, goods: Goods) -> ItemId;

    /// A place that plays this role.
    fn destination(&self, place: Place) -> Destination;

    /// Addresses that the platform refuses, each with the part that is wrong: `country`, `state` or
    /// `postal_code`.
    fn bad_destinations(&self) -> Vec<(Destination, &'static str)>;

    /// A discount code that counts for [`Goods::Plain`], spelled as the platform shows it.
    fn code(&self) -> String;

    /// The seller gives an item another price, in minor units.
    async fn set_price(&self, item: &ItemId, minor: i64);

    /// The seller has so many units of an item.
    async fn set_stock(&self, item: &ItemId, units: i64);

    /// How many units of an item are left.
    async fn stock(&self, item: &ItemId) -> i64;

    /// The seller sells in another currency from now on.
    async fn set_currency(&self, code: &str);

    /// Whether the platform can be made to ship each item by itself; makes it so.
    async fn split_packages(&self) -> bool;

    /// Every order that the platform has, drafts too, as it keeps them itself.
    async fn ledger(&self) -> Vec<Entry>;
}

/// The role of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goods {
    /// Costs 18.00 and is there in plenty.
    Plain,
    /// Is shipped and there in plenty too.
    Other,
    /// Its units are counted.
    Counted,
    /// Nothing is shipped.
    Digital,
    /// Exists, and cannot be bought here.
    Unsellable,
}

/// The role of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The store delivers there in at least two ways, taxes it, and may be visited to pick up.
    Served,
    /// A fine address where the store does not deliver.
    Unserved,
}

/// An order as the platform's own ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The platform's id.
    pub id: OrderId,
    /// What it costs.
    pub total: Money,
    /// Whether its money has come.
    pub is_paid: bool,
    /// Whether it was canceled.
    pub is_canceled: bool,
}

/// Holds a connector to every case, each on a fresh stage; answers how many there are.
///
/// # Panics
///
/// Where the connector breaks the contract.
pub async fn hold_to<S: Stage, F: Future<Output = S>>(start: impl Fn() -> F) -> usize {
    let mut held = 0;
    macro_rules! hold {
        ($($case:ident),+ $(,)?) => {$(
            let stage = Box::new(Box::pin(start()).await);
            Box::pin(cases::$case(&*stage)).await;
            held += 1;
        )+};
    }
    hold!(
        the_catalog_is_read_to_its_end,
        a_draft_reads_back_as_it_was_opened,
        every_call_may_happen_twice,
        what_was_placed_stays_placed,
        what_was_discarded_stays_discarded,
        a_commitment_can_be_taken_back,
        another_instance_goes_on,
        what_is_not_there_is_a_problem,
        what_sold_out_is_not_committed,
        the_last_one_goes_to_one,
        another_price_is_never_committed,
        bad_addresses_name_their_part,
        a_place_without_delivery_is_restricted,
        a_rate_counts_only_when_it_is_selected,
        each_package_has_its_own_rate,
        lines_replace_those_before,
        codes_take_off_or_say_why,
        digital_goods_need_no_place,
        what_costs_nothing_is_ordered,
        who_picks_up_knows_where,
        notes_and_facts_are_kept,
        money_is_exact,
        sales_are_told,
        hooks_are_made_once,
        looking_changes_nothing,
    );
    held
}

/// So many of an item.
pub(crate) fn line(item: ItemId, quantity: u32) -> Line {
    Line { item, quantity: NonZeroU32::new(quantity).unwrap_or(NonZeroU32::MIN) }
}

/// A buyer and a place, and these lines.
pub(crate) fn order(stage: &impl Stage, lines: Vec<Line>) -> Change {
    Change {
        lines: Some(lines),
        buyer: Patch::Set(Buyer {
            first_name: "Ada".to_owned(),
            last_name: "Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            ..Buyer::default()
        }),
        destination: Patch::Set(stage.destination(Place::Served)),
        ..Change::default()
    }
}

/// The tie to a payment of exactly what the draft costs.
pub(crate) fn commitment(draft: &Draft, payment: &str) -> Commitment {
    Commitment {
        payment: Some(PaymentId::new(payment)),
        total: draft.quote.totals.total,
        session: SessionId::new("cs_contract"),
        agent: AgentId::new("contract"),
        memo: "a memo".to_owned(),
        facts: Facts::new(),
    }
}

/// The problems of a draft, worst first.
pub(crate) fn kinds(draft: &Draft) -> Vec<ProblemKind> {
    draft.quote.problems.iter().map(|problem| problem.kind).collect()
}

/// That the parts are the whole.
pub(crate) fn assert_adds_up(totals: &Totals, words: &str) {
    let sum = totals.items_base.minor() - totals.items_discount.minor()
        + totals.shipping.minor()
        + totals.fees.minor()
        + totals.tax.minor();
    assert_eq!(sum, totals.total.minor(), "{words}: {totals:?}");
}

/// That a draft may still change.
pub(crate) fn assert_open(draft: &Draft) {
    assert_eq!(draft.state, DraftState::Open);
}
