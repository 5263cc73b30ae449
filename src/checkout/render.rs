//! From a draft to the session an agent reads. Every number is the store's own.

use acp::latest::{
    Cart, CheckoutSession, FulfillmentOption, Invalid, Item, LineItem, Mismatch, PickupLocation,
    RequestedItem, SelectedFulfillmentOption, Status, Total, VariantOption,
};
use commerce::{
    Draft, DraftState, Line, Money, ProblemKind, ProductId, QuotedLine, Rate, RateKind, SessionId,
    Subject,
};
use jiff::Timestamp;

use super::{authentication::Demand, purchase::blocks, request::METADATA};
use crate::{failure::Failure, store::Store};

mod discounts;
mod message;
mod order;
mod party;
mod payment;
mod totals;

pub(super) use discounts::wrong_codes;
pub(super) use message::Note;
pub(super) use order::order;
pub(crate) use order::order_of;

/// What a session shows beside its draft.
pub(super) struct View<'a> {
    pub(super) id: &'a SessionId,
    pub(super) opened_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) is_expired: bool,
    pub(super) knows_discounts: bool,
    pub(super) can_authenticate: bool,
    pub(super) store: &'a Store,
}

/// The full state of a session. Sums that do not add up are never shown.
pub(super) fn session(
    view: &View<'_>,
    draft: &Draft,
    notes: &[Note],
) -> Result<CheckoutSession, Failure> {
    let quote = &draft.quote;
    let demand = if view.can_authenticate { Demand::of(draft) } else { None };
    let status = status(view, draft, demand.as_ref(), notes);
    let demand = demand.filter(|_| status == Status::AuthenticationRequired);
    let acquirer = view.store.acquirer.as_ref();
    let session = CheckoutSession {
        id: view.id.as_str().to_owned(),
        protocol: Some(acp::latest::protocol()),
        capabilities: payment::capabilities(view),
        buyer: draft.buyer.as_ref().and_then(|buyer| party::buyer(buyer, &draft.facts)),
        status,
        authentication_metadata: demand.zip(acquirer).map(|(demand, by)| demand.metadata(by)),
        currency: quote.currency.code().to_ascii_lowercase(),
        line_items: quote.lines.iter().map(line_item).collect(),
        fulfillment_details: draft.destination.as_ref().map(party::fulfillment_details),
        fulfillment_options: quote.rates.iter().map(fulfillment_option).collect(),
        selected_fulfillment_options: quote
            .rates
            .iter()
            .filter(|rate| rate.selected)
            .map(selected_option)
            .collect(),
        totals: totals::session(quote),
        messages: message::all(draft, notes),
        links: party::links(view.store),
        created_at: Some(view.opened_at.to_string()),
        expires_at: Some(view.expires_at.to_string()),
        continue_url: continue_url(view, draft),
        metadata: metadata(draft),
        discounts: discounts::all(view, draft),
        marketing_consent_options: party::consent_options(view.store, draft),
        order: match &draft.state {
            DraftState::Placed(order) => {
                Some(order::order(view.id, &draft.quote, draft.note.as_deref(), order))
            }
            DraftState::Open | DraftState::Committed { .. } | DraftState::Discarded => None,
        },
    };
    acp::latest::check_totals(&session)
        .map_err(|wrong| wrong_sums(wrong, &session.line_items, &session.totals))?;
    Ok(session)
}

/// A cart: what is in it and what it comes to, as far as anybody knows.
pub(super) fn cart(
    id: &SessionId,
    store: &Store,
    draft: &Draft,
    expires_at: Timestamp,
) -> Result<Cart, Failure> {
    let quote = &draft.quote;
    let cart = Cart {
        id: id.as_str().to_owned(),
        line_items: quote.lines.iter().map(line_item).collect(),
        buyer: draft.buyer.as_ref().and_then(|buyer| party::buyer(buyer, &draft.facts)),
        currency: quote.currency.code().to_ascii_lowercase(),
        totals: totals::session(quote),
        messages: message::of_cart(draft),
        continue_url: Some(store.connector.storefront_url(&lines(draft))),
        expires_at: Some(expires_at.to_string()),
    };
    acp::latest::check_sums(&cart.line_items, &cart.totals)
        .map_err(|wrong| wrong_sums(wrong, &cart.line_items, &cart.totals))?;
    Ok(cart)
}

/// With every number, for whoever has to find out what the store did.
fn wrong_sums(source: Mismatch, lines: &[LineItem], totals: &[Total]) -> Failure {
    let rows = |rows: &[Total]| {
        let words = rows.iter().map(|row| format!("{:?} {}", row.kind, row.amount));
        words.collect::<Vec<_>>().join(", ")
    };
    let lines = lines
        .iter()
        .map(|line| format!("{} × {} has {}", line.quantity, line.item.id, rows(&line.totals)));
    let all: Vec<String> =
        [format!("the whole has {}", rows(totals))].into_iter().chain(lines).collect();
    Failure::WrongSums { totals: all.join("; "), source }
}

/// Nothing that was asked for exists: there is no session worth having (published example
/// `error_400_invalid_item`).
pub(super) fn check_known(wanted: &[RequestedItem], draft: &Draft) -> Result<(), Invalid> {
    let is_unknown = |item: &RequestedItem| {
        draft.quote.problems.iter().any(|problem| {
            problem.kind == ProblemKind::UnknownItem
                && matches!(&problem.subject, Subject::Item(id) if id.as_str() == item.id)
        })
    };
    if !draft.quote.lines.is_empty() || !wanted.iter().all(is_unknown) {
        return Ok(());
    }
    Err(Invalid {
        code: "invalid_item_id",
        message: "The store sells nothing with this id. Take an item_id from the feed".to_owned(),
        param: Some("$.line_items[0].id".to_owned()),
    })
}

/// Lines that cost something else than the buyer was shown, by what the agent says of it. A line
/// whose price for one is not known, such as where prices include taxes, is not judged.
pub(super) fn unexpected_prices(wanted: &[RequestedItem], draft: &Draft) -> Vec<Note> {
    let costs_other = |line: &QuotedLine| {
        let item = wanted.iter().find(|item| item.id == line.item.as_str());
        let expected = item.and_then(|item| item.expected_price);
        expected.zip(line.unit_price).is_some_and(|(expected, unit)| expected != unit.minor())
    };
    let lines = draft.quote.lines.iter().enumerate();
    lines.filter(|(_, line)| costs_other(line)).map(|(at, _)| Note::PriceOfLine(at)).collect()
}

/// Whether complete may be called.
pub(super) fn is_ready(draft: &Draft) -> bool {
    draft.state == DraftState::Open
        && draft.quote.is_final
        && !draft.quote.lines.is_empty()
        && !draft.quote.problems.iter().any(blocks)
}

fn status(view: &View<'_>, draft: &Draft, demand: Option<&Demand>, notes: &[Note]) -> Status {
    match &draft.state {
        DraftState::Placed(_) => Status::Completed,
        DraftState::Discarded => Status::Canceled,
        DraftState::Committed { .. } => Status::CompleteInProgress,
        DraftState::Open if notes.contains(&Note::CompletionGoesOn) => Status::CompleteInProgress,
        DraftState::Open if view.is_expired => Status::Expired,
        DraftState::Open if !is_ready(draft) => Status::NotReadyForPayment,
        DraftState::Open if demand.is_some() => Status::AuthenticationRequired,
        DraftState::Open => Status::ReadyForPayment,
    }
}

/// While it is open, the buyer may go on by hand: the same lines in a cart of the store's own, or
/// on the page of what only the store's own pages can put into one.
fn continue_url(view: &View<'_>, draft: &Draft) -> Option<String> {
    let is_open = draft.state == DraftState::Open && !view.is_expired;
    let url = || {
        by_hand(view, draft).unwrap_or_else(|| view.store.connector.storefront_url(&lines(draft)))
    };
    is_open.then(url)
}

/// The page of a product that no call can put into a cart, such as one with choices left open,
/// where nothing else was wanted and nothing else is wrong.
fn by_hand(view: &View<'_>, draft: &Draft) -> Option<String> {
    if !draft.quote.lines.is_empty() {
        return None;
    }
    let mut wrong = draft
        .quote
        .problems
        .iter()
        .filter(|problem| blocks(problem) && problem.kind != ProblemKind::Missing);
    let refused = wrong.next().filter(|problem| problem.kind == ProblemKind::NotPurchasable)?;
    let Subject::Item(item) = &refused.subject else { return None };
    if wrong.next().is_some() {
        return None;
    }
    let snapshot = view.store.catalog.snapshot()?;
    if let Some(product) = snapshot.product_of(item) {
        let variant = product.variants.into_iter().find(|variant| variant.item == *item);
        return Some(variant.map_or(product.url, |variant| variant.url));
    }
    Some(snapshot.product(&ProductId::new(item.as_str()))?.url)
}

fn lines(draft: &Draft) -> Vec<Line> {
    let line = |line: &QuotedLine| Line { item: line.item.clone(), quantity: line.quantity };
    draft.quote.lines.iter().map(line).collect()
}

/// The agent's own facts, as it sent them.
fn metadata(draft: &Draft) -> Option<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_str(draft.facts.get(METADATA)?).ok()
}

fn line_item(line: &QuotedLine) -> LineItem {
    LineItem {
        id: line.id.as_str().to_owned(),
        item: Item { id: line.item.as_str().to_owned() },
        quantity: line.quantity,
        name: told(&line.title),
        description: told(&line.description),
        images: line.images.clone(),
        unit_amount: line.unit_price.map(Money::minor),
        product_id: line.product.as_ref().map(|id| id.as_str().to_owned()),
        sku: told(&line.sku),
        variant_options: line
            .options
            .iter()
            .map(|(name, value)| VariantOption { name: name.clone(), value: value.clone() })
            .collect(),
        max_quantity_per_order: line.quantity_max,
        totals: totals::line(line),
    }
}

fn fulfillment_option(rate: &Rate) -> FulfillmentOption {
    let (id, title) = (rate.id.as_str().to_owned(), rate.title.clone());
    let (description, totals) = (told(&rate.description), totals::rate(rate));
    match &rate.kind {
        RateKind::Shipping => FulfillmentOption::Shipping { id, title, description, totals },
        RateKind::Pickup(address) => {
            let name = told(&address.name).unwrap_or_else(|| title.clone());
            let location = PickupLocation { name, address: party::address(address) };
            let location = Box::new(location);
            FulfillmentOption::Pickup { id, title, description, location, totals }
        }
    }
}

fn selected_option(rate: &Rate) -> SelectedFulfillmentOption {
    SelectedFulfillmentOption {
        kind: match rate.kind {
            RateKind::Shipping => "shipping",
            RateKind::Pickup(_) => "pickup",
        }
        .to_owned(),
        option_id: rate.id.as_str().to_owned(),
        item_ids: rate.lines.iter().map(|line| line.as_str().to_owned()).collect(),
    }
}

/// An empty text was not told.
fn told(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
