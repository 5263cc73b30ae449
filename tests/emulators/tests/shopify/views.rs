//! Everything the shop shows, held against the schema: types, enumerations, what must not be null.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use serde_json::{Value, json};

use crate::bench::{Bench, ada};

/// All fields of a type that need no arguments, two levels deep.
fn everything(schema: &Schema, ty: &str, depth: usize) -> String {
    let fields = match schema.types.get(ty) {
        Some(ExtendedType::Object(object)) => &object.fields,
        Some(ExtendedType::Interface(interface)) => &interface.fields,
        _ => return "__typename".to_owned(),
    };
    let mut parts = vec!["__typename".to_owned()];
    for (name, field) in fields {
        let gone = field.directives.has("deprecated");
        if gone || field.arguments.iter().any(|argument| argument.is_required()) {
            continue;
        }
        let inner = field.ty.inner_named_type().as_str();
        let leaf = matches!(
            schema.types.get(inner),
            Some(ExtendedType::Scalar(_) | ExtendedType::Enum(_))
        );
        if leaf {
            parts.push(name.to_string());
        } else if inner.ends_with("Connection") && depth > 0 {
            parts.push(format!(
                "{name}(first: 1) {{ nodes {{ __typename }} pageInfo {{ hasNextPage }} }}"
            ));
        } else if depth > 0 {
            parts.push(format!("{name} {{ {} }}", everything(schema, inner, depth - 1)));
        }
    }
    parts.join(" ")
}

#[tokio::test]
async fn what_is_shown_fits_the_schema() {
    let bench = Bench::new();
    let text = {
        use std::io::Read;
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/shopify");
        let packed = std::fs::read(folder.join("admin_2026-10.graphql.gz")).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
        text
    };
    let schema = Schema::parse(text, "admin_2026-10.graphql").unwrap();
    let rows = [("TEE-RED-S", 2), ("GUIDE-PDF", 1)];
    let rate = bench.rate(&rows, ada()).await;
    let more = json!({
        "shippingAddress": ada(), "billingAddress": ada(), "discountCodes": ["SAVE10", "NOPE"],
        "shippingLine": { "shippingRateHandle": rate["handle"] },
    });
    let draft = bench.draft(&rows, more.clone()).await;
    let order = bench.order(&rows, more).await;
    bench.store.fulfill(&order, Some(("UPS", "1Z", "https://example.com/1Z")));
    let tee = bench.sku("TEE-RED-S");
    let product = bench.store.product_of(&tee).unwrap();
    let mut unknown = BTreeSet::new();
    for (root, ty, id) in [
        ("draftOrder", "DraftOrder", draft),
        ("order", "Order", order),
        ("product", "Product", product),
        ("productVariant", "ProductVariant", tee),
        ("publication", "Publication", bench.store.publication("Online Store").unwrap()),
    ] {
        bench.wait(60);
        let query =
            format!("query A($id: ID!) {{ {root}(id: $id) {{ {} }} }}", everything(&schema, ty, 1));
        let answer = bench.ask(&query, json!({ "id": id })).await;
        for error in answer["errors"].as_array().into_iter().flatten() {
            let message = error["message"].as_str().unwrap();
            let code = error["extensions"]["code"].as_str().unwrap();
            let what = message
                .strip_prefix("The emulator does not know ")
                .and_then(|m| m.split(';').next());
            let what = what.unwrap_or_default();
            // A field that is missing is loud wherever it is asked for; anything else is a mistake.
            let field = what.split_once('.').is_some_and(|(ty, _)| schema.types.contains_key(ty));
            assert!(field || code == "ACCESS_DENIED", "{ty}: {error}");
            unknown.insert(what.to_owned());
        }
    }
    unknown.remove("");
    let words = format!("{} fields are not emulated: {unknown:?}\n", unknown.len());
    std::io::stderr().write_all(words.as_bytes()).unwrap();
}

#[tokio::test]
async fn zones_show_whether_anything_is_sent_there() {
    let bench = Bench::new();
    bench.store.drop_rates("JP");
    let query = "{ deliveryProfiles(first: 5) { nodes { name activeMethodDefinitionsCount profileLocationGroups { locationGroupZones(first: 20) { nodes { zone { name countries { code { countryCode restOfWorld } } } methodDefinitionCounts { participantDefinitionsCount rateDefinitionsCount } } } } } } publications(first: 5) { nodes { id catalog { title } } } shop { shopAddress { countryCodeV2 } } }";
    let data = bench.data(query, json!({})).await;
    let zones = &data["deliveryProfiles"]["nodes"][0]["profileLocationGroups"][0]["locationGroupZones"]
        ["nodes"];
    let rates: Vec<&Value> = zones
        .as_array()
        .unwrap()
        .iter()
        .map(|zone| &zone["methodDefinitionCounts"]["rateDefinitionsCount"])
        .collect();
    assert_eq!(rates, [3, 1, 1, 0]);
    assert_eq!(data["publications"]["nodes"][0]["catalog"]["title"], "Online Store");
    assert_eq!(data["shop"]["shopAddress"]["countryCodeV2"], "US");
    bench.store.grant_scopes(&["read_products", "read_publications"]);
    let denied = bench.ask(query, json!({})).await;
    assert_eq!(denied["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
}

#[tokio::test]
async fn what_stands_behind_an_interface_needs_its_own_scope() {
    let bench = Bench::new();
    let red = bench.store.add_metaobject("shopify--color-pattern", "Dark red");
    let query = "query N($ids: [ID!]!) { nodes(ids: $ids) { id ... on Metaobject { displayName handle } } }";
    let ids = json!({ "ids": [red, bench.sku("BEANIE-1")] });
    let denied = bench.ask(query, ids.clone()).await;
    assert_eq!(denied["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
    assert_eq!(denied["data"]["nodes"][0], Value::Null);
    assert!(denied["data"]["nodes"][1]["id"].is_string(), "the other one stands");
    bench.store.grant_scopes(&["read_metaobjects", "read_products"]);
    let named = bench.data(query, ids).await;
    assert_eq!(named["nodes"][0]["displayName"], "Dark red");
}
