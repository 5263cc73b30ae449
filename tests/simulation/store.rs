//! The store, on either platform, in words that fit both.

use axum::Router;
use bytes::Bytes;
use clap::ValueEnum;
use emulators::{Now, shopify, woocommerce};
use http::Request;
use serde_json::Value;
use storebridge::config;

mod of_shopify;
mod of_woocommerce;

/// How many there are of what may sell out.
pub(crate) const SCARCE_UNITS: i64 = 2;

/// Which platform's store it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Platform {
    #[value(name = "woocommerce")]
    WooCommerce,
    Shopify,
}

/// An emulated store. Clones share the same store.
#[derive(Clone)]
pub(crate) enum Store {
    WooCommerce(woocommerce::Store),
    Shopify(shopify::Store),
}

/// What can be bought, by what it is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// There is enough of it, and its price may move.
    Plain,
    /// Some of it is left.
    Scarce,
    /// Another one.
    Other,
    /// A code takes away all of its price.
    Cheap,
    /// None is left.
    Gone,
}

/// How far an order, or a draft that is to become one, has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It may still change.
    Open,
    /// It waits for its money, or has it.
    Committed,
    /// Nobody can pay for it.
    Dead,
}

/// An order, or a draft that is to become one, as its store has it.
#[derive(Debug)]
pub(crate) struct Order {
    /// What the agent calls it once it is an order.
    pub(crate) id: String,
    pub(crate) stage: Stage,
    pub(crate) is_paid: bool,
    pub(crate) session: String,
    /// The payment that it is tied to; empty where there is none.
    pub(crate) tied: String,
    /// The payment that it names as the one that has paid it; empty where there is none.
    pub(crate) paid_by: String,
    /// In minor units.
    pub(crate) total: i64,
    /// What is booked as given back, in minor units.
    pub(crate) refunded: i64,
    /// How many refunds are booked.
    pub(crate) refunds: usize,
    /// Whether the store calls it refunded, booked or not.
    pub(crate) is_refunded: bool,
    /// How many of what may sell out are in it.
    pub(crate) scarce: i64,
    /// How many of those are off the shelf for it.
    pub(crate) held: i64,
    /// Whether the seller can read in it that there was not enough.
    pub(crate) says_oversold: bool,
    /// All of it, to be read.
    pub(crate) words: String,
}

/// What a call to the store is about to do to an order.
pub(crate) enum Step {
    /// Nobody can pay for it any more.
    End(Order),
    /// It is paid, by that payment; empty where it costs nothing.
    Pay(String),
}

impl Store {
    /// A store that sells each [`Item`].
    pub(crate) fn new(platform: Platform, url: &str, now: Now, seed: u64) -> Self {
        match platform {
            Platform::WooCommerce => Self::WooCommerce(of_woocommerce::open(url, now, seed)),
            Platform::Shopify => Self::Shopify(of_shopify::open(url, now, seed)),
        }
    }

    pub(crate) const fn platform(&self) -> Platform {
        match self {
            Self::WooCommerce(_) => Platform::WooCommerce,
            Self::Shopify(_) => Platform::Shopify,
        }
    }

    pub(crate) fn router(&self) -> Router {
        match self {
            Self::WooCommerce(store) => store.router(),
            Self::Shopify(store) => store.router(),
        }
    }

    /// Puts what opens this store into a configuration.
    pub(crate) fn unlock(&self, platform: &mut config::Platform) {
        match (self, platform) {
            (Self::WooCommerce(store), config::Platform::WooCommerce(platform)) => {
                of_woocommerce::unlock(store, platform);
            }
            (Self::Shopify(store), config::Platform::Shopify(platform)) => {
                of_shopify::unlock(store, platform);
            }
            _ => panic!("the configuration is another platform's"),
        }
    }

    /// What an agent asks for.
    pub(crate) fn item(&self, item: Item) -> String {
        match self {
            Self::WooCommerce(_) => of_woocommerce::item(item).to_string(),
            Self::Shopify(store) => of_shopify::item(store, item),
        }
    }

    /// [`Item::Plain`] becomes cheaper.
    pub(crate) fn lower_price(&self) {
        match self {
            Self::WooCommerce(store) => of_woocommerce::lower_price(store),
            Self::Shopify(store) => of_shopify::lower_price(store),
        }
    }

    /// Sells all that is left of [`Item::Scarce`]; says how many that were.
    pub(crate) fn sell_scarce(&self) -> i64 {
        match self {
            Self::WooCommerce(store) => of_woocommerce::sell_scarce(store),
            Self::Shopify(store) => of_shopify::sell_scarce(store),
        }
    }

    /// Whether orders are made when they are placed and not before, where a platform has the choice.
    pub(crate) fn defer_orders(&self, yes: bool) {
        match self {
            Self::WooCommerce(store) => store.defer_orders(yes),
            Self::Shopify(_) => {}
        }
    }

    /// Everything that agents have brought.
    pub(crate) fn orders(&self) -> Vec<Order> {
        match self {
            Self::WooCommerce(store) => of_woocommerce::orders(store),
            Self::Shopify(store) => of_shopify::orders(store),
        }
    }

    /// What a call is about to do, where that matters.
    pub(crate) fn step(&self, request: &Request<Bytes>) -> Option<Step> {
        let body = || serde_json::from_slice(request.body()).ok();
        match self {
            Self::WooCommerce(store) if request.method() == "PUT" => {
                of_woocommerce::step(store, request.uri().path(), &body()?)
            }
            Self::Shopify(store) if request.uri().path().ends_with("/graphql.json") => {
                of_shopify::step(store, &body()?)
            }
            _ => None,
        }
    }

    /// What the store says in place of a status; `None` where it says just that.
    pub(crate) fn refusal(&self, status: u16, request: &Request<Bytes>) -> Option<(u16, Value)> {
        let is_here = request.uri().path().ends_with("/graphql.json");
        match self {
            Self::Shopify(_) if is_here => of_shopify::refusal(status),
            _ => None,
        }
    }

    /// The seller books a refund, in minor units, which leaves the money where it is.
    pub(crate) async fn book(&self, order: &Order, amount: i64) {
        match self {
            Self::WooCommerce(store) => of_woocommerce::book(store, order, amount).await,
            Self::Shopify(store) => of_shopify::book(store, order, amount),
        }
    }
}

/// The value of the first entry of a list that has this key.
fn value_of(list: &Value, key: &str) -> Option<String> {
    let found = list.as_array()?.iter().find(|entry| entry["key"] == key)?;
    found["value"].as_str().map(str::to_owned)
}
