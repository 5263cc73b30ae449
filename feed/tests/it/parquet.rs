//! Feeds column by column, read back by the library that other readers use.

use ::parquet::{
    file::{
        metadata::RowGroupMetaData,
        reader::{FileReader, SerializedFileReader},
    },
    record::Field,
};
use bytes::Bytes;
use feed::{Content, Format, Line, PROFILES, Packing, Profile, parse_suffix, suffix, to_parquet};

use crate::golden::whole;

fn columnar(profile: Profile) -> Bytes {
    to_parquet([Bytes::from(whole(profile, Format::Csv, Packing::Parquet))].into_iter())
}

/// Header and rows of a comma-separated feed.
fn cells(csv: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv);
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn parquet_has_the_cells_of_the_feed_and_nothing_where_they_are_empty() {
    for profile in PROFILES.into_iter().filter(|profile| profile.takes(Format::Csv)) {
        let expected = cells(&whole(profile, Format::Csv, Packing::None));
        let reader = SerializedFileReader::new(columnar(profile)).unwrap();
        let schema = reader.metadata().file_metadata().schema().get_fields().to_vec();
        let names: Vec<&str> = schema.iter().map(|column| column.name()).collect();
        assert_eq!(names, expected[0], "{profile}");
        assert!(schema.iter().all(|column| column.is_optional()));
        let rows = reader.get_row_iter(None).unwrap().map(|row| {
            let row = row.unwrap();
            let cells = row.get_column_iter().map(|(_, field)| match field {
                Field::Null => String::new(),
                Field::Str(text) if !text.is_empty() => text.clone(),
                other => panic!("{profile}: {other:?}"),
            });
            cells.collect::<Vec<_>>()
        });
        assert_eq!(rows.collect::<Vec<_>>(), expected[1..], "{profile}");
    }
}

#[test]
fn parquet_of_the_same_rows_is_the_same_bytes() {
    assert_eq!(columnar(Profile::OpenAi), columnar(Profile::OpenAi));
    assert_ne!(columnar(Profile::OpenAi), columnar(Profile::OpenAiExtended));
}

#[test]
fn parquet_is_validated_as_what_is_in_it() {
    let bytes = columnar(Profile::OpenAi);
    let content = Content::open(&bytes).unwrap();
    assert_eq!((content.format, content.packing), (Format::Csv, Packing::Parquet));
    let report = feed::validate(&bytes, Profile::OpenAi);
    let plain =
        feed::validate(&whole(Profile::OpenAi, Format::Csv, Packing::None), Profile::OpenAi);
    assert_eq!(report.summary, plain.summary);
    assert_eq!(report.rules, plain.rules);
    let broken = feed::validate(&[&bytes[..bytes.len() / 2], b"PAR1"].concat(), Profile::OpenAi);
    assert!(broken.rules.contains_key("F07"), "{broken}");
}

#[test]
fn parquet_comes_in_groups_of_rows() {
    let csv = Bytes::from(format!("item_id,title\n{}", "1,\n".repeat(10_001)));
    let bytes = to_parquet([csv].into_iter());
    let reader = SerializedFileReader::new(bytes.clone()).unwrap();
    let groups = reader.metadata().row_groups();
    let sizes: Vec<i64> = groups.iter().map(RowGroupMetaData::num_rows).collect();
    assert_eq!(sizes, [10_000, 1]);
    let mut read = 0;
    Content::open(&bytes)
        .unwrap()
        .lines(&mut |line| read += u32::from(matches!(line, Line::Row(..))));
    assert_eq!(read, 10_001);
    let empty = to_parquet([Bytes::from_static(b"item_id,title\n")].into_iter());
    assert_eq!(SerializedFileReader::new(empty).unwrap().metadata().num_row_groups(), 0);
}

#[test]
fn parquet_is_a_name_of_its_own() {
    assert_eq!(parse_suffix("parquet").unwrap(), (Format::Csv, Packing::Parquet));
    assert_eq!(suffix(Format::Csv, Packing::Parquet), "parquet");
    assert!(parse_suffix("jsonl.parquet").is_err() && parse_suffix("parquet.gz").is_err());
}
