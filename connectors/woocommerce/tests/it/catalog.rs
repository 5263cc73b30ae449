//! Every kind of product, page by page.

use commerce::{Availability, Connector, Exclusion, Product, ProductKind};
use emulators::faults::Fault;

use crate::stage::Stage;

async fn all(stage: &Stage) -> Vec<Product> {
    let (mut products, mut from) = (Vec::new(), None);
    loop {
        let page = stage.connector.products(from.as_ref()).await.unwrap();
        products.extend(page.products);
        from = page.next;
        if from.is_none() {
            return products;
        }
    }
}

fn product<'a>(products: &'a [Product], id: &str) -> &'a Product {
    products.iter().find(|product| product.id.as_str() == id).unwrap()
}

#[tokio::test]
async fn every_kind_is_read() {
    let stage = Stage::start().await;
    let products = all(&stage).await;

    let beanie = product(&products, "21");
    assert_eq!((beanie.kind, beanie.exclusion), (ProductKind::Simple, None));
    assert_eq!(beanie.variants[0].price.minor(), 2000);
    assert_eq!(beanie.variants[0].sale_price.unwrap().minor(), 1800);

    let hoodie = product(&products, "18");
    assert_eq!(hoodie.kind, ProductKind::Variable);
    assert!(hoodie.variants.len() > 2);
    assert!(hoodie.variants.iter().all(|variant| variant.title.starts_with("Hoodie - ")));

    let open = products
        .iter()
        .flat_map(|product| &product.variants)
        .find(|variant| variant.options.iter().any(|choice| choice.value.is_none()));
    assert!(open.is_some(), "a value left open is asked for, not guessed");

    assert_eq!(product(&products, "40").exclusion, Some(Exclusion::External));
    assert_eq!(product(&products, "39").exclusion, Some(Exclusion::Grouped));
    assert_eq!(product(&products, "3503").exclusion, Some(Exclusion::Hidden));
    let available = |id| product(&products, id).variants[0].availability;
    assert_eq!(available("3501"), Availability::OutOfStock);
    assert_eq!(available("3502"), Availability::Backorder);
    assert!(product(&products, "29").variants[0].is_digital);
    assert!(product(&products, "99").variants[0].gtin.is_some());
    assert!(product(&products, "99").brand.is_some());
    assert!(!product(&products, "3739").title.contains("&amp;"), "plain text");
}

#[tokio::test]
async fn a_store_that_fails_is_an_error_and_no_empty_catalog() {
    let stage = Stage::start().await;
    stage.faults.always("GET", "/wp-json/wc/v3/products", Fault::Status(500));
    assert!(stage.connector.products(None).await.is_err());
}

#[tokio::test]
async fn php_noise_before_json_is_passed_over() {
    let stage = Stage::start().await;
    stage.store.php_notice_before_json(true);
    assert!(!all(&stage).await.is_empty());
    stage.ready("20", 1).await;
}

/// One listing of all variations, or one for each product where the store is older: the same
/// catalog, and far fewer calls.
#[tokio::test]
async fn variations_are_listed_at_once_where_that_is_possible() {
    let stage = Stage::start().await;
    let calls = |stage: &Stage| {
        let all = stage.store.calls();
        all.iter().filter(|call| call.contains("/variations") && call.contains("200")).count()
    };
    let listed = all(&stage).await;
    let at_once = calls(&stage);
    assert_eq!(at_once, 1);
    stage.store.variations_route(false);
    let again = all(&stage).await;
    assert_eq!(listed, again);
    assert!(calls(&stage) > at_once + 1, "{}", calls(&stage));
}

/// What is not in a product's own answer: what buyers wrote, how they can fetch it, who sells.
#[tokio::test]
async fn reviews_and_the_storefront_are_read_beside_the_products() {
    let stage = Stage::start().await;
    let page = stage.connector.products(None).await.unwrap();
    let jacket = page.products.iter().find(|product| product.id.as_str() == "99").unwrap();
    let told: Vec<_> = jacket.reviews.iter().map(|one| (one.rating, one.text.as_str())).collect();
    assert_eq!(told, [(Some(5), "Kept me dry all week."), (Some(4), "A little long in the arms.")]);
    assert_eq!(jacket.rating.unwrap().mean.to_string(), "4.50");
    let others = page.products.iter().filter(|product| product.id.as_str() != "99");
    assert!(others.into_iter().all(|product| product.reviews.is_empty()));
    let calls = stage.store.calls();
    let asked: Vec<_> = calls.iter().filter(|call| call.contains("/products/reviews")).collect();
    assert_eq!(asked.len(), 1, "one call for a page of products: {asked:?}");
    assert!(asked[0].contains("_fields=product_id,review,rating"), "and no names: {asked:?}");

    let storefront = stage.connector.storefront().await.unwrap();
    assert_eq!(storefront.name.as_deref(), Some("Storefront"));
    assert_eq!(storefront.pickup.unwrap().method, commerce::PickupMethod::InStore);
}
