//! A feed that takes changes in is the feed that would be built of what there is now.

use commerce::{ItemId, Product, ProductId, ProductKind, Variant};
use feed::{Feed, Format, Packing, Profile, Segment, ShardMax, Writer, order, shard_of};
use proptest::prelude::*;

use crate::catalog::{plan, usd};

fn product(id: u32, price: i64) -> Product {
    let variant = Variant {
        url: format!("https://shop.example/{id}"),
        ..Variant::new(ItemId::new(id.to_string()), format!("Thing {id}"), usd(price))
    };
    Product {
        images: vec![commerce::Image::new("https://cdn.example/1.jpg")],
        brand: Some("Halyard".to_owned()),
        variants: vec![variant],
        ..Product::new(ProductId::new(id.to_string()), ProductKind::Simple, format!("Thing {id}"))
    }
}

fn bytes(feed: &Feed) -> Vec<u8> {
    feed.pieces().flatten().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_is_built_anew(
        first in proptest::collection::btree_map(1..400_u32, 1..9_000_i64, 0..200),
        change in proptest::collection::btree_map(1..450_u32, proptest::option::of(1..9_000_i64), 0..40),
        format in prop_oneof![Just(Format::Json), Just(Format::Jsonl), Just(Format::Csv), Just(Format::Xml)],
        packing in prop_oneof![Just(Packing::None), Just(Packing::Gzip), Just(Packing::Zstd)],
    ) {
        let writer = Writer::new(plan(), Profile::OpenAi, format).unwrap();
        let segment = |(id, price): (&u32, &i64)| writer.segment(&product(*id, *price));
        let mut feed = Feed::build(&writer, packing, first.iter().map(segment));
        let changes = change.iter().map(|(id, price)| {
            let segment = price.map(|price| writer.segment(&product(*id, price)));
            (ProductId::new(id.to_string()), segment)
        });
        feed.update(changes.collect());

        let mut now = first.clone();
        for (id, price) in change {
            match price {
                Some(price) => now.insert(id, price),
                None => now.remove(&id),
            };
        }
        let anew = Feed::build(&writer, packing, now.iter().map(segment));
        prop_assert_eq!(bytes(&feed), bytes(&anew));
        prop_assert_eq!(feed.digest(), anew.digest());
        prop_assert_eq!(feed.rows(), now.len() as u64);
        prop_assert_eq!(feed.length(), bytes(&feed).len() as u64);
        // Out of order it is the same feed.
        let backwards = Feed::build(&writer, packing, now.iter().rev().map(segment));
        prop_assert_eq!(bytes(&feed), bytes(&backwards));
    }
}

#[test]
fn a_change_packs_its_own_block_only() {
    let writer = Writer::new(plan(), Profile::OpenAi, Format::Jsonl).unwrap();
    let segments = (1..=2_000).map(|id| writer.segment(&product(id, 100)));
    let mut feed = Feed::build(&writer, Packing::Gzip, segments);
    assert!(feed.block_count() > 100, "{}", feed.block_count());
    let change = |price| vec![(ProductId::new("77"), Some(writer.segment(&product(77, price))))];
    assert_eq!(feed.update(change(100)), 0, "nothing has changed");
    assert_eq!(feed.update(change(101)), 1);
    assert_eq!(feed.update(vec![(ProductId::new("9999"), None)]), 0, "it was never there");
}

#[test]
fn products_stand_in_the_order_of_their_numbers() {
    let mut ids = ["b", "10", "9", "a", "010", "1"].map(ProductId::new);
    ids.sort_by(order);
    assert_eq!(ids.map(|id| id.to_string()), ["1", "9", "010", "10", "a", "b"]);
}

#[test]
fn shards_are_as_many_as_needed_and_stable() {
    let ids: Vec<ProductId> = (0..1_000_u32).map(|id| ProductId::new(id.to_string())).collect();
    let writer = Writer::new(plan(), Profile::OpenAi, Format::Jsonl).unwrap();
    let of = |rows, bytes| {
        let segments = ids.iter().map(|product| Segment {
            product: product.clone(),
            bytes: vec![b'x'; bytes],
            rows,
            left_out: Vec::new(),
        });
        let feed = Feed::build(&writer, Packing::None, segments);
        feed.count_shards(ShardMax { rows: 500_000, bytes: 50_000 })
    };
    assert_eq!(of(1, 50), 1);
    // 1.2 million rows, and hashes do not fill shards evenly.
    assert!((3..=4).contains(&of(1_200, 50)), "{}", of(1_200, 50));
    assert!((2..=3).contains(&of(1, 90)), "{}", of(1, 90));
    // What a product's shard is may never change: files would swap their rows.
    let shards = ["1", "4711", "gid://1"].map(|id| shard_of(&ProductId::new(id), 7));
    assert_eq!(shards, [6, 2, 5]);
}

#[test]
fn a_segment_without_rows_is_no_product() {
    let writer = Writer::new(plan(), Profile::OpenAi, Format::Json).unwrap();
    let empty =
        Segment { product: ProductId::new("1"), bytes: Vec::new(), rows: 0, left_out: Vec::new() };
    let feed = Feed::build(&writer, Packing::None, [empty]);
    assert_eq!(bytes(&feed), b"[\n\n]\n");
}
