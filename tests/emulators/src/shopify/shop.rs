//! The shop's state, its clock, its ids, and who may come in.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use super::bulk::Bulk;
use super::catalog::{Catalog, Discount, Location, Market, Tax, Zone};
use super::cost::Bucket;
use super::draft::Draft;
use super::hooks::Hooks;
use super::money::Currency;
use super::order::Order;
use super::problem::Problem;
use super::search::Index;
use super::terms::Terms;

/// Shopify's ids are larger than a floating-point number can count; these always are.
const FIRST_ID: u64 = 9_107_199_254_740_993;

/// Everything one shop knows.
pub(super) struct Shop {
    now: crate::Now,
    pub(super) chance: StdRng,
    /// The emulator's own address, where bulk results are fetched.
    pub(super) base: String,
    pub(super) domain: String,
    last_id: u64,
    numbers: (u64, u64),
    pub(super) settings: Settings,
    pub(super) app: App,
    pub(super) bucket: Bucket,
    pub(super) catalog: Catalog,
    pub(super) locations: Vec<Location>,
    /// Id and name of each channel.
    pub(super) publications: Vec<(u64, &'static str)>,
    pub(super) markets: Vec<Market>,
    pub(super) zones: Vec<Zone>,
    pub(super) taxes: Vec<Tax>,
    pub(super) discounts: Vec<Discount>,
    pub(super) drafts: BTreeMap<u64, Draft>,
    pub(super) orders: BTreeMap<u64, Order>,
    pub(super) customers: BTreeMap<u64, Customer>,
    pub(super) terms: BTreeMap<u64, Terms>,
    pub(super) metafields: Vec<Metafield>,
    /// Id, type and name of entries that metafields refer to.
    pub(super) metaobjects: Vec<(u64, String, String)>,
    pub(super) definitions: Vec<Value>,
    pub(super) bulks: Vec<Bulk>,
    pub(super) jobs: BTreeMap<String, Job>,
    pub(super) hooks: Hooks,
    pub(super) index: Index,
    /// Keys of `@idempotent` with the input and what was answered.
    pub(super) keys: BTreeMap<String, (Value, Value)>,
    pub(super) journal: Vec<Value>,
}

/// What a shop's owner can choose, and what is not known about Shopify.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) name: &'static str,
    pub(super) currency: Currency,
    pub(super) currencies: Vec<Currency>,
    pub(super) taxes_included: bool,
    pub(super) tax_shipping: bool,
    pub(super) plan: super::Plan,
    pub(super) quirks: super::Quirks,
}

/// The app that calls, and its tokens.
pub(super) struct App {
    pub(super) id: u64,
    pub(super) installation: u64,
    pub(super) client: String,
    pub(super) secret: String,
    /// The `shpat_…` token of an app made before 2026.
    pub(super) admin_token: String,
    /// Tokens of the client credentials grant, and when they end.
    pub(super) issued: Vec<(String, Timestamp)>,
    pub(super) scopes: Vec<String>,
    pub(super) installed: bool,
}

/// Somebody who bought.
#[derive(Clone, Debug)]
pub(super) struct Customer {
    pub(super) id: u64,
    pub(super) email: String,
    pub(super) created: Timestamp,
}

/// One value that an app keeps with a thing.
#[derive(Clone, Debug)]
pub(super) struct Metafield {
    pub(super) id: u64,
    pub(super) owner: String,
    pub(super) namespace: String,
    pub(super) key: String,
    pub(super) kind: String,
    pub(super) value: String,
    pub(super) created: Timestamp,
    pub(super) updated: Timestamp,
}

/// Something Shopify does in its own time.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) due: Timestamp,
    /// The order to cancel; nothing once it is done.
    pub(super) work: Option<super::cancel::Cancel>,
}

impl Shop {
    /// A shop without anything in it.
    pub(super) fn new(base: &str, now: crate::Now, seed: u64) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        let moment = now();
        let hex = |chance: &mut StdRng, length| hex(chance, length);
        let app = App {
            id: 347_082_227_713,
            installation: 712_344_207_410,
            client: hex(&mut chance, 32),
            secret: format!("shpss_{}", hex(&mut chance, 32)),
            admin_token: format!("shpat_{}", hex(&mut chance, 32)),
            issued: Vec::new(),
            scopes: Vec::new(),
            installed: true,
        };
        Self {
            now,
            chance,
            base: base.to_owned(),
            domain: "demo-store.myshopify.com".to_owned(),
            last_id: FIRST_ID,
            numbers: (0, 1000),
            settings: Settings {
                name: "Demo Store",
                currency: "USD",
                currencies: vec!["USD", "CAD", "EUR", "JPY"],
                taxes_included: false,
                tax_shipping: false,
                plan: super::Plan::Standard,
                quirks: super::Quirks::default(),
            },
            app,
            bucket: Bucket::new(2000, 100, moment),
            catalog: Catalog::default(),
            locations: Vec::new(),
            publications: Vec::new(),
            markets: Vec::new(),
            zones: Vec::new(),
            taxes: Vec::new(),
            discounts: Vec::new(),
            drafts: BTreeMap::new(),
            orders: BTreeMap::new(),
            customers: BTreeMap::new(),
            terms: BTreeMap::new(),
            metafields: Vec::new(),
            metaobjects: Vec::new(),
            definitions: Vec::new(),
            bulks: Vec::new(),
            jobs: BTreeMap::new(),
            hooks: Hooks::default(),
            index: Index::default(),
            keys: BTreeMap::new(),
            journal: Vec::new(),
        }
    }

    /// What the clock shows.
    pub(super) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A new id.
    pub(super) fn id(&mut self) -> u64 {
        self.last_id += 32_768;
        self.last_id
    }

    /// `#D1`, `#D2`.
    pub(super) fn draft_number(&mut self) -> u64 {
        self.numbers.0 += 1;
        self.numbers.0
    }

    /// `#1001`, `#1002`.
    pub(super) fn order_number(&mut self) -> u64 {
        self.numbers.1 += 1;
        self.numbers.1
    }

    /// Random hexadecimal digits.
    pub(super) fn hex(&mut self, length: usize) -> String {
        hex(&mut self.chance, length)
    }

    /// A random UUID, version 4.
    pub(super) fn uuid(&mut self) -> String {
        let digits = self.hex(30);
        let cut = |from: usize, to: usize| &digits[from..to];
        format!("{}-{}-4{}-a{}-{}", cut(0, 8), cut(8, 12), cut(12, 15), cut(15, 18), cut(18, 30))
    }

    /// The shop's currency and a buyer's.
    pub(super) fn currencies(&self, buyer: Currency) -> (Currency, Currency) {
        (self.settings.currency, buyer)
    }

    /// Lets time do what it does: holds end, jobs get done, tokens run out.
    pub(super) fn tick(&mut self) {
        let now = self.now();
        self.app.issued.retain(|(_, ends)| *ends > now);
        self.release_holds(now);
        self.finish_jobs(now);
        self.index.settle(now);
    }

    /// A token by the client credentials grant; answers it and its life in seconds.
    pub(super) fn issue(&mut self) -> (String, i64) {
        const LIFE: i64 = 86_399;
        let token = format!("shpca_{}", self.hex(32));
        let ends = self.now() + SignedDuration::from_secs(LIFE);
        self.app.issued.push((token.clone(), ends));
        (token, LIFE)
    }

    /// Whether a token opens the shop.
    pub(super) fn admits(&self, token: &str) -> bool {
        let issued =
            self.app.issued.iter().any(|(known, ends)| known == token && *ends > self.now());
        self.app.installed && (issued || token == self.app.admin_token)
    }

    /// On the Basic plan an app sees no names, addresses, mail and telephone of customers.
    /// That it is denied is documented; on drafts and orders the words are not recorded.
    pub(super) fn may_see(&self, ty: &str, field: &str) -> Result<(), Problem> {
        const PERSONAL: [&str; 11] = [
            "email",
            "phone",
            "firstName",
            "lastName",
            "name",
            "displayName",
            "address1",
            "address2",
            "zip",
            "city",
            "company",
        ];
        let owner = match ty {
            "Customer" | "MailingAddress" => PERSONAL.contains(&field),
            "Order" | "DraftOrder" => matches!(field, "email" | "phone"),
            _ => false,
        };
        if self.settings.plan != super::Plan::Basic || !owner {
            return Ok(());
        }
        let message = format!(
            "This app is not approved to use the {field} field. See \
             https://shopify.dev/docs/apps/launch/protected-customer-data for more details."
        );
        Err(Problem::new("ACCESS_DENIED", message))
    }

    /// Finds or makes the customer with this address.
    pub(super) fn customer_for(&mut self, email: &str) -> u64 {
        let known = self.customers.values().find(|known| known.email == email);
        if let Some(known) = known {
            return known.id;
        }
        let customer = Customer { id: self.id(), email: email.to_owned(), created: self.now() };
        let id = customer.id;
        self.customers.insert(id, customer);
        id
    }
}

fn hex(chance: &mut StdRng, length: usize) -> String {
    (0..length).map(|_| char::from_digit(chance.random_range(0..16), 16).unwrap_or('0')).collect()
}

/// `gid://shopify/Order/1`.
pub(super) fn gid(kind: &str, id: u64) -> String {
    format!("gid://shopify/{kind}/{id}")
}

/// The number in an id of this kind.
pub(super) fn number(gid: &str, kind: &str) -> Result<u64, Problem> {
    let tail = gid.strip_prefix("gid://shopify/").and_then(|rest| rest.strip_prefix(kind));
    let tail = tail.and_then(|rest| rest.strip_prefix('/'));
    let tail = tail.map(|rest| rest.split('?').next().unwrap_or_default());
    tail.and_then(|tail| tail.parse().ok()).ok_or_else(|| Problem::invalid_id(gid))
}

/// A user error: `{field, message}`.
pub(super) fn user_error(field: &[&str], message: &str) -> Value {
    let field = if field.is_empty() {
        Value::Null
    } else {
        field.iter().map(|part| Value::from(*part)).collect()
    };
    serde_json::json!({ "field": field, "message": message })
}

/// The same with a code.
pub(super) fn coded_error(field: &[&str], message: &str, code: &str) -> Value {
    let mut error = user_error(field, message);
    error["code"] = code.into();
    error
}

/// `2026-11-23T18:00:00Z`: Shopify shows no fractions, and nothing from the future.
pub(super) fn stamp(time: Timestamp) -> String {
    let second = jiff::TimestampRound::new().smallest(jiff::Unit::Second);
    time.round(second.mode(jiff::RoundMode::Trunc)).unwrap_or(time).to_string()
}
