//! The shop's whole state, its settings and its clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{Timestamp, tz::TimeZone};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use super::cart::Cart;
use super::catalog::Catalog;
use super::coupons::Coupon;
use super::decimal::{self, Micros};
use super::hooks::Hooks;
use super::order::Order;

/// Ways in which a shop can be unkind; all off at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Switch {
    /// PHP believes it is called over plain HTTP.
    PlainHttp,
    /// An older shop without `wc/v3/variations`.
    NoVariationsRoute,
    /// The checkout rate limit feature.
    RateLimit,
    /// PHP prints notices before the JSON.
    PhpNotice,
    /// The owner speaks German.
    German,
    /// The web server takes the `Authorization` header away.
    NoAuthorization,
    /// An order is made when it is placed and not before, as from version 10.9 on.
    DeferredOrders,
    /// Permalinks are "Plain": `/wp-json` is a page that is not there.
    PlainPermalinks,
    /// A plugin that makes texts of numbers and numbers of texts.
    LooseTypes,
    /// A file of the theme begins with a byte order mark.
    ByteOrderMark,
    /// A cache in front gives everybody the first cart, and says nothing.
    CachedCarts,
    /// A plugin ships each product by itself.
    SplitPackages,
    /// It gives the packages names.
    NamedPackages,
}

/// Everything behind the lock.
pub(super) struct Shop {
    pub(super) base: String,
    pub(super) now: crate::Now,
    pub(super) chance: StdRng,
    pub(super) zone: TimeZone,
    pub(super) currency: String,
    pub(super) decimals: u32,
    pub(super) prices_include_tax: bool,
    pub(super) switches: BTreeSet<Switch>,
    pub(super) keys: Keys,
    pub(super) salt: [u8; 32],
    pub(super) nonce: String,
    pub(super) catalog: Catalog,
    /// Products over which a plugin dies.
    pub(super) broken: BTreeSet<u64>,
    pub(super) coupons: Vec<Coupon>,
    pub(super) carts: HashMap<String, Cart>,
    pub(super) orders: BTreeMap<u64, Order>,
    pub(super) hooks: Hooks,
    pub(super) calls: Vec<String>,
    pub(super) checkouts: Vec<Timestamp>,
    /// Nonces of signed calls; each counts once.
    pub(super) nonces: BTreeSet<String>,
    /// A fee that a plugin puts on every cart: its name and what it is without tax.
    pub(super) fee: Option<(String, Micros)>,
    /// Customers with an account, by id, with their e-mail.
    pub(super) customers: Vec<(u64, String)>,
    /// What a cache in front of the shop has kept of a cart.
    pub(super) cached_cart: Option<super::wire::Answer>,
    /// WooCommerce's own version.
    pub(super) version: String,
    /// A zone whose shipping methods the owner has taken away.
    pub(super) bare_zone: Option<u64>,
    /// The address the shop gives itself, which need not be the one it is called by.
    pub(super) home: String,
    counters: Counters,
}

/// The API keys the shop issued.
#[derive(Clone)]
pub(super) struct Keys {
    /// Consumer key with read and write rights.
    pub(super) key: String,
    /// Its secret.
    pub(super) secret: String,
    /// Consumer key which may only read.
    pub(super) read_only_key: String,
    /// Its secret.
    pub(super) read_only_secret: String,
}

/// Row numbers of WordPress's tables.
struct Counters {
    post: u64,
    item: u64,
    meta: u64,
    note: u64,
}

impl Shop {
    /// An empty shop with the demo settings.
    pub(super) fn new(base: &str, now: crate::Now, seed: u64) -> Self {
        let mut chance = StdRng::seed_from_u64(seed);
        let keys = Keys {
            key: format!("ck_{}", hex(&mut chance, 40)),
            secret: format!("cs_{}", hex(&mut chance, 40)),
            read_only_key: format!("ck_{}", hex(&mut chance, 40)),
            read_only_secret: format!("cs_{}", hex(&mut chance, 40)),
        };
        let (salt, nonce) = (chance.random(), hex(&mut chance, 10));
        Self {
            base: base.trim_end_matches('/').to_owned(),
            now,
            chance,
            // San Francisco's rule, written out so that no zone database is needed.
            zone: TimeZone::posix("PST8PDT,M3.2.0,M11.1.0").unwrap_or(TimeZone::UTC),
            currency: "USD".to_owned(),
            decimals: 2,
            prices_include_tax: false,
            switches: BTreeSet::new(),
            keys,
            salt,
            nonce,
            catalog: Catalog::default(),
            broken: BTreeSet::new(),
            coupons: Vec::new(),
            carts: HashMap::new(),
            orders: BTreeMap::new(),
            hooks: Hooks::default(),
            calls: Vec::new(),
            checkouts: Vec::new(),
            nonces: BTreeSet::new(),
            fee: None,
            customers: vec![(71, "ada@example.com".to_owned())],
            cached_cart: None,
            version: "10.7.0".to_owned(),
            bare_zone: None,
            home: base.trim_end_matches('/').to_owned(),
            counters: Counters { post: 5000, item: 300, meta: 1000, note: 100 },
        }
    }

    /// The time in whole seconds, as the database keeps it.
    pub(super) fn now(&self) -> Timestamp {
        let now = (self.now)();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    /// The next post id: orders, refunds and products share one sequence.
    pub(super) fn next_post(&mut self) -> u64 {
        bump(&mut self.counters.post)
    }

    /// The next order item id.
    pub(super) fn next_item(&mut self) -> u64 {
        bump(&mut self.counters.item)
    }

    /// The next meta row id.
    pub(super) fn next_meta(&mut self) -> u64 {
        bump(&mut self.counters.meta)
    }

    /// The next order note id.
    pub(super) fn next_note(&mut self) -> u64 {
        bump(&mut self.counters.note)
    }

    /// Random hexadecimal digits.
    pub(super) fn hex(&mut self, digits: usize) -> String {
        hex(&mut self.chance, digits)
    }

    /// A key such as `wc_order_OwcdUsACsEZKy`.
    pub(super) fn order_key(&mut self) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let letter = |_| char::from(LETTERS[self.chance.random_range(0..LETTERS.len())]);
        format!("wc_order_{}", (0..13).map(letter).collect::<String>())
    }

    /// Whether a switch is on.
    pub(super) fn has(&self, switch: Switch) -> bool {
        self.switches.contains(&switch)
    }

    /// Turns a switch on or off.
    pub(super) fn switch(&mut self, switch: Switch, on: bool) {
        if on {
            self.switches.insert(switch);
        } else {
            self.switches.remove(&switch);
        }
    }

    /// Site-local time without a zone: `2026-11-23T10:03:46`.
    pub(super) fn local(&self, at: Timestamp) -> Value {
        json!(at.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string())
    }

    /// UTC without a zone, for the `_gmt` twins.
    pub(super) fn gmt(at: Timestamp) -> Value {
        json!(at.strftime("%Y-%m-%dT%H:%M:%S").to_string())
    }

    /// Writes `{name}` and `{name}_gmt` into an object; both null when there is no date.
    pub(super) fn put_date(&self, object: &mut Value, name: &str, at: Option<Timestamp>) {
        object[name] = at.map_or(Value::Null, |at| self.local(at));
        object[format!("{name}_gmt")] = at.map_or(Value::Null, Self::gmt);
    }

    /// Reads a date parameter: with a zone as is, else UTC or site-local.
    pub(super) fn read_date(&self, text: &str, gmt: bool) -> Option<Timestamp> {
        if let Ok(at) = text.parse() {
            return Some(at);
        }
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        let zone = if gmt { TimeZone::UTC } else { self.zone.clone() };
        Some(civil.to_zoned_datetime(zone).ok()?.timestamp())
    }

    /// The URL of a REST resource.
    pub(super) fn rest(&self, path: &str) -> String {
        format!("{}/wp-json/{path}", self.base)
    }

    /// The currency symbol, as plain text.
    pub(super) fn symbol(&self) -> &'static str {
        match self.currency.as_str() {
            "USD" => "$",
            "EUR" => "€",
            "GBP" => "£",
            "JPY" => "¥",
            "KWD" => "د.ك",
            _ => "¤",
        }
    }

    /// Minor units as the shop's "number of decimals" has them.
    pub(super) fn minor(&self, amount: Micros) -> Value {
        json!(decimal::minor(amount, self.decimals))
    }

    /// A decimal string with the shop's places.
    pub(super) fn fixed(&self, amount: Micros) -> Value {
        json!(decimal::fixed(amount, self.decimals))
    }

    /// Adds the seven currency members of the Store API to an object.
    pub(super) fn with_currency(&self, mut object: Value) -> Value {
        object["currency_code"] = json!(self.currency);
        object["currency_symbol"] = json!(self.symbol());
        object["currency_minor_unit"] = json!(self.decimals);
        object["currency_decimal_separator"] = json!(".");
        object["currency_thousand_separator"] = json!(",");
        object["currency_prefix"] = json!(self.symbol());
        object["currency_suffix"] = json!("");
        object
    }
}

fn bump(counter: &mut u64) -> u64 {
    *counter += 1;
    *counter
}

fn hex(chance: &mut StdRng, digits: usize) -> String {
    (0..digits).map(|_| char::from(b"0123456789abcdef"[chance.random_range(0..16)])).collect()
}
