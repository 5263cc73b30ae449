//! What a change asks of a cart, as the steps of one batch, and what the store made of them.

use std::{collections::BTreeMap, sync::Arc};

use commerce::{Change, CodeRefusal, ConnectorError, Effect, Line, Problem, ProblemKind, Subject};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;
use tracing::debug;

use crate::{WooCommerce, batch::Part, cart::Cart, item::Names, loose};

mod steps;

use steps::{
    code_steps, customer_step, draft_step, email_problem, line_steps, lost_choices, rate_step,
};

/// A cart after some steps, and what was refused on the way.
pub(crate) struct Changed {
    pub(crate) cart: Arc<Cart>,
    pub(crate) refused: Vec<Problem>,
    pub(crate) made: Made,
    /// The names under which lines were ordered.
    names: Names,
}

/// What stands behind the cart afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// It was not asked for, or an empty cart has none.
    Nothing,
    /// An order of the store's own, made anew from the cart.
    Order {
        id: u64,
        /// Whether it may still change.
        is_draft: bool,
    },
    /// The store makes its orders only when they are placed (WooCommerce 10.9 and later).
    Deferred,
}

/// What the batch ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending<'a> {
    /// The cart.
    Cart,
    /// The store's own draft order, with the buyer's note: the store forgets one that is not
    /// sent again.
    Draft { note: &'a str },
}

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
    /// The store's draft order.
    Draft,
}

/// The answer of the checkout route.
#[derive(Deserialize)]
struct Checkout {
    #[serde(deserialize_with = "loose::number")]
    order_id: u64,
    #[serde(deserialize_with = "loose::text")]
    status: String,
    #[serde(default, rename = "__experimentalCart")]
    cart: Option<Value>,
}

impl WooCommerce {
    /// Runs what a change asks of a cart, and mends what the store silently undid.
    pub(crate) async fn apply(
        &self,
        token: &SecretString,
        cart: Arc<Cart>,
        change: &Change,
        ending: Ending<'_>,
    ) -> Result<Changed, ConnectorError> {
        let (mut steps, unknown) = line_steps(&cart, change.lines.as_deref());
        steps.extend(customer_step(&cart, change, true));
        steps.extend(code_steps(&cart, change.codes.as_deref()));
        let chosen = change.rates.as_deref().unwrap_or_default();
        steps.extend(chosen.iter().map(rate_step));
        let before = cart.selected();
        let names = cart.names();
        let mut changed = Changed { cart, refused: unknown, made: Made::Nothing, names };
        changed = self.run(token, changed, steps, ending).await?;

        let address_refused = changed.refused.iter().any(|problem| {
            matches!(problem.subject, Subject::Address(_)) && problem.kind == ProblemKind::Invalid
        });
        let mut mend: Vec<Step> = Vec::new();
        if address_refused {
            // One bad part refuses all of it; the contact is good by itself.
            mend.extend(customer_step(&changed.cart, change, false));
        }
        mend.extend(lost_choices(&changed.cart, &before, chosen).iter().map(rate_step));
        if !mend.is_empty() {
            changed = self.run(token, changed, mend, ending).await?;
        }

        explain_quantities(&mut changed, change.lines.as_deref());
        self.explain_codes(&mut changed).await;
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

    /// The store's words say why only to who reads its language; where the coupon itself cannot be
    /// read, they have to do.
    async fn explain_codes(&self, changed: &mut Changed) {
        for problem in &mut changed.refused {
            let (ProblemKind::CodeRefused(why), Subject::Code(code)) =
                (&mut problem.kind, &problem.subject)
            else {
                continue;
            };
            if *why != CodeRefusal::Invalid {
                continue;
            }
            match self.why_refused(code, &changed.cart).await {
                Ok(known) => *why = known,
                Err(error) => debug!(%error, "a refused coupon was not read"),
            }
        }
    }

    async fn run(
        &self,
        token: &SecretString,
        mut changed: Changed,
        mut steps: Vec<Step>,
        ending: Ending<'_>,
    ) -> Result<Changed, ConnectorError> {
        steps.extend(draft_step(ending));
        if steps.is_empty() {
            return Ok(changed);
        }
        let (parts, abouts): (Vec<Part>, Vec<About>) =
            steps.into_iter().map(|step| (step.part, step.about)).unzip();
        let mut is_seen = false;
        for (answer, about) in self.client.batch(token, &parts).await?.into_iter().zip(abouts) {
            match (answer.result(), about) {
                (Ok(checkout), About::Draft) => {
                    let checkout: Checkout = read(checkout)?;
                    if let Some(cart) = checkout.cart.filter(|cart| !is_seen && cart.is_object()) {
                        changed.see(read(cart)?);
                    }
                    changed.made = match checkout.order_id {
                        0 => Made::Deferred,
                        id => Made::Order { id, is_draft: checkout.status == "checkout-draft" },
                    };
                }
                (Ok(cart), about) => {
                    let cart: Cart = read(cart)?;
                    if let About::Item(item) = about {
                        changed.name_new_line(&cart, item);
                    }
                    changed.see(cart);
                    is_seen = true;
                }
                (Err(refusal), _) if refusal.code.contains("nonce") => {
                    return Err(ConnectorError::NotFound { what: "cart" });
                }
                (Err(refusal), About::Item(item)) => {
                    changed.refused.push(refusal.about_item(&item));
                }
                (Err(refusal), About::Customer) => changed.refused.push(refusal.about_address()),
                (Err(refusal), About::Code(code)) => changed.refused.push(Problem {
                    kind: ProblemKind::CodeRefused(refusal.about_code()),
                    subject: Subject::Code(code),
                    text: refusal.text(),
                }),
                (Err(_), About::Nothing) => {}
                (Err(refusal), About::Draft) if refusal.code.ends_with("cart_empty") => {
                    changed.made = Made::Nothing;
                }
                // Whatever it is, a call of its own says it with a status that is understood.
                (Err(_), About::Draft) => {
                    changed.made = self
                        .order_of_cart(token)
                        .await?
                        .map_or(Made::Deferred, |id| Made::Order { id, is_draft: true });
                }
            }
        }
        Ok(changed)
    }
}

impl Changed {
    fn see(&mut self, cart: Cart) {
        self.cart = Arc::new(cart.named(&self.names));
    }

    /// A line that was not there before is the item that was just added.
    fn name_new_line(&mut self, cart: &Cart, item: commerce::ItemId) {
        let is_new = |key: &str| self.cart.items.iter().all(|known| known.key != key);
        let new = cart.items.iter().find(|line| is_new(&line.key));
        if let Some(line) = new.filter(|line| line.id.to_string() != item.as_str()) {
            self.names.insert(line.key.clone(), item);
        }
    }
}

/// A quantity that no line may have is another matter than one that is not left.
fn explain_quantities(changed: &mut Changed, lines: Option<&[Line]>) {
    let wanted = quantities(lines.unwrap_or_default());
    for problem in &mut changed.refused {
        let Subject::Item(item) = &problem.subject else { continue };
        let Some(quantity) = wanted.get(item.as_str()) else { continue };
        let line = changed.cart.items.iter().find(|line| line.item_id() == *item);
        if line.is_some_and(|line| !line.quantity_limits.fit(*quantity)) {
            problem.kind = ProblemKind::Invalid;
        }
    }
}

/// Quantities that the store has silently made to fit.
pub(crate) fn misfits(changed: &Changed, lines: Option<&[Line]>) -> Vec<Problem> {
    let wanted = quantities(lines.unwrap_or_default());
    let misfit = |line: &crate::cart::Item| {
        let item = line.item_id();
        let wanted = *wanted.get(item.as_str())?;
        let is_known = changed.refused.iter().any(|it| it.subject == Subject::Item(item.clone()));
        if wanted == line.quantity || is_known {
            return None;
        }
        let is_less = line.quantity < wanted;
        let limits = line.quantity_limits.say();
        let limits = if limits.is_empty() { "in another quantity".to_owned() } else { limits };
        Some(Problem {
            kind: if is_less { ProblemKind::QuantityExceeded } else { ProblemKind::Invalid },
            subject: Subject::Item(item),
            text: format!("The store sells it {limits}; {} are in the cart now", line.quantity),
        })
    };
    changed.cart.items.iter().filter_map(misfit).collect()
}

/// What is wanted of each item in all.
fn quantities(lines: &[Line]) -> BTreeMap<&str, u32> {
    let mut wanted: BTreeMap<&str, u32> = BTreeMap::new();
    for line in lines {
        let quantity = wanted.entry(line.item.as_str()).or_default();
        *quantity = quantity.saturating_add(line.quantity.get());
    }
    wanted
}

/// Whether the cart holds these lines and no others, but for those that were refused.
pub(crate) fn holds(changed: &Changed, lines: Option<&[Line]>) -> bool {
    let Some(lines) = lines else { return true };
    let is_refused = |line: &Line| {
        changed.refused.iter().any(|found| found.subject == Subject::Item(line.item.clone()))
    };
    let wanted = quantities(lines);
    let in_cart = |item: &commerce::ItemId| {
        changed.cart.items.iter().find(|line| line.item_id() == *item).map(|line| line.quantity)
    };
    let all_in = lines.iter().all(|line| {
        is_refused(line) || in_cart(&line.item) == wanted.get(line.item.as_str()).copied()
    });
    all_in && changed.cart.items.iter().all(|line| wanted.contains_key(line.item_id().as_str()))
}

fn read<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T, ConnectorError> {
    serde_json::from_value(answer).map_err(|error| ConnectorError::Unreadable {
        call: "cart.batch",
        effect: Effect::Unknown,
        source: error.into(),
    })
}
