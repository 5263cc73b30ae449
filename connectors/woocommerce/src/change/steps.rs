//! What a change asks of a cart, step by step.

use commerce::{Change, Destination, Line, Patch, Problem, ProblemKind, RateId, Subject};
use serde_json::{Map, Value, json};

use super::{About, Ending, Step, quantities};
use crate::{
    batch::Part,
    cart::Cart,
    item::{self, Wanted},
    rates::choice,
};

/// The whole list in place of the one before: the store's own lines where they stay.
pub(super) fn line_steps(cart: &Cart, lines: Option<&[Line]>) -> (Vec<Step>, Vec<Problem>) {
    let Some(lines) = lines else { return (Vec::new(), Vec::new()) };
    let mut unknown = Vec::new();
    let mut known: Vec<(&commerce::ItemId, Wanted)> = Vec::new();
    for line in lines {
        match Wanted::parse(&line.item) {
            None => unknown.push(item::unknown(&line.item)),
            Some(_) if known.iter().any(|(item, _)| **item == line.item) => {}
            Some(wanted) => known.push((&line.item, wanted)),
        }
    }
    let is_wanted =
        |line: &crate::cart::Item| known.iter().any(|(item, _)| **item == line.item_id());
    let gone = cart.items.iter().filter(|line| !is_wanted(line)).map(|line| Step {
        part: post("/cart/remove-item", json!({ "key": line.key })),
        about: About::Nothing,
    });
    let mut steps: Vec<Step> = gone.collect();
    let quantities = quantities(lines);
    for (item, wanted) in known {
        let quantity = quantities[item.as_str()];
        let about = About::Item(item.clone());
        match cart.items.iter().find(|line| line.item_id() == *item) {
            Some(line) if line.quantity == quantity => {}
            Some(line) => {
                let body = json!({ "key": line.key, "quantity": quantity });
                steps.push(Step { part: post("/cart/update-item", body), about });
            }
            None => {
                let part = post("/cart/add-item", wanted.body(quantity));
                steps.push(Step { part, about });
            }
        }
    }
    (steps, unknown)
}

/// Who pays and where it goes, merged with what the cart knows. A shipping address is not copied
/// to billing, so both are sent.
pub(super) fn customer_step(cart: &Cart, change: &Change, with_address: bool) -> Option<Step> {
    if change.buyer == Patch::Keep && change.destination == Patch::Keep {
        return None;
    }
    let buyer = merged(&change.buyer, cart.buyer()).unwrap_or_default();
    let destination = merged(&change.destination, cart.destination()).unwrap_or_default();
    let recipient = destination.address.as_ref().map(|address| address.name.as_str());
    let recipient = recipient.filter(|name| !name.is_empty()).unwrap_or(&destination.name);
    let (first, last) = recipient.rsplit_once(' ').unwrap_or((recipient, ""));
    let or =
        |told: &str, other: &str| if told.is_empty() { other.to_owned() } else { told.to_owned() };

    let mut billing = Map::new();
    let names = if buyer.first_name.is_empty() && buyer.last_name.is_empty() {
        (first, last)
    } else {
        (buyer.first_name.as_str(), buyer.last_name.as_str())
    };
    billing.insert("first_name".to_owned(), json!(names.0));
    billing.insert("last_name".to_owned(), json!(names.1));
    billing.insert("email".to_owned(), json!(or(&buyer.email, &destination.email)));
    billing.insert("phone".to_owned(), json!(or(&buyer.phone, &destination.phone)));
    let mut body = Map::new();
    if with_address {
        let place = place(&destination, &change.destination);
        billing.extend(place.clone());
        let mut shipping = place;
        shipping.insert("first_name".to_owned(), json!(first));
        shipping.insert("last_name".to_owned(), json!(last));
        shipping.insert("phone".to_owned(), json!(destination.phone));
        body.insert("shipping_address".to_owned(), Value::Object(shipping));
    }
    if !buyer.company.is_empty() {
        billing.insert("company".to_owned(), json!(buyer.company));
    }
    body.insert("billing_address".to_owned(), Value::Object(billing));
    let part = post("/cart/update-customer", Value::Object(body));
    Some(Step { part, about: About::Customer })
}

/// The address in the store's words; empty where it was taken away, nothing where none was told.
fn place(destination: &Destination, patch: &Patch<Destination>) -> Map<String, Value> {
    let address = destination.address.clone();
    let cleared = matches!(patch, Patch::Clear);
    if address.is_none() && !cleared {
        return Map::new();
    }
    let address = address.unwrap_or_default();
    let mut place = Map::new();
    for (name, value) in [
        ("company", &address.company),
        ("address_1", &address.line_one),
        ("address_2", &address.line_two),
        ("city", &address.city),
        ("postcode", &address.postal_code),
    ] {
        place.insert(name.to_owned(), json!(value));
    }
    if !cleared {
        // The store takes no empty country.
        place.insert("state".to_owned(), json!(address.state));
        place.insert("country".to_owned(), json!(address.country.to_ascii_uppercase()));
    }
    place
}

fn merged<T: Clone>(patch: &Patch<T>, before: Option<T>) -> Option<T> {
    match patch {
        Patch::Keep => before,
        Patch::Clear => None,
        Patch::Set(value) => Some(value.clone()),
    }
}

/// Codes that are gone are removed, new ones are tried; the store spells them in lower case.
pub(super) fn code_steps(cart: &Cart, codes: Option<&[String]>) -> Vec<Step> {
    let Some(codes) = codes else { return Vec::new() };
    let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    let gone = cart
        .coupons
        .iter()
        .filter(|coupon| !codes.iter().any(|code| same(code, &coupon.code)))
        .map(|coupon| Step {
            part: post("/cart/remove-coupon", json!({ "code": coupon.code })),
            about: About::Nothing,
        });
    let new = codes
        .iter()
        .filter(|code| !cart.coupons.iter().any(|coupon| same(code, &coupon.code)))
        .map(|code| Step {
            part: post("/cart/apply-coupon", json!({ "code": code })),
            about: About::Code(code.clone()),
        });
    gone.chain(new).collect()
}

pub(super) fn rate_step(rate: &RateId) -> Step {
    let part = post("/cart/select-shipping-rate", choice(rate));
    Step { part, about: About::Nothing }
}

/// Earlier choices that the store has dropped though it still offers them: an unknown rate, or
/// any change of the rates on offer, silently resets the choice.
pub(super) fn lost_choices(cart: &Cart, before: &[RateId], chosen: &[RateId]) -> Vec<RateId> {
    let now = cart.selected();
    let package =
        |rate: &RateId| rate.as_str().split_once('@').map(|(_, package)| package.to_owned());
    before
        .iter()
        .filter(|rate| !now.contains(rate) && cart.offers(rate))
        .filter(|rate| !chosen.iter().any(|new| now.contains(new) && package(new) == package(rate)))
        .cloned()
        .collect()
}

/// A bad e-mail is taken with status 200 and stored as nothing. The recipient's stands in where
/// the buyer has none.
pub(super) fn email_problem(cart: &Cart, change: &Change) -> Option<Problem> {
    let stored = &cart.billing_address.email;
    let buyer = if let Patch::Set(buyer) = &change.buyer { buyer.email.trim() } else { "" };
    let recipient = if let Patch::Set(to) = &change.destination { to.email.trim() } else { "" };
    let is_lost = if buyer.is_empty() {
        !recipient.is_empty() && stored.is_empty()
    } else {
        !stored.eq_ignore_ascii_case(buyer)
    };
    is_lost.then(|| Problem {
        kind: ProblemKind::Invalid,
        subject: Subject::Email,
        text: "The store does not accept this e-mail address. Send another one".to_owned(),
    })
}

pub(super) fn draft_step(ending: Ending<'_>) -> Option<Step> {
    let Ending::Draft { note } = ending else { return None };
    let body = json!({ "customer_note": note });
    let part = Part { method: "PUT", path: "/checkout", body };
    Some(Step { part, about: About::Draft })
}

fn post(path: &'static str, body: Value) -> Part {
    Part { method: "POST", path, body }
}
