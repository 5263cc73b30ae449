//! The contract that every connector keeps.

use async_trait::async_trait;
use commerce::{
    Connector, Destination, ItemId, Money, OrderId,
    contract::{Entry, Goods, Place, Stage as Contract, hold_to},
};

use crate::stage::{Stage, connector, san_francisco};

fn number(item: &ItemId) -> u64 {
    item.as_str().parse().unwrap()
}

#[async_trait]
impl Contract for Stage {
    fn connector(&self) -> &dyn Connector {
        &self.connector
    }

    fn another(&self) -> Box<dyn Connector> {
        Box::new(connector(&self.url, self.store.consumer_key(), self.store.consumer_secret()))
    }

    fn item(&self, goods: Goods) -> ItemId {
        ItemId::new(match goods {
            Goods::Plain => "20",
            Goods::Other => "26",
            Goods::Counted => "3495",
            Goods::Digital => "29",
            Goods::Unsellable => "40",
        })
    }

    fn destination(&self, place: Place) -> Destination {
        let mut destination = san_francisco();
        if place == Place::Unserved {
            let address = destination.address.as_mut().unwrap();
            (address.country, address.state) = ("NZ".to_owned(), "AUK".to_owned());
            "1010".clone_into(&mut address.postal_code);
        }
        destination
    }

    fn bad_destinations(&self) -> Vec<(Destination, &'static str)> {
        let bad = |part: &'static str| {
            let mut destination = san_francisco();
            let address = destination.address.as_mut().unwrap();
            match part {
                "country" => "XX".clone_into(&mut address.country),
                "state" => "ZZ".clone_into(&mut address.state),
                _ => "!".clone_into(&mut address.postal_code),
            }
            (destination, part)
        };
        ["country", "state", "postal_code"].map(bad).to_vec()
    }

    fn code(&self) -> String {
        "save10".to_owned()
    }

    async fn set_price(&self, item: &ItemId, minor: i64) {
        let decimal = format!("{}.{:02}", minor / 100, minor % 100);
        self.store.set_price(number(item), &decimal);
    }

    async fn set_stock(&self, item: &ItemId, units: i64) {
        self.store.set_stock(number(item), units);
    }

    async fn stock(&self, item: &ItemId) -> i64 {
        self.store.stock(number(item)).unwrap()
    }

    async fn set_currency(&self, code: &str) {
        let digits = commerce::Currency::from_code(code).unwrap().exponent().unwrap();
        self.store.set_currency(code, digits.into());
    }

    async fn split_packages(&self) -> bool {
        self.store.split_packages(true, false);
        true
    }

    async fn ledger(&self) -> Vec<Entry> {
        let entry = |order: serde_json::Value| {
            let currency = order["currency"].as_str().unwrap();
            let currency = commerce::Currency::from_code(currency).unwrap();
            Entry {
                id: OrderId::new(order["id"].to_string()),
                total: Money::parse_major(order["total"].as_str().unwrap(), currency).unwrap(),
                is_paid: !order["date_paid_gmt"].is_null(),
                is_canceled: order["status"] == "cancelled",
            }
        };
        self.store.orders().into_iter().map(entry).collect()
    }
}

#[tokio::test]
async fn every_case_holds() {
    let cases = hold_to(Stage::start).await;
    assert!(cases >= 24, "{cases}");
}

/// Where the store makes no order before it is placed, the contract is the same.
#[tokio::test]
async fn every_case_holds_with_orders_of_our_own() {
    hold_to(|| async {
        let stage = Stage::start().await;
        stage.store.defer_orders(true);
        stage
    })
    .await;
}

/// And where calls are signed, and a plugin and PHP spoil every answer.
#[tokio::test]
async fn every_case_holds_at_an_untidy_store() {
    hold_to(|| async {
        let stage = Stage::start().await;
        stage.store.plain_permalinks(true);
        stage.store.byte_order_mark(true);
        stage.store.php_notice_before_json(true);
        stage.store.speak_german(true);
        stage
    })
    .await;
}
