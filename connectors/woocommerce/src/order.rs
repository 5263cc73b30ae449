//! An order of the REST API: what a draft became, or the state it is in.

use std::collections::BTreeMap;

use commerce::{
    AgentId, ConnectorError, Currency, DraftState, Effect, Facts, ItemId, Money, MoneyError, Order,
    OrderId, OrderState, Origin, PaymentId, SessionId,
};
use jiff::{SignedDuration, civil};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    address::Place,
    cart::{currency, digits, text_of},
    item::Names,
    loose,
    memory::{Contents, Kept},
    rates::is_pickup,
};

mod quote;

/// How our orders are told from all others.
pub(crate) const PAYMENT_METHOD: &str = "storebridge";
const META_PAYMENT: &str = "_acp_payment";
/// In the place of a payment, where there is nothing to pay.
const NO_PAYMENT: &str = "none";
/// What the agent was told of the order.
pub(crate) const META_TOLD: &str = "_acp_told";
const META_MEMO: &str = "_acp_memo";
const META_SESSION: &str = "_acp_session";
const META_AGENT: &str = "_acp_agent";
/// What the agent was shown, where the order is one that we made; in minor units and a currency.
const META_AGREED: &str = "_acp_agreed";
/// What the agent was last shown, where the order is the store's own. Its total does not say that: a
/// change that the store carries out long after its caller has given up moves it, and nobody was told.
const META_SHOWN: &str = "_acp_shown";
/// That we have ended it for good. A store carries out whatever reaches it, however late: a status
/// that was asked for before it was canceled brings it back.
const META_ENDED: &str = "_acp_ended";
/// The names under which lines were ordered, where they say more than an id.
const META_NAMES: &str = "_acp_items";
/// A store needs no longer to write down what it is doing.
const WELL_BEFORE: SignedDuration = SignedDuration::from_secs(10);
/// Before the name of each fact that is kept for the seller.
const META_FACT: &str = "_acp_fact_";

#[derive(Debug, Deserialize)]
pub(crate) struct StoreOrder {
    #[serde(deserialize_with = "loose::number")]
    pub(crate) id: u64,
    #[serde(deserialize_with = "loose::text")]
    pub(crate) status: String,
    #[serde(deserialize_with = "loose::text")]
    currency: String,
    #[serde(deserialize_with = "loose::text")]
    order_key: String,
    number: Value,
    #[serde(deserialize_with = "loose::text")]
    total: String,
    #[serde(deserialize_with = "loose::text")]
    total_tax: String,
    #[serde(deserialize_with = "loose::text")]
    shipping_total: String,
    #[serde(default, deserialize_with = "loose::some_text")]
    date_paid_gmt: Option<String>,
    #[serde(default, deserialize_with = "loose::text")]
    date_modified_gmt: String,
    #[serde(default, deserialize_with = "loose::list")]
    refunds: Vec<Value>,
    #[serde(default, deserialize_with = "loose::text")]
    payment_method: String,
    #[serde(default, deserialize_with = "loose::text")]
    customer_note: String,
    #[serde(deserialize_with = "loose::object")]
    pub(crate) billing: Place,
    #[serde(deserialize_with = "loose::object")]
    pub(crate) shipping: Place,
    #[serde(default, deserialize_with = "loose::list")]
    meta_data: Vec<Meta>,
    #[serde(default, deserialize_with = "loose::list")]
    pub(crate) line_items: Vec<OrderLine>,
    #[serde(default, deserialize_with = "loose::list")]
    tax_lines: Vec<OrderTax>,
    #[serde(default, deserialize_with = "loose::list")]
    shipping_lines: Vec<OrderShipping>,
    #[serde(default, deserialize_with = "loose::list")]
    fee_lines: Vec<OrderFee>,
}

#[derive(Debug, Deserialize)]
struct Meta {
    #[serde(deserialize_with = "loose::text")]
    key: String,
    value: Value,
}

#[derive(Debug, Deserialize)]
pub(crate) struct OrderLine {
    #[serde(default, deserialize_with = "loose::number")]
    id: u64,
    #[serde(deserialize_with = "loose::text")]
    name: String,
    /// What the product is called without what sets the variation apart.
    #[serde(default, deserialize_with = "loose::some_text")]
    parent_name: Option<String>,
    #[serde(deserialize_with = "loose::number")]
    product_id: u64,
    #[serde(default, deserialize_with = "loose::number")]
    variation_id: u64,
    /// The REST API takes and shows negative ones.
    #[serde(deserialize_with = "loose::number")]
    quantity: i64,
    #[serde(deserialize_with = "loose::text")]
    subtotal: String,
    #[serde(deserialize_with = "loose::text")]
    total: String,
    #[serde(deserialize_with = "loose::text")]
    total_tax: String,
    #[serde(default, deserialize_with = "loose::some_text")]
    sku: Option<String>,
    #[serde(default)]
    image: Option<OrderImage>,
    #[serde(default, deserialize_with = "loose::list")]
    meta_data: Vec<OrderTrait>,
}

/// A trait of a variation. Plugins put other things here, and those have texts of any kind.
#[derive(Debug, Deserialize)]
struct OrderTrait {
    #[serde(default)]
    key: Value,
    #[serde(default)]
    value: Value,
    #[serde(default)]
    display_key: Value,
    #[serde(default)]
    display_value: Value,
}

#[derive(Debug, Deserialize)]
struct OrderImage {
    #[serde(default, deserialize_with = "loose::text")]
    src: String,
}

#[derive(Debug, Deserialize)]
struct OrderTax {
    #[serde(deserialize_with = "loose::text")]
    label: String,
    #[serde(deserialize_with = "loose::text")]
    tax_total: String,
    #[serde(deserialize_with = "loose::text")]
    shipping_tax_total: String,
    #[serde(default)]
    rate_percent: Value,
}

#[derive(Debug, Deserialize)]
struct OrderShipping {
    #[serde(default, deserialize_with = "loose::number")]
    id: u64,
    #[serde(deserialize_with = "loose::text")]
    method_title: String,
    #[serde(deserialize_with = "loose::text")]
    method_id: String,
    #[serde(default)]
    instance_id: Value,
    #[serde(deserialize_with = "loose::text")]
    total: String,
    #[serde(deserialize_with = "loose::text")]
    total_tax: String,
}

#[derive(Debug, Deserialize)]
struct OrderFee {
    #[serde(default, deserialize_with = "loose::number")]
    id: u64,
    #[serde(deserialize_with = "loose::text")]
    total: String,
}

impl StoreOrder {
    /// What became of the draft.
    pub(crate) fn state(&self, store_url: &str) -> Result<DraftState, ConnectorError> {
        if self.is_ended() {
            return Ok(DraftState::Discarded);
        }
        let is_tied = self.meta(META_PAYMENT).is_some();
        let is_paid = self.date_paid_gmt.is_some() && self.payment_method == PAYMENT_METHOD;
        // An order on hold takes a payment in without being paid by it, a seller may put one on hold
        // before its money has come, and one of downloads is processed without being paid.
        let waits = match self.status.as_str() {
            "pending" | "failed" => true,
            "on-hold" | "processing" | "completed" => !self.is_paid(),
            // A write that came late has taken a paid order back.
            "checkout-draft" => self.is_paid(),
            _ => false,
        };
        Ok(match self.status.as_str() {
            "checkout-draft" if !waits => DraftState::Open,
            "pending" | "failed" if !is_tied => DraftState::Open,
            _ if waits && is_tied => DraftState::Committed {
                payment: self.payment(),
                total: self.total()?,
                memo: self.meta(META_MEMO).unwrap_or_default().to_owned(),
            },
            "cancelled" | "trash" if !is_paid => DraftState::Discarded,
            _ => DraftState::Placed(self.order(store_url)?),
        })
    }

    /// The paid order.
    pub(crate) fn order(&self, store_url: &str) -> Result<Order, ConnectorError> {
        Ok(Order {
            id: OrderId::new(self.id.to_string()),
            number: text_of(&self.number),
            // Where a store keeps the usual path; a store that moved it redirects.
            permalink: format!(
                "{store_url}/checkout/order-received/{}/?key={}",
                self.id, self.order_key
            ),
            total: self.total()?,
            payment: self.payment(),
            memo: self.meta(META_MEMO).unwrap_or_default().to_owned(),
            state: match self.status.as_str() {
                "completed" => OrderState::Completed,
                "on-hold" => OrderState::OnHold,
                "cancelled" | "trash" => OrderState::Canceled,
                "refunded" => OrderState::Refunded,
                _ => OrderState::Processing,
            },
        })
    }

    pub(crate) fn total(&self) -> Result<Money, ConnectorError> {
        Money::round_major(&self.total, self.currency()?).map_err(unreadable)
    }

    /// Whether the store has taken the payment in.
    pub(crate) const fn is_paid(&self) -> bool {
        self.date_paid_gmt.is_some()
    }

    /// Whether we have ended it, and no money was written in since.
    fn is_ended(&self) -> bool {
        self.meta(META_ENDED).is_some() && !self.is_paid()
    }

    /// Whether a change that the store carried out late has brought it back after it was ended.
    pub(crate) fn came_back(&self) -> bool {
        self.is_ended() && !matches!(self.status.as_str(), "cancelled" | "trash")
    }

    /// Whether it is one that we made.
    pub(crate) fn is_own(&self) -> bool {
        self.meta(META_AGREED).is_some()
    }

    /// Whether it was paid well before it was last changed. Both times are the store's.
    pub(crate) fn was_paid_before(&self) -> bool {
        let time = |text: &str| text.parse::<civil::DateTime>().ok();
        let paid = self.date_paid_gmt.as_deref().and_then(time);
        let span = paid.zip(time(&self.date_modified_gmt));
        span.is_some_and(|(paid, changed)| changed.duration_since(paid) > WELL_BEFORE)
    }

    /// Whether its status is that of an order that waits for money, whatever else it says.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.status.as_str(), "checkout-draft" | "pending" | "failed")
    }

    /// The payment it is tied to; `None` too where it is tied to none because it costs nothing.
    pub(crate) fn payment(&self) -> Option<PaymentId> {
        self.meta(META_PAYMENT).filter(|id| *id != NO_PAYMENT).map(PaymentId::new)
    }

    /// Who brought it, if an agent did.
    pub(crate) fn origin(&self) -> Option<Origin> {
        if self.payment_method != PAYMENT_METHOD {
            return None;
        }
        Some(Origin {
            session: SessionId::new(self.meta(META_SESSION)?),
            agent: AgentId::new(self.meta(META_AGENT)?),
            order: OrderId::new(self.id.to_string()),
            payment: self.payment(),
        })
    }

    /// What the agent was told of it.
    pub(crate) fn told(&self) -> Option<&str> {
        self.meta(META_TOLD)
    }

    pub(crate) const fn has_refunds(&self) -> bool {
        !self.refunds.is_empty()
    }

    /// When it last changed, as the store writes it.
    pub(crate) fn changed_at(&self) -> &str {
        &self.date_modified_gmt
    }

    pub(crate) fn note(&self) -> Option<String> {
        (!self.customer_note.is_empty()).then(|| self.customer_note.clone())
    }

    /// What is kept with it for the seller.
    pub(crate) fn facts(&self) -> Facts {
        let fact = |meta: &Meta| {
            let name = meta.key.strip_prefix(META_FACT)?;
            Some((name.to_owned(), meta.value.as_str()?.to_owned()))
        };
        self.meta_data.iter().filter_map(fact).collect()
    }

    /// What a cart has no place for. `opened` is what it cost at the beginning, where that is known.
    pub(crate) fn kept(&self, opened: Option<Money>) -> Result<Kept, ConnectorError> {
        let total = self.total()?;
        let shown = self.amount(META_AGREED)?.or(self.amount(META_SHOWN)?).or(opened);
        Ok(Kept {
            note: self.note(),
            facts: self.facts(),
            agreed: Some(shown.unwrap_or(total)),
            total: Some(total),
            names: self.names(),
            own: self.is_own().then(|| self.contents()).transpose()?,
        })
    }

    /// An amount that we have kept with it.
    fn amount(&self, key: &str) -> Result<Option<Money>, ConnectorError> {
        let Some(text) = self.meta(key) else { return Ok(None) };
        let (minor, code) = text.split_once(' ').unwrap_or((text, ""));
        let currency = currency(code)?;
        Money::parse_minor(minor, digits(currency), currency).map(Some).map_err(unreadable)
    }

    fn names(&self) -> Names {
        let text = self.meta(META_NAMES).unwrap_or_default();
        let names: BTreeMap<String, String> = serde_json::from_str(text).unwrap_or_default();
        names.into_iter().map(|(key, item)| (key, ItemId::new(item))).collect()
    }

    /// What stands in it.
    pub(crate) fn contents(&self) -> Result<Contents, ConnectorError> {
        Ok(Contents {
            total: Some(self.total()?),
            lines: self.line_items.iter().map(|line| line.id).collect(),
            shipping: self.shipping_lines.iter().map(|line| line.id).collect(),
            fees: self.fee_lines.iter().map(|fee| fee.id).collect(),
        })
    }

    /// What was bought: products without variants, and variations.
    pub(crate) fn items(&self) -> impl Iterator<Item = u64> {
        self.line_items.iter().map(|line| match line.variation_id {
            0 => line.product_id,
            variation => variation,
        })
    }

    /// Whether the buyer comes for it.
    pub(crate) fn is_picked_up(&self) -> bool {
        self.shipping_lines.iter().any(|line| is_pickup(&line.method_id))
    }

    pub(crate) fn currency(&self) -> Result<Currency, ConnectorError> {
        currency(&self.currency)
    }

    fn meta(&self, key: &str) -> Option<&str> {
        let found = self.meta_data.iter().find(|meta| meta.key == key)?;
        found.value.as_str().filter(|value| !value.is_empty())
    }
}

/// What ties an order to its payment, its session and its agent. The attribution lets the seller
/// see agents in the store's own reports.
pub(crate) fn ties(commitment: &commerce::Commitment) -> Value {
    let agent = commitment.agent.as_str();
    let payment = commitment.payment.as_ref().map_or(NO_PAYMENT, PaymentId::as_str);
    let mut meta = vec![
        json!({"key": META_PAYMENT, "value": payment}),
        json!({"key": META_MEMO, "value": commitment.memo}),
        json!({"key": META_SESSION, "value": commitment.session.as_str()}),
        json!({"key": META_AGENT, "value": agent}),
        json!({"key": "_wc_order_attribution_source_type", "value": "utm"}),
        json!({"key": "_wc_order_attribution_utm_source", "value": agent}),
        json!({"key": "_wc_order_attribution_utm_medium", "value": "ai-agent"}),
    ];
    meta.extend(fact_meta(&commitment.facts));
    Value::Array(meta)
}

/// Facts as the order's own meta. A name that is there already gets the new text.
pub(crate) fn fact_meta(facts: &Facts) -> Vec<Value> {
    let fact = |(name, text): (&String, &String)| json!({"key": format!("{META_FACT}{name}"), "value": text});
    facts.iter().map(fact).collect()
}

/// The names under which lines were ordered; nothing where all were plain and none were kept.
pub(crate) fn name_meta(names: &Names) -> Option<Value> {
    let names: BTreeMap<&str, &str> =
        names.iter().map(|(key, item)| (key.as_str(), item.as_str())).collect();
    let text = serde_json::to_string(&names).ok().filter(|_| !names.is_empty())?;
    Some(json!({"key": META_NAMES, "value": text}))
}

/// What the agent was shown, to be kept with an order that does not follow its cart.
pub(crate) fn agreed_meta(agreed: Money) -> Value {
    json!({"key": META_AGREED, "value": words(agreed)})
}

/// What the agent was shown, to be kept with an order of the store's own.
pub(crate) fn shown_meta(shown: Money) -> Value {
    json!({"key": META_SHOWN, "value": words(shown)})
}

/// That it is ended for good, and why.
pub(crate) fn end_meta(facts: &Facts) -> Vec<Value> {
    let mut meta = fact_meta(facts);
    meta.push(json!({"key": META_ENDED, "value": "yes"}));
    meta
}

fn words(amount: Money) -> String {
    format!("{} {}", amount.minor(), amount.currency().code())
}

fn unreadable(error: MoneyError) -> ConnectorError {
    ConnectorError::Unreadable { call: "order", effect: Effect::None, source: error.into() }
}
