//! The contract that every connector keeps.

use async_trait::async_trait;
use commerce::{
    Connector, Destination, ItemId, Money, OrderId,
    contract::{Entry, Goods, Place, Stage as Contract, hold_to},
};
use jiff::SignedDuration;
use serde_json::Value;

use crate::stage::{Stage, connector, granted, san_francisco};

fn gid(item: &ItemId) -> String {
    format!("gid://shopify/ProductVariant/{item}")
}

fn tail(gid: &Value) -> &str {
    gid.as_str().unwrap().rsplit('/').next().unwrap()
}

/// What the shop's books say of an order, or of a draft that is none yet.
fn entry(row: &Value, id: String) -> Entry {
    let currency = commerce::Currency::from_code(row["currency"].as_str().unwrap()).unwrap();
    let tags = row["tags"].as_array().unwrap();
    Entry {
        id: OrderId::new(id),
        total: Money::new(row["total"].as_i64().unwrap(), currency),
        is_paid: row["paid"].as_bool().unwrap_or(false),
        is_canceled: row["cancelled"].is_string() || tags.iter().any(|tag| tag == "acp-canceled"),
    }
}

#[async_trait]
impl Contract for Stage {
    fn connector(&self) -> &dyn Connector {
        &self.connector
    }

    fn another(&self) -> Box<dyn Connector> {
        Box::new(connector(&self.url, granted(&self.store)))
    }

    fn item(&self, goods: Goods) -> ItemId {
        Stage::item(
            self,
            match goods {
                Goods::Plain => "BEANIE-1",
                Goods::Other => "OIL-500",
                Goods::Counted => "LAST-1",
                Goods::Digital => "GUIDE-PDF",
                Goods::Unsellable => "COFFEE-SUB",
            },
        )
    }

    fn destination(&self, place: Place) -> Destination {
        let mut destination = san_francisco();
        if place == Place::Unserved {
            let address = destination.address.as_mut().unwrap();
            (address.country, address.state) = ("FR".to_owned(), String::new());
            "75001".clone_into(&mut address.postal_code);
        }
        destination
    }

    /// Shopify itself refuses none; a state that it does not know is one where nothing is offered.
    fn bad_destinations(&self) -> Vec<(Destination, &'static str)> {
        let bad = |part: &'static str| {
            let mut destination = san_francisco();
            let address = destination.address.as_mut().unwrap();
            match part {
                "country" => "XX".clone_into(&mut address.country),
                _ => "ZZ".clone_into(&mut address.state),
            }
            (destination, part)
        };
        ["country", "state"].map(bad).to_vec()
    }

    fn code(&self) -> String {
        "SAVE10".to_owned()
    }

    async fn set_price(&self, item: &ItemId, minor: i64) {
        self.store.set_price(&gid(item), minor);
    }

    async fn set_stock(&self, item: &ItemId, units: i64) {
        self.store.set_stock(&gid(item), units);
    }

    async fn stock(&self, item: &ItemId) -> i64 {
        self.store.stock(&gid(item)).unwrap()
    }

    async fn set_currency(&self, code: &str) {
        self.store.set_currency(code);
    }

    /// A draft is shipped in one package.
    async fn split_packages(&self) -> bool {
        false
    }

    async fn ledger(&self) -> Vec<Entry> {
        let books = self.store.ledger();
        let orders = books["orders"].as_array().unwrap().iter();
        let drafts = books["drafts"].as_array().unwrap().iter();
        orders
            .map(|order| entry(order, tail(&order["id"]).to_owned()))
            .chain(drafts.map(|draft| entry(draft, format!("D{}", tail(&draft["id"])))))
            .collect()
    }
}

/// A shop whose search knows everything at once, and whose beanie costs 18.00.
async fn start() -> Stage {
    let stage = Stage::start().await;
    stage.store.set_search_lag(SignedDuration::ZERO);
    stage.store.set_price(&gid(&stage.item("BEANIE-1")), 1_800);
    stage
}

#[tokio::test]
async fn every_case_holds() {
    let cases = hold_to(start).await;
    assert!(cases >= 24, "{cases}");
}
