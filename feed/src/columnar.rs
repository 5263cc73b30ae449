//! Feeds as Parquet (feature `parquet`): the cells of a comma-separated feed, column by column.
//!
//! Every column is an optional text with what the cell would hold; an empty cell is no value. Rows
//! stand in groups, so that a reader needs little memory, and the same rows are the same bytes.

use std::{io, sync::Arc};

use bytes::Bytes;
use parquet::{
    basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel},
    data_type::{ByteArray, ByteArrayType},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        reader::{FileReader, SerializedFileReader},
        writer::SerializedFileWriter,
    },
    record::Field,
    schema::types::Type,
};

/// A group has at most so many rows.
const GROUP_ROWS: usize = 10_000;
/// What such a file begins and ends with.
pub(crate) const MAGIC: &[u8; 4] = b"PAR1";

/// A whole comma-separated feed, in pieces, as Parquet.
///
/// # Panics
///
/// Where a row has other cells than the header, which no feed of ours has.
pub fn to_parquet(csv: impl Iterator<Item = Bytes>) -> Bytes {
    let csv = csv.collect::<Vec<_>>().concat();
    pack(&csv).expect("memory takes every write, and our own rows have a header's cells").into()
}

fn pack(csv: &[u8]) -> Result<Vec<u8>, ParquetError> {
    let mut reader = csv::Reader::from_reader(csv);
    let names = reader.headers().map_err(external)?.clone();
    let schema = Arc::new(schema(&names)?);
    let level = ZstdLevel::default();
    let properties = WriterProperties::builder()
        .set_created_by("storebridge".to_owned())
        .set_compression(Compression::ZSTD(level))
        .build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut rows = reader.records().peekable();
    while rows.peek().is_some() {
        let mut columns = vec![Column::default(); names.len()];
        for row in rows.by_ref().take(GROUP_ROWS) {
            let row = row.map_err(external)?;
            columns.iter_mut().zip(&row).for_each(|(column, cell)| column.push(cell));
        }
        let mut group = writer.next_row_group()?;
        for Column { values, levels } in &columns {
            let Some(mut column) = group.next_column()? else { break };
            column.typed::<ByteArrayType>().write_batch(values, Some(levels), None)?;
            column.close()?;
        }
        group.close()?;
    }
    writer.into_inner()
}

/// A column of a group: what is there, and where nothing is.
#[derive(Clone, Default)]
struct Column {
    values: Vec<ByteArray>,
    levels: Vec<i16>,
}

impl Column {
    fn push(&mut self, cell: &str) {
        self.levels.push(i16::from(!cell.is_empty()));
        if !cell.is_empty() {
            self.values.push(ByteArray::from(cell.as_bytes().to_vec()));
        }
    }
}

fn schema(names: &csv::StringRecord) -> Result<Type, ParquetError> {
    let columns = names.iter().map(|name| {
        let column = Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
            .with_logical_type(Some(LogicalType::String))
            .with_repetition(Repetition::OPTIONAL);
        column.build().map(Arc::new)
    });
    let columns = columns.collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("feed").with_fields(columns).build()
}

/// What a Parquet file holds, as a comma-separated feed of at most so many bytes.
pub(crate) fn unpack(bytes: &[u8], most: u64) -> io::Result<Vec<u8>> {
    let reader = SerializedFileReader::new(Bytes::copy_from_slice(bytes)).map_err(broken)?;
    let groups = reader.metadata().row_groups();
    let sizes = groups.iter().map(|group| u64::try_from(group.total_byte_size()).unwrap_or(0));
    if sizes.sum::<u64>() > most {
        return Err(io::Error::other(format!("it unpacks to more than {most} bytes")));
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    let columns = reader.metadata().file_metadata().schema_descr().root_schema().get_fields();
    csv.write_record(columns.iter().map(|column| column.name()))?;
    for row in reader.get_row_iter(None).map_err(broken)? {
        let row = row.map_err(broken)?;
        csv.write_record(row.get_column_iter().map(|(_, field)| text(field)))?;
        if csv.get_ref().len() as u64 > most {
            return Err(io::Error::other(format!("it unpacks to more than {most} bytes")));
        }
    }
    csv.into_inner().map_err(csv::IntoInnerError::into_error)
}

/// A value as a cell has it, whatever type a reader has given its column.
fn text(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        other => other.to_string(),
    }
}

fn external(error: csv::Error) -> ParquetError {
    ParquetError::External(Box::new(error))
}

fn broken(error: ParquetError) -> io::Error {
    io::Error::other(error)
}
