//! From what the agent says to what the platform is asked: one function for each request.

use acp::latest::{
    Address as WireAddress, Buyer as WireBuyer, CompleteRequest, CreateRequest, FulfillmentDetails,
    Invalid, Patch as WirePatch, RequestedItem, UpdateRequest,
};
use commerce::{Address, Buyer, Change, Destination, Draft, ItemId, Line, Patch, RateId};
use payments::PaymentToken;

/// Most lines in one cart; a store answers slower with each.
const LINES_MAX: usize = 100;

/// The only way to pay that a session offers.
pub(in crate::checkout) const HANDLER_ID: &str = "card_tokenized";
/// The only credential it takes: a Shared Payment Token.
const CREDENTIAL_TYPE: &str = "spt";

pub(super) fn check_size(items: &[RequestedItem]) -> Result<(), Invalid> {
    if items.len() <= LINES_MAX {
        return Ok(());
    }
    Err(invalid("$.line_items", format!("A cart has at most {LINES_MAX} lines. Send fewer")))
}

pub(super) fn opening(request: CreateRequest) -> Change {
    Change {
        lines: Some(lines(request.line_items)),
        buyer: given(request.buyer.map(buyer)),
        destination: given(request.fulfillment_details.map(destination)),
        rates: None,
        codes: request.discount_codes,
        note: given(request.order_notes),
    }
}

pub(super) fn change(request: UpdateRequest) -> Result<Change, Invalid> {
    if let WirePatch::Set(items) = &request.line_items {
        check_size(items)?;
    }
    Ok(Change {
        lines: match request.line_items {
            WirePatch::Set(items) => Some(lines(items)),
            WirePatch::Clear => Some(Vec::new()),
            WirePatch::Keep => None,
        },
        buyer: patch(request.buyer, buyer),
        destination: patch(request.fulfillment_details, destination),
        rates: match request.selected_fulfillment_options {
            WirePatch::Set(options) => {
                Some(options.into_iter().map(|option| RateId::new(option.option_id)).collect())
            }
            WirePatch::Clear | WirePatch::Keep => None,
        },
        codes: match request.discount_codes {
            WirePatch::Set(codes) => Some(codes),
            WirePatch::Clear => Some(Vec::new()),
            WirePatch::Keep => None,
        },
        note: patch(request.order_notes, |note| note),
    })
}

/// What a completion changes about the draft, if it changes anything.
pub(super) fn late_change(request: &CompleteRequest, draft: &Draft) -> Option<Change> {
    let told = request.buyer.clone().map(buyer).filter(|told| draft.buyer.as_ref() != Some(told));
    let note = request.order_notes.clone().filter(|note| draft.note.as_ref() != Some(note));
    (told.is_some() || note.is_some()).then(|| Change {
        buyer: given(told),
        note: given(note),
        ..Change::default()
    })
}

/// The token to charge, if the request pays in the way the session offers.
pub(super) fn token(request: &CompleteRequest) -> Result<PaymentToken, Invalid> {
    let payment = &request.payment_data;
    let Some(instrument) = &payment.instrument else {
        return Err(invalid(
            "$.payment_data.purchase_order_number",
            "Purchase orders are not accepted here. Send handler_id and instrument".to_owned(),
        ));
    };
    if payment.handler_id.as_deref() != Some(HANDLER_ID) {
        return Err(invalid(
            "$.payment_data.handler_id",
            format!("The session does not offer this handler. Send {HANDLER_ID:?}"),
        ));
    }
    if instrument.credential.kind != CREDENTIAL_TYPE {
        return Err(invalid(
            "$.payment_data.instrument.credential.type",
            format!("This credential cannot be charged. Send {CREDENTIAL_TYPE:?}"),
        ));
    }
    let token = instrument.credential.token.expose();
    let plausible = (1..=255).contains(&token.len())
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if !plausible {
        return Err(invalid(
            "$.payment_data.instrument.credential.token",
            "This is no Shared Payment Token. Send the token as it was issued".to_owned(),
        ));
    }
    Ok(PaymentToken::new(token))
}

fn lines(items: Vec<RequestedItem>) -> Vec<Line> {
    items
        .into_iter()
        .map(|item| Line { item: ItemId::new(item.id), quantity: item.quantity })
        .collect()
}

fn buyer(wire: WireBuyer) -> Buyer {
    let full_name = wire.full_name.unwrap_or_default();
    let (first, last) = full_name.rsplit_once(' ').unwrap_or((&full_name, ""));
    Buyer {
        first_name: wire.first_name.unwrap_or_else(|| first.to_owned()),
        last_name: wire.last_name.unwrap_or_else(|| last.to_owned()),
        email: wire.email,
        phone: wire.phone_number.unwrap_or_default(),
    }
}

fn destination(wire: FulfillmentDetails) -> Destination {
    Destination {
        name: wire.name.unwrap_or_default(),
        phone: wire.phone_number.unwrap_or_default(),
        email: wire.email.unwrap_or_default(),
        address: wire.address.map(address),
    }
}

fn address(wire: WireAddress) -> Address {
    Address {
        name: wire.name,
        company: wire.company.unwrap_or_default(),
        line_one: wire.line_one,
        line_two: wire.line_two.unwrap_or_default(),
        city: wire.city,
        state: wire.state,
        postal_code: wire.postal_code,
        country: wire.country,
    }
}

fn given<T>(value: Option<T>) -> Patch<T> {
    value.map_or(Patch::Keep, Patch::Set)
}

fn patch<A, B>(wire: WirePatch<A>, convert: impl FnOnce(A) -> B) -> Patch<B> {
    match wire {
        WirePatch::Keep => Patch::Keep,
        WirePatch::Clear => Patch::Clear,
        WirePatch::Set(value) => Patch::Set(convert(value)),
    }
}

fn invalid(param: &str, message: String) -> Invalid {
    Invalid { code: "invalid", message, param: Some(param.to_owned()) }
}
