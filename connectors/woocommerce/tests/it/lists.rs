//! Lists that change while they are read, and stores that count wrongly.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use bytes::Bytes;
use commerce::{Connector, ConnectorError, Product};
use http::{Request, Response};
use serde_json::{Value, json};
use upstream::{Transport, TransportError};
use woocommerce::WooCommerce;

use crate::stage::{Stage, connector_over};

/// A store that has nothing but lists, and does what its listing hook says.
struct Paper {
    ids: Mutex<Vec<u64>>,
    /// Called at every listing with its number and the ids.
    at_listing: fn(usize, &mut Vec<u64>),
    /// What it says of its length.
    total: fn(usize) -> Option<String>,
    /// Whether a product of this id can be loaded at all.
    loads: fn(u64) -> bool,
    knows_offsets: bool,
    listings: AtomicUsize,
    under_way: AtomicUsize,
    under_way_max: AtomicUsize,
}

impl Paper {
    fn of(ids: impl IntoIterator<Item = u64>) -> Self {
        Self {
            ids: Mutex::new(ids.into_iter().collect()),
            at_listing: |_, _| {},
            total: |length| Some(length.to_string()),
            loads: |_| true,
            knows_offsets: true,
            listings: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            under_way_max: AtomicUsize::new(0),
        }
    }

    fn list(&self, query: &BTreeMap<String, String>) -> (Vec<Value>, Option<String>) {
        let number = |name: &str| query.get(name).map_or(0, |text| text.parse().unwrap());
        let mut ids = self.ids.lock().unwrap();
        (self.at_listing)(self.listings.fetch_add(1, Ordering::SeqCst), &mut ids);
        assert_eq!(query["orderby"].as_str(), "id", "a list in another order drifts");
        let offset = if self.knows_offsets { number("offset") } else { 0 };
        let shown = ids.iter().skip(offset).take(number("per_page"));
        let shown = shown.filter(|id| (self.loads)(**id)).map(|id| {
            json!({"id": id, "name": format!("Thing {id}"), "type": "simple", "price": "1",
                "status": "publish", "stock_status": "instock"})
        });
        (shown.collect(), (self.total)(ids.len()))
    }
}

#[async_trait]
impl Transport for Paper {
    async fn send(
        &self,
        request: Request<Bytes>,
        _: usize,
    ) -> Result<Response<Bytes>, TransportError> {
        let now = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.under_way_max.fetch_max(now, Ordering::SeqCst);
        tokio::task::yield_now().await;
        let query = request.uri().query().unwrap_or_default();
        let query: BTreeMap<String, String> =
            url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let (body, total) = match request.uri().path() {
            "/wp-json/wc/v3/products" => {
                let (shown, total) = self.list(&query);
                (Value::from(shown), total)
            }
            "/wp-json/wc/v3/data/currencies/current" => (json!({"code": "USD"}), None),
            _ => (json!([]), None),
        };
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        let mut answer = Response::builder();
        if let Some(total) = total {
            answer = answer.header("x-wp-total", total).header("x-wp-totalpages", "1");
        }
        Ok(answer.body(body.to_string().into()).unwrap())
    }
}

async fn read(connector: &WooCommerce) -> Vec<u64> {
    let (mut ids, mut from) = (Vec::new(), None);
    for _ in 0..1_000 {
        let page = connector.products(from.as_ref()).await.unwrap();
        ids.extend(page.products.iter().map(id));
        from = page.next;
        if from.is_none() {
            return ids;
        }
    }
    panic!("a reading without end");
}

fn id(product: &Product) -> u64 {
    product.id.as_str().parse().unwrap()
}

#[tokio::test]
async fn nothing_is_passed_over_while_others_go() {
    // At every listing the first three go, so all others move up.
    let mut paper = Paper::of(1..=1_000);
    paper.at_listing = |_, ids| {
        ids.drain(..3);
    };
    let paper = Arc::new(paper);
    let network: Arc<dyn Transport> = Arc::clone(&paper) as _;
    let read = read(&connector_over(network)).await;
    let left = paper.ids.lock().unwrap().clone();
    assert!(left.len() < 1_000);
    assert!(left.iter().all(|id| read.contains(id)), "{} of {}", read.len(), left.len());
    assert!(read.is_sorted_by(|one, next| one < next), "and none is read twice");
}

#[tokio::test]
async fn what_comes_while_the_list_is_read_is_read_too() {
    let mut paper = Paper::of((1..=500).map(|n| n * 2));
    paper.at_listing = |nth, ids| ids.push(2_000 + u64::try_from(nth).unwrap());
    let read = read(&connector_over(Arc::new(paper))).await;
    assert!((1..=500).all(|n| read.contains(&(n * 2))));
    assert!(read.len() > 500, "{}", read.len());
}

#[tokio::test]
async fn a_length_that_is_wrong_is_passed_over() {
    let totals: [fn(usize) -> Option<String>; 5] = [
        |_| None,
        |_| Some("0".to_owned()),
        |_| Some("3".to_owned()),
        |_| Some("many".to_owned()),
        |length| Some((length * 1_000).to_string()),
    ];
    for total in totals {
        for count in [0, 1, 99, 100, 101, 199, 250] {
            let mut paper = Paper::of(1..=count);
            paper.total = total;
            let read = read(&connector_over(Arc::new(paper))).await;
            assert_eq!(read, (1..=count).collect::<Vec<_>>(), "{:?}", total(250));
        }
    }
}

#[tokio::test]
async fn pages_with_gaps_are_no_end() {
    // The store leaves out what it cannot load; a page of 100 may show 30.
    let mut paper = Paper::of(1..=1_000);
    paper.loads = |id| id % 100 > 70 || id > 990;
    let read = read(&connector_over(Arc::new(paper))).await;
    let wanted: Vec<u64> = (1..=1_000).filter(|id| id % 100 > 70 || *id > 990).collect();
    assert_eq!(read, wanted);
}

#[tokio::test]
async fn the_same_page_again_is_no_end() {
    let mut paper = Paper::of(1..=1_000);
    paper.knows_offsets = false;
    let connector = connector_over(Arc::new(paper));
    let page = connector.products(None).await.unwrap();
    let again = connector.products(page.next.as_ref()).await;
    assert!(matches!(again, Err(ConnectorError::Unreadable { .. })), "{again:?}");
}

#[tokio::test]
async fn so_many_calls_at_once_and_no_more() {
    let paper = Arc::new(Paper::of(1..=2_000));
    let network: Arc<dyn Transport> = Arc::clone(&paper) as _;
    assert_eq!(read(&connector_over(network)).await.len(), 2_000);
    assert_eq!(paper.under_way_max.load(Ordering::SeqCst), 2);
    assert!(paper.listings.load(Ordering::SeqCst) <= 22, "{:?}", paper.listings);
}

#[tokio::test]
async fn a_product_that_kills_the_page_hides_only_itself() {
    let stage = Stage::start().await;
    let first = stage.store.add_products(250);
    stage.store.break_product(first + 120);
    let read = read(&stage.connector).await;
    assert!(!read.contains(&(first + 120)));
    let others = (first..first + 250).filter(|id| *id != first + 120);
    assert_eq!(others.filter(|id| !read.contains(id)).count(), 0);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_no_empty_list() {
    let stage = Stage::start().await;
    let first = stage.store.add_products(250);
    for id in first..first + 20 {
        stage.store.break_product(id);
    }
    assert!(stage.connector.products(None).await.is_err(), "twenty are no accident");
}

#[tokio::test]
async fn a_reading_goes_on_where_it_broke() {
    let stage = Stage::start().await;
    stage.store.add_products(300);
    let page = stage.connector.products(None).await.unwrap();
    let cursor = page.next.expect("there is more");
    stage.faults.always("GET", "/wp-json/wc/v3/products", emulators::faults::Fault::Status(503));
    let error = stage.connector.products(Some(&cursor)).await.unwrap_err();
    assert!(matches!(error, ConnectorError::Unavailable { .. }), "{error:?}");
    stage.faults.clear();
    let next = stage.connector.products(Some(&cursor)).await.unwrap();
    let last = id(page.products.last().unwrap());
    assert!(next.products.iter().all(|product| id(product) > last));
    assert!(!next.products.is_empty());
}

#[tokio::test]
async fn what_is_gone_is_missing_from_the_list_of_ids() {
    let stage = Stage::start().await;
    let listed = |stage: &Stage| {
        let connector = Arc::new(connector(stage));
        async move {
            let (mut all, mut from) = (BTreeMap::new(), None);
            loop {
                let page = connector.listing(from.as_ref()).await.unwrap().unwrap();
                all.extend(page.listed.into_iter().map(|one| (one.product, one.variants)));
                from = page.next;
                if from.is_none() {
                    return all;
                }
            }
        }
    };
    stage.store.add_products(150);
    let before = listed(&stage).await;
    stage.store.delete(20);
    stage.store.delete(35);
    let after = listed(&stage).await;
    let hoodie = commerce::ProductId::new("18");
    assert_eq!(before.len(), after.len() + 1);
    assert_eq!(before[&hoodie].len(), after[&hoodie].len() + 1, "a variation is gone");
    let calls = stage.store.calls();
    assert!(calls.iter().all(|call| call.contains("_fields=id,variations")), "{calls:?}");
}

fn connector(stage: &Stage) -> WooCommerce {
    crate::stage::connector(&stage.url, stage.store.consumer_key(), stage.store.consumer_secret())
}

#[tokio::test]
async fn a_changed_variation_brings_its_whole_product() {
    let stage = Stage::start().await;
    let since = (emulators::system_clock())() - jiff::SignedDuration::from_secs(5);
    stage.store.set_price(35, "47");
    let changed = stage.connector.changes(since, None).await.unwrap();
    let products: Vec<u64> = changed.products.iter().map(id).collect();
    assert_eq!(products, [18]);
    assert_eq!(changed.products[0].variants.len(), 4);
    assert!(changed.next.is_none());
    let by_variation = stage.connector.product(&commerce::ProductId::new("35")).await.unwrap();
    assert_eq!(by_variation.unwrap(), changed.products[0]);
}

#[tokio::test]
async fn units_paths_and_the_storefront_are_read_from_the_settings() {
    let stage = Stage::start().await;
    stage.store.set_prices_include_tax(true);
    let page = stage.connector.products(None).await.unwrap();
    let hoodie = page.products.iter().find(|product| id(product) == 18).unwrap();
    assert_eq!(hoodie.categories[0].path, ["Clothing", "Hoodies"]);
    assert_eq!(hoodie.details.weight.unwrap().unit, commerce::WeightUnit::Pound);
    assert_eq!(hoodie.details.dimensions.unwrap().unit, commerce::LengthUnit::Inch);
    let storefront = stage.connector.storefront().await.unwrap();
    assert_eq!(storefront.country.as_deref(), Some("US"));
    assert_eq!(storefront.prices_include_tax, Some(true));
}
