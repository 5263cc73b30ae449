//! From what the agent says to what the platform is asked: one function for each request.

use acp::latest::{
    Address as WireAddress, AffiliateAttribution, Buyer as WireBuyer, CancelRequest, CartRequest,
    CompleteRequest, CreateRequest, FulfillmentDetails, Invalid, Patch as WirePatch, RequestedItem,
    UpdateRequest,
};
use commerce::{Address, Buyer, Change, Destination, Draft, Facts, ItemId, Line, Patch, RateId};
use jiff::Timestamp;
use payments::PaymentToken;
use serde_json::{Value, json};

use crate::{
    config::{Channel, Marketing},
    failure::Failure,
    session::Abilities,
};

/// Most lines in one cart; a store answers slower with each.
const LINES_MAX: usize = 100;

/// The only way to pay that a session offers.
pub(in crate::checkout) const HANDLER_ID: &str = "card_tokenized";
/// Its processor, which older versions name in place of a handler.
const PROVIDER: &str = "stripe";
/// The only credential it takes: a Shared Payment Token.
const CREDENTIAL_TYPE: &str = "spt";

pub(super) fn check_size(items: &[RequestedItem]) -> Result<(), Invalid> {
    if items.len() <= LINES_MAX {
        return Ok(());
    }
    Err(invalid("$.line_items", format!("A cart has at most {LINES_MAX} lines. Send fewer")))
}

/// The discount extension, as an agent may name it.
const DISCOUNT: &str = "discount";
/// The intervention that has a buyer authenticated by the bank.
pub(in crate::checkout) const AUTHENTICATION: &str = "3ds";
/// Most that an agent's own facts may come to, in bytes.
const METADATA_MAX: usize = 4096;
/// The name under which an agent's own facts are kept.
pub(in crate::checkout) const METADATA: &str = "metadata";

/// The name under which is kept what the buyer says about being written to.
const CONSENTS: &str = "marketing_consents";

/// The names under which is kept what a buyer tells of an account and a business.
pub(in crate::checkout) const CUSTOMER: &str = "customer_id";
pub(in crate::checkout) const ACCOUNT: &str = "account_type";
pub(in crate::checkout) const COMPANY: &str = "company";
pub(in crate::checkout) const TAX_EXEMPTION: &str = "tax_exemption";

/// What the agent says it can do. It says so once.
pub(super) fn abilities(request: &CreateRequest) -> Abilities {
    let Some(can) = &request.capabilities else { return Abilities::default() };
    let mut interventions = can.interventions.iter().flat_map(|can| &can.supported);
    Abilities {
        discounts: can.extensions.iter().any(|extension| extension.name() == DISCOUNT),
        authentication: interventions.any(|name| name == AUTHENTICATION),
    }
}

pub(super) fn opening(request: CreateRequest) -> Result<Change, Invalid> {
    let facts = early_facts(&request)?;
    Ok(Change {
        lines: Some(lines(request.line_items)),
        buyer: given(request.buyer.map(buyer)),
        destination: given(request.fulfillment_details.map(destination)),
        rates: None,
        codes: request.discount_codes,
        note: given(request.order_notes),
        facts,
    })
}

/// What is kept for the seller from the beginning on.
fn early_facts(request: &CreateRequest) -> Result<Facts, Invalid> {
    let mut facts = told_of_itself(request.buyer.as_ref());
    facts.extend(attribution("affiliate_first", request.affiliate_attribution.as_ref()));
    if let Some(metadata) = &request.metadata {
        let text = text_of(metadata);
        if text.len() > METADATA_MAX {
            let message = format!("Metadata has at most {METADATA_MAX} bytes. Send less");
            return Err(invalid("$.metadata", message));
        }
        facts.insert(METADATA.to_owned(), text);
    }
    Ok(facts)
}

/// What a completion adds to it.
pub(super) fn late_facts(request: &CompleteRequest, draft: &Draft, asked: &[Marketing]) -> Facts {
    let mut facts = told_of_itself(request.buyer.as_ref());
    facts.extend(attribution("affiliate_last", request.affiliate_attribution.as_ref()));
    facts.extend(consents(request, draft, asked));
    facts
}

/// What the buyer says about being written to, where that was asked and somebody can be reached.
fn consents(
    request: &CompleteRequest,
    draft: &Draft,
    asked: &[Marketing],
) -> Option<(String, String)> {
    let said = request.marketing_consents.iter().flatten();
    let kept: Vec<Value> = said
        .filter_map(|said| {
            let channel = asked.iter().find(|of| of.channel.as_str() == said.channel)?.channel;
            let contact = contact(channel, request, draft)?;
            Some(json!({
                "channel": said.channel, "opted_in": said.opted_in, "contact": contact,
            }))
        })
        .collect();
    (!kept.is_empty()).then(|| (CONSENTS.to_owned(), Value::Array(kept).to_string()))
}

/// How a channel reaches the buyer; the recipient only where nothing is known of who pays.
fn contact(channel: Channel, request: &CompleteRequest, draft: &Draft) -> Option<String> {
    let payer = request.buyer.clone().map(buyer);
    let payer = payer.or_else(|| draft.buyer.clone()).unwrap_or_default();
    let recipient = request.fulfillment_details.clone().map(destination);
    let recipient = recipient.or_else(|| draft.destination.clone()).unwrap_or_default();
    let known = match channel {
        Channel::Email => [payer.email, recipient.email],
        Channel::Sms | Channel::WhatsApp => [payer.phone, recipient.phone],
    };
    known.into_iter().find(|contact| !contact.is_empty())
}

/// Why the buyer did not buy.
pub(super) fn reasons(request: &CancelRequest) -> Facts {
    let trace = request.intent_trace.as_ref();
    trace.map(|trace| ("intent_trace".to_owned(), text_of(trace))).into_iter().collect()
}

fn attribution(name: &str, claim: Option<&AffiliateAttribution>) -> Option<(String, String)> {
    claim.map(|claim| (name.to_owned(), text_of(claim)))
}

fn text_of(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("texts, numbers and booleans serialize")
}

/// What a cart asks of the platform.
pub(super) fn gathering(request: CartRequest) -> Change {
    Change {
        lines: Some(lines(request.line_items)),
        facts: told_of_itself(request.buyer.as_ref()),
        buyer: given(request.buyer.map(buyer)),
        ..Change::default()
    }
}

pub(super) fn change(request: UpdateRequest) -> Result<Change, Invalid> {
    if let WirePatch::Set(items) = &request.line_items {
        check_size(items)?;
    }
    let facts = match &request.buyer {
        WirePatch::Set(buyer) => told_of_itself(Some(buyer)),
        WirePatch::Clear | WirePatch::Keep => Facts::new(),
    };
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
        facts,
    })
}

/// What a completion changes about the draft, if it changes anything.
///
/// The recipient's contact may change, the address may not: everything was quoted for it.
pub(super) fn late_change(
    request: &CompleteRequest,
    draft: &Draft,
) -> Result<Option<Change>, Failure> {
    let recipient = late_recipient(request, draft)?;
    let told = late_buyer(request, draft);
    let note = request.order_notes.clone().filter(|note| draft.note.as_ref() != Some(note));
    let changes = told.is_some() || note.is_some() || recipient.is_some();
    Ok(changes.then(|| Change {
        buyer: given(told),
        destination: given(recipient),
        note: given(note),
        ..Change::default()
    }))
}

/// Who pays, if the completion says something new of it.
fn late_buyer(request: &CompleteRequest, draft: &Draft) -> Option<Buyer> {
    let mut told = buyer(request.buyer.clone()?);
    let known = draft.buyer.clone().unwrap_or_default();
    if told.company.is_empty() {
        // The store fills it from the address.
        told.company.clone_from(&known.company);
    }
    (told != known).then_some(told)
}

/// Where it goes with another contact, if the completion brings one.
fn late_recipient(
    request: &CompleteRequest,
    draft: &Draft,
) -> Result<Option<Destination>, Failure> {
    let Some(wire) = request.fulfillment_details.clone() else { return Ok(None) };
    let (told, known) = (destination(wire), draft.destination.clone().unwrap_or_default());
    let moves = match (&told.address, &known.address) {
        (None, _) => false,
        (Some(told), Some(known)) => !is_same_place(told, known),
        (Some(_), None) => true,
    };
    if moves {
        return Err(Failure::AddressChange);
    }
    let or = |told: String, known: &String| if told.is_empty() { known.clone() } else { told };
    let merged = Destination {
        name: or(told.name, &known.name),
        phone: or(told.phone, &known.phone),
        email: or(told.email, &known.email),
        address: known.address.clone(),
    };
    Ok((merged != known).then_some(merged))
}

/// Stores change the case of letters and the spaces around them.
fn is_same_place(one: &Address, other: &Address) -> bool {
    let parts = |of: &Address| {
        [&of.line_one, &of.line_two, &of.city, &of.state, &of.postal_code, &of.country]
            .map(|part| part.trim().to_lowercase())
    };
    parts(one) == parts(other)
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
    let is_offered = match (payment.handler_id.as_deref(), payment.provider.as_deref()) {
        (Some(handler), _) => handler == HANDLER_ID,
        (None, provider) => provider == Some(PROVIDER),
    };
    if !is_offered {
        return Err(invalid(
            "$.payment_data.handler_id",
            format!(
                "The session does not offer this. Send the handler {HANDLER_ID:?}, or in versions \
                 without handlers the provider {PROVIDER:?}"
            ),
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
        company: wire.company.map(|company| company.name).unwrap_or_default(),
    }
}

/// What a buyer tells of an account and a business, for the seller to read.
fn told_of_itself(wire: Option<&WireBuyer>) -> Facts {
    let customer = wire.and_then(|buyer| buyer.customer_id.clone());
    let customer = customer.map(|id| (CUSTOMER.to_owned(), id));
    let account = wire.and_then(|buyer| buyer.account_type);
    let account = account.map(|kind| (ACCOUNT.to_owned(), text_of(&kind)));
    let company = wire.and_then(|buyer| buyer.company.as_ref());
    let exemption = wire.and_then(|buyer| buyer.tax_exemption.clone());
    let company = company.map(|company| (COMPANY.to_owned(), text_of(company)));
    let exemption = exemption.map(|mut exemption| {
        // It is shown again, and then it has to be a time.
        exemption.expires_at = exemption.expires_at.filter(|at| at.parse::<Timestamp>().is_ok());
        (TAX_EXEMPTION.to_owned(), text_of(&exemption))
    });
    [customer, account, company, exemption].into_iter().flatten().collect()
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
