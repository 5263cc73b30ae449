//! Opening, reading and changing a draft: a cart, and the order that the store makes of it.

use std::collections::BTreeMap;

use commerce::{
    Change, ConnectorError, Destination, Draft, DraftId, DraftState, Effect, Facts, Line, Money,
    OrderId, Patch, Problem, ProblemKind, RateId, Subject,
};
use http::Method;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use upstream::Answer;

use crate::{
    WooCommerce,
    cart::{Cart, choice},
    client::{Part, token_of},
    draft_id::Found,
    error::unreadable,
    order::{StoreOrder, fact_meta},
};

/// A step of a batch, with what its refusal is about.
struct Step {
    part: Part,
    about: About,
}

enum About {
    Item(commerce::ItemId),
    Customer,
    Code(String),
    /// Its refusal changes nothing that a buyer could see.
    Nothing,
}

/// A cart after some steps, and what was refused on the way.
struct Changed {
    cart: Cart,
    refused: Vec<Problem>,
}

/// What only the order keeps, because a cart has no place for it.
#[derive(Default)]
struct Kept {
    note: Option<String>,
    facts: Facts,
    agreed: Option<Money>,
}

impl WooCommerce {
    /// A fresh cart, filled in one batch, and the order that the store makes of it.
    pub(crate) async fn open_draft(&self, change: &Change) -> Result<Draft, ConnectorError> {
        let fresh = self.client.cart("cart.create", Method::GET, "/cart", None).await?;
        let token = token_of("cart.create", &fresh)?;
        let empty: Cart = read("cart.create", &fresh)?;
        let changed = self.apply(&token, empty, change).await?;
        let order = self.order_of_cart(&token, &changed.cart, change).await?;
        let found = Found { order, token };
        self.open_as(&found, changed, change).await
    }

    /// Cart and order, read at once; the order says how far it has come.
    pub(crate) async fn load_draft(&self, id: &DraftId) -> Result<Draft, ConnectorError> {
        let found = Found::unpack(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let (cart, order) = self.read_both(&found).await?;
        let Some(order) = order else {
            return self.draft_of_cart(&found, &cart?, Vec::new(), Kept::default()).await;
        };
        if order.state(self.client.url())? != DraftState::Open {
            return self.draft_of_order(id, &order).await;
        }
        let cart = cart?;
        if is_expired(&cart, &order) {
            return Err(ConnectorError::NotFound { what: "cart" });
        }
        let found = Found { order: Some(order.id), ..found };
        let kept = Kept { note: order.note(), facts: order.facts(), agreed: Some(order.total()?) };
        self.draft_of_cart(&found, &cart, Vec::new(), kept).await
    }

    /// The differences in one batch, then the order made anew from the cart.
    pub(crate) async fn revise_draft(
        &self,
        id: &DraftId,
        change: &Change,
    ) -> Result<Draft, ConnectorError> {
        let found = Found::unpack(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let (cart, order) = self.read_both(&found).await?;
        if let Some(order) = &order
            && order.state(self.client.url())? != DraftState::Open
        {
            return Err(ConnectorError::Settled { action: "change" });
        }
        let cart = cart?;
        if order.as_ref().is_some_and(|order| is_expired(&cart, order)) {
            return Err(ConnectorError::NotFound { what: "cart" });
        }
        let changed = self.apply(&found.token, cart, change).await?;
        let made = self.order_of_cart(&found.token, &changed.cart, change).await?;
        if let (Some(known), Some(made)) = (found.order, made)
            && known != made
        {
            // The store has let go of our order; the session hangs on it.
            return Err(ConnectorError::NotFound { what: "order" });
        }
        let found = Found { order: found.order.or(made), ..found };
        let mut draft = self.open_as(&found, changed, change).await?;
        if let Some(order) = order {
            if change.note == Patch::Keep {
                draft.note = order.note();
            }
            draft.facts = order.facts().into_iter().chain(draft.facts).collect();
        }
        Ok(draft)
    }

    /// Ends an unpaid draft: its order is canceled, its cart emptied.
    pub(crate) async fn discard_draft(
        &self,
        id: &DraftId,
        facts: &Facts,
    ) -> Result<Draft, ConnectorError> {
        let found = Found::unpack(id).ok_or(ConnectorError::NotFound { what: "draft" })?;
        let (cart, order) = self.read_both(&found).await?;
        let Some(order) = order else {
            self.empty_cart(id).await;
            let kept = Kept::default();
            let draft = self.draft_of_cart(&found, &cart?, Vec::new(), kept).await?;
            return Ok(Draft { state: DraftState::Discarded, ..draft });
        };
        match order.state(self.client.url())? {
            DraftState::Placed(_) => return Err(ConnectorError::Settled { action: "cancel" }),
            DraftState::Discarded => return self.draft_of_order(id, &order).await,
            DraftState::Open | DraftState::Committed { .. } => {}
        }
        let path = format!("/orders/{}", order.id);
        let body = json!({ "status": "cancelled", "meta_data": fact_meta(facts) });
        let canceled: StoreOrder = self.client.put("order.cancel", &path, &body).await?;
        self.empty_cart(id).await;
        self.draft_of_order(id, &canceled).await
    }

    /// A draft that has become more than a cart.
    pub(crate) async fn draft_of_order(
        &self,
        id: &DraftId,
        order: &StoreOrder,
    ) -> Result<Draft, ConnectorError> {
        let pickup = if order.is_picked_up() { Some(self.store_address().await?) } else { None };
        Ok(Draft {
            id: id.clone(),
            order: Some(OrderId::new(order.id.to_string())),
            buyer: order.billing.buyer(),
            destination: order.shipping.destination(),
            note: order.note(),
            facts: order.facts(),
            quote: order.quote(pickup)?,
            agreed: Some(order.total()?),
            state: order.state(self.client.url())?,
        })
    }

    /// What was just shown is what was agreed.
    async fn open_as(
        &self,
        found: &Found,
        changed: Changed,
        change: &Change,
    ) -> Result<Draft, ConnectorError> {
        let note = match &change.note {
            Patch::Set(note) => Some(note.clone()),
            Patch::Keep | Patch::Clear => None,
        };
        let agreed = found.order.map(|_| changed.cart.total()).transpose()?;
        let kept = Kept { note, facts: change.facts.clone(), agreed };
        self.draft_of_cart(found, &changed.cart, changed.refused, kept).await
    }

    async fn draft_of_cart(
        &self,
        found: &Found,
        cart: &Cart,
        refused: Vec<Problem>,
        kept: Kept,
    ) -> Result<Draft, ConnectorError> {
        let pickup = if cart.offers_pickup() { Some(self.store_address().await?) } else { None };
        Ok(Draft {
            id: found.pack(),
            order: found.order.map(|id| OrderId::new(id.to_string())),
            buyer: cart.buyer(),
            destination: cart.destination(),
            note: kept.note,
            facts: kept.facts,
            quote: cart.quote(pickup, refused)?,
            agreed: kept.agreed,
            state: DraftState::Open,
        })
    }

    /// Both at once; an order that was not known yet is asked for where the cart has something.
    /// A cart that cannot be read is for the caller to judge: an order that is settled needs none.
    async fn read_both(
        &self,
        found: &Found,
    ) -> Result<(Result<Cart, ConnectorError>, Option<StoreOrder>), ConnectorError> {
        let cart = async {
            let answer =
                self.client.cart("cart.read", Method::GET, "/cart", Some(&found.token)).await?;
            read("cart.read", &answer)
        };
        let Some(order) = found.order else {
            let cart = cart.await?;
            let made = self.order_of_cart(&found.token, &cart, &Change::default()).await?;
            let Some(made) = made else { return Ok((Ok(cart), None)) };
            let order = self.client.get("order.read", &format!("/orders/{made}")).await?;
            return Ok((Ok(cart), Some(order)));
        };
        let path = format!("/orders/{order}");
        let order = self.client.get("order.read", &path);
        let (cart, order) = tokio::join!(cart, order);
        Ok((cart, Some(order?)))
    }

    /// Runs what a change asks of a cart, and mends what the store silently undid.
    async fn apply(
        &self,
        token: &SecretString,
        cart: Cart,
        change: &Change,
    ) -> Result<Changed, ConnectorError> {
        let (mut steps, unknown) = line_steps(&cart, change.lines.as_deref());
        steps.extend(customer_step(&cart, change, true));
        steps.extend(code_steps(&cart, change.codes.as_deref()));
        let chosen = change.rates.as_deref().unwrap_or_default();
        steps.extend(chosen.iter().map(rate_step));
        let before = cart.selected();
        let mut changed = self.run(token, Changed { cart, refused: unknown }, steps).await?;

        let address_refused = changed.refused.iter().any(|problem| {
            matches!(problem.subject, Subject::Address(_)) && problem.kind == ProblemKind::Invalid
        });
        let mut mend: Vec<Step> = Vec::new();
        if address_refused {
            // One bad part refuses all of it; the contact is good by itself.
            mend.extend(customer_step(&changed.cart, change, false));
        }
        mend.extend(lost_choices(&changed.cart, &before, chosen).iter().map(rate_step));
        changed = self.run(token, changed, mend).await?;

        let selected = changed.cart.selected();
        let missed = chosen.iter().any(|rate| !selected.contains(rate));
        if missed {
            changed.refused.push(Problem {
                kind: ProblemKind::Invalid,
                subject: Subject::Rate,
                text: "The store does not offer this option; the earlier choice stays".to_owned(),
            });
        }
        changed.refused.extend(email_problem(&changed.cart, change));
        Ok(changed)
    }

    async fn run(
        &self,
        token: &SecretString,
        mut changed: Changed,
        steps: Vec<Step>,
    ) -> Result<Changed, ConnectorError> {
        if steps.is_empty() {
            return Ok(changed);
        }
        let (parts, abouts): (Vec<Part>, Vec<About>) =
            steps.into_iter().map(|step| (step.part, step.about)).unzip();
        for (answer, about) in self.client.batch(token, &parts).await?.into_iter().zip(abouts) {
            match answer.result() {
                Ok(cart) => {
                    changed.cart = serde_json::from_value(cart).map_err(|error| {
                        ConnectorError::Unreadable {
                            call: "cart.batch",
                            effect: Effect::Unknown,
                            source: error.into(),
                        }
                    })?;
                }
                Err(refusal) if refusal.code.contains("nonce") => {
                    return Err(ConnectorError::NotFound { what: "cart" });
                }
                Err(refusal) => match about {
                    About::Item(item) => changed.refused.push(refusal.about_item(&item)),
                    About::Customer => changed.refused.push(refusal.about_address()),
                    About::Code(code) => changed.refused.push(Problem {
                        kind: ProblemKind::CodeRefused(refusal.about_code()),
                        subject: Subject::Code(code),
                        text: refusal.text(),
                    }),
                    About::Nothing => {}
                },
            }
        }
        Ok(changed)
    }

    /// Makes or refreshes the order behind a cart. An empty cart has none.
    async fn order_of_cart(
        &self,
        token: &SecretString,
        cart: &Cart,
        change: &Change,
    ) -> Result<Option<u64>, ConnectorError> {
        const NAME: &str = "checkout.draft";

        #[derive(Deserialize)]
        struct Checkout {
            order_id: u64,
        }

        if cart.items.is_empty() {
            return Ok(None);
        }
        let answer = self.client.cart(NAME, Method::GET, "/checkout", Some(token)).await?;
        let checkout: Checkout = read(NAME, &answer)?;
        let note = match &change.note {
            Patch::Keep => None,
            Patch::Set(note) => Some(note.as_str()),
            Patch::Clear => Some(""),
        };
        if let Some(note) = note {
            let body = json!({ "customer_note": note });
            self.client.put_checkout("checkout.note", token, &body).await?;
        }
        if !change.facts.is_empty() {
            let path = format!("/orders/{}", checkout.order_id);
            let body = json!({ "meta_data": fact_meta(&change.facts) });
            let _order: StoreOrder = self.client.put("order.facts", &path, &body).await?;
        }
        Ok(Some(checkout.order_id))
    }
}

/// A dead token reads as a new, empty cart.
fn is_expired(cart: &Cart, order: &StoreOrder) -> bool {
    cart.items.is_empty() && !order.line_items.is_empty()
}

/// The whole list in place of the one before: the store's own lines where they stay.
fn line_steps(cart: &Cart, lines: Option<&[Line]>) -> (Vec<Step>, Vec<Problem>) {
    let Some(lines) = lines else { return (Vec::new(), Vec::new()) };
    let mut unknown = Vec::new();
    let mut wanted: BTreeMap<u64, (commerce::ItemId, u32)> = BTreeMap::new();
    let mut order = Vec::new();
    for line in lines {
        // The store reads a text that is no number as 0.
        let Some(id) = line.item.as_str().parse::<u64>().ok().filter(|id| *id > 0) else {
            unknown.push(Problem {
                kind: ProblemKind::UnknownItem,
                subject: Subject::Item(line.item.clone()),
                text: format!("The store sells nothing with the id {:?}", line.item.as_str()),
            });
            continue;
        };
        let entry = wanted.entry(id).or_insert_with(|| {
            order.push(id);
            (line.item.clone(), 0)
        });
        entry.1 = entry.1.saturating_add(line.quantity.get());
    }
    let gone = cart.items.iter().filter(|item| !wanted.contains_key(&item.id)).map(|item| Step {
        part: post("/cart/remove-item", json!({ "key": item.key })),
        about: About::Nothing,
    });
    let mut steps: Vec<Step> = gone.collect();
    for id in order {
        let (item, quantity) = &wanted[&id];
        let about = About::Item(item.clone());
        match cart.items.iter().find(|found| found.id == id) {
            Some(found) if found.quantity == *quantity => {}
            Some(found) => {
                let body = json!({ "key": found.key, "quantity": quantity });
                steps.push(Step { part: post("/cart/update-item", body), about });
            }
            None => {
                let body = json!({ "id": id, "quantity": quantity });
                steps.push(Step { part: post("/cart/add-item", body), about });
            }
        }
    }
    (steps, unknown)
}

/// Who pays and where it goes, merged with what the cart knows. A shipping address is not copied
/// to billing, so both are sent.
fn customer_step(cart: &Cart, change: &Change, with_address: bool) -> Option<Step> {
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
fn code_steps(cart: &Cart, codes: Option<&[String]>) -> Vec<Step> {
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

fn rate_step(rate: &RateId) -> Step {
    let part = post("/cart/select-shipping-rate", choice(rate));
    Step { part, about: About::Nothing }
}

/// Earlier choices that the store has dropped though it still offers them: an unknown rate, or
/// any change of the rates on offer, silently resets the choice.
fn lost_choices(cart: &Cart, before: &[RateId], chosen: &[RateId]) -> Vec<RateId> {
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
fn email_problem(cart: &Cart, change: &Change) -> Option<Problem> {
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

fn post(path: &'static str, body: Value) -> Part {
    Part { method: "POST", path, body }
}

fn read<T: serde::de::DeserializeOwned>(
    name: &'static str,
    answer: &Answer,
) -> Result<T, ConnectorError> {
    answer.json().map_err(|error| unreadable(name, Effect::None, error))
}
