//! Feeds read back, ours or anybody's: rows by name, and what could not be read.

use std::io;

use quick_xml::{Reader, escape::resolve_predefined_entity, events::Event};
use serde_json::{Map, Value};

use crate::{
    format::{Format, Packing},
    pack,
};

/// Most bytes that a feed may unpack to.
pub const READ_BYTES_MAX: u64 = 1 << 30;

/// A row as it was read: values by the names in the feed. Cells and elements are texts.
pub type Row = Map<String, Value>;

/// What comes out of a feed, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub enum Line {
    /// The names of the columns, where the format has them in a line of their own.
    Header(Vec<String>),
    /// A row, and where it stands: its line, or its place.
    Row(u64, Row),
    /// Something that is no row, and why.
    Broken(u64, String),
}

/// A feed's bytes, unpacked, and how they were packed and written.
#[derive(Debug)]
pub struct Content {
    /// How it was packed.
    pub packing: Packing,
    /// How it is written.
    pub format: Format,
    /// A byte-order mark stood before it.
    pub had_mark: bool,
    text: String,
}

impl Content {
    /// Unpacks a file's content and finds out what it is. Fails if it is cut off, too large, or
    /// no UTF-8.
    pub fn open(bytes: &[u8]) -> io::Result<Self> {
        let raw = pack::unpack(bytes, READ_BYTES_MAX)?;
        let text = String::from_utf8(raw).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            io::Error::new(io::ErrorKind::InvalidData, format!("byte {at} is not UTF-8"))
        })?;
        let had_mark = text.starts_with('\u{FEFF}');
        let text = if had_mark { text['\u{FEFF}'.len_utf8()..].to_owned() } else { text };
        Ok(Self { packing: pack::packing(bytes), format: detect(&text), had_mark, text })
    }

    /// All that is in it.
    pub fn lines(&self, visit: &mut dyn FnMut(Line)) {
        match self.format {
            Format::Json => json(&self.text, visit),
            Format::Jsonl => jsonl(&self.text, visit),
            Format::Csv => delimited(&self.text, b',', visit),
            Format::Tsv => delimited(&self.text, b'\t', visit),
            Format::Xml => xml(&self.text, visit),
        }
    }
}

fn detect(text: &str) -> Format {
    let start = text.trim_start();
    let first = start.lines().next().unwrap_or_default();
    let is_whole = start.starts_with('{')
        && start[1..].trim_start().strip_prefix("\"products\"").is_some_and(|rest| {
            rest.trim_start()
                .strip_prefix(':')
                .is_some_and(|rest| rest.trim_start().starts_with('['))
        });
    match start.as_bytes().first() {
        Some(b'[') => Format::Json,
        Some(b'{') if is_whole => Format::Json,
        Some(b'{') => Format::Jsonl,
        Some(b'<') => Format::Xml,
        _ if first.contains('\t') => Format::Tsv,
        _ => Format::Csv,
    }
}

fn json(text: &str, visit: &mut dyn FnMut(Line)) {
    let rows = match serde_json::from_str(text) {
        Ok(Value::Array(rows)) => rows,
        Ok(Value::Object(mut whole)) => match whole.remove("products") {
            Some(Value::Array(rows)) => rows,
            _ => return visit(Line::Broken(1, "there is no array of products".to_owned())),
        },
        Ok(_) => return visit(Line::Broken(1, "it is no array of objects".to_owned())),
        Err(error) => return visit(Line::Broken(error.line() as u64, error.to_string())),
    };
    for (at, row) in (1..).zip(rows) {
        visit(match row {
            Value::Object(row) => Line::Row(at, row),
            _ => Line::Broken(at, "it is no object".to_owned()),
        });
    }
}

fn jsonl(text: &str, visit: &mut dyn FnMut(Line)) {
    for (at, line) in (1..).zip(text.lines()) {
        visit(match serde_json::from_str(line) {
            Ok(Value::Object(row)) => Line::Row(at, row),
            Ok(_) => Line::Broken(at, "it is no object".to_owned()),
            Err(_) if line.trim().is_empty() => Line::Broken(at, "the line is empty".to_owned()),
            Err(error) => Line::Broken(at, error.to_string()),
        });
    }
}

fn delimited(text: &str, delimiter: u8, visit: &mut dyn FnMut(Line)) {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut names: Option<Vec<String>> = None;
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                visit(Line::Broken(line, error.to_string()));
                continue;
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        let Some(names) = &names else {
            let header: Vec<String> = record.iter().map(str::to_owned).collect();
            visit(Line::Header(header.clone()));
            names = Some(header);
            continue;
        };
        if record.len() != names.len() {
            let why = format!("it has {} cells, the header {}", record.len(), names.len());
            visit(Line::Broken(line, why));
            continue;
        }
        let filled = names.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        let row = filled.map(|(name, cell)| (name.clone(), Value::String(cell.to_owned())));
        visit(Line::Row(line, row.collect()));
    }
}

fn xml(text: &str, visit: &mut dyn FnMut(Line)) {
    let mut reader = Reader::from_str(text);
    // Depth 1 is the feed, 2 an item, 3 a field.
    let (mut depth, mut count) = (0, 0);
    let (mut row, mut name, mut content) = (Row::new(), String::new(), String::new());
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                depth += 1;
                if depth == 2 {
                    row = Row::new();
                }
                if depth == 3 {
                    start.name().as_ref().clone_into(&mut name);
                    content.clear();
                }
            }
            Ok(Event::End(_)) => {
                if depth == 3 && !content.is_empty() {
                    row.insert(std::mem::take(&mut name), Value::String(content.clone()));
                }
                if depth == 2 {
                    count += 1;
                    visit(Line::Row(count, std::mem::take(&mut row)));
                }
                depth -= 1;
            }
            Ok(Event::Text(part)) if depth == 3 => {
                content.push_str(&part);
            }
            Ok(Event::CData(part)) if depth == 3 => {
                content.push_str(&part);
            }
            Ok(Event::GeneralRef(entity)) if depth == 3 => {
                match resolve_predefined_entity(&entity) {
                    Some(known) => content.push_str(known),
                    None => content.extend(entity.resolve_char_ref().ok().flatten()),
                }
            }
            Ok(Event::Eof) if depth == 0 => return,
            Ok(Event::Eof) => {
                return visit(Line::Broken(count + 1, "the file ends too early".to_owned()));
            }
            Err(error) => return visit(Line::Broken(count + 1, error.to_string())),
            Ok(_) => {}
        }
    }
}

/// A value as a cell has it.
pub(crate) fn flat(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(parts) if parts.iter().all(Value::is_string) => {
            parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}
