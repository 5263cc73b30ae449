//! From a product to its rows: one pass, a segment of bytes.

use std::{fmt, sync::Arc};

use commerce::{ItemId, Product, ProductId, Variant};
use thiserror::Error;

use crate::{
    acp,
    concept::Concept,
    eligibility::Refusal,
    filter::Filter,
    format::Format,
    item::Item,
    plan::Plan,
    profile::{Column, Profile},
    value::{Cell, Gap, Value},
    write,
};

/// Writes the rows of one profile in one format.
#[derive(Clone, Debug)]
pub struct Writer {
    plan: Arc<Plan>,
    profile: Profile,
    format: Format,
    filter: Filter,
    columns: Vec<Prepared>,
}

/// A column with what stands before and after its value.
#[derive(Clone, Debug)]
struct Prepared {
    column: &'static Column,
    is_must: bool,
    before: Vec<u8>,
    after: Vec<u8>,
}

/// A profile whose readers do not take a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("readers of {profile} do not take {format}: choose {}", taken(*profile))]
pub struct NotTaken {
    profile: Profile,
    format: Format,
}

/// The rows of one product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Whose rows.
    pub product: ProductId,
    /// As they stand in the feed, nothing packed.
    pub bytes: Vec<u8>,
    /// How many.
    pub rows: u32,
    /// The variants that have none, and why.
    pub left_out: Vec<LeftOut>,
}

/// A variant without a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Which.
    pub item: ItemId,
    /// Why.
    pub reason: Reason,
}

/// Why a variant has no row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is not shown.
    Refused(Refusal),
    /// The reader refuses rows without these.
    Missing(Vec<(&'static str, Gap)>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Missing(missing) => {
                f.write_str("the reader refuses a row without ")?;
                for (at, (column, gap)) in missing.iter().enumerate() {
                    let before = if at == 0 { "" } else { ", " };
                    write!(f, "{before}{column} ({gap})")?;
                }
                Ok(())
            }
        }
    }
}

impl Writer {
    /// A writer of rows. Fails where the profile's readers do not take the format.
    pub fn new(plan: Arc<Plan>, profile: Profile, format: Format) -> Result<Self, NotTaken> {
        if !profile.takes(format) {
            return Err(NotTaken { profile, format });
        }
        let columns = profile.columns().iter();
        let columns = columns.map(|column| Prepared::new(profile, format, column)).collect();
        Ok(Self { plan, profile, format, filter: Filter::default(), columns })
    }

    /// The same for a part of the products.
    #[must_use]
    pub fn only(self, filter: Filter) -> Self {
        Self { filter, ..self }
    }

    /// Who reads.
    pub fn profile(&self) -> Profile {
        self.profile
    }

    /// In what format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// What the rows are made by.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The rows of a product.
    pub fn segment(&self, product: &Product) -> Segment {
        let mut bytes = Vec::with_capacity(4096 * product.variants.len().max(1));
        let mut left_out = Vec::new();
        let rows = self.write(product, &mut bytes, &mut left_out);
        Segment { product: product.id.clone(), bytes, rows, left_out }
    }

    /// Appends the rows of a product to a buffer, and tells how many they are.
    pub fn write(&self, product: &Product, out: &mut Vec<u8>, left_out: &mut Vec<LeftOut>) -> u32 {
        if self.profile == Profile::Acp {
            return acp::write(self, product, out, left_out);
        }
        let mut rows = 0;
        for variant in &product.variants {
            let item = self.plan.item(product, variant);
            match self.check(&item) {
                Ok(()) => rows += u32::from(self.row(&item, rows == 0, out, left_out)),
                Err(refusal) => {
                    left_out.push(LeftOut::new(variant, Reason::Refused(refusal)));
                }
            }
        }
        rows
    }

    /// What stands before the first row.
    pub fn head(&self) -> Vec<u8> {
        match self.format {
            Format::Json if self.profile == Profile::Acp => b"{\"products\":[\n".to_vec(),
            Format::Json => b"[\n".to_vec(),
            Format::Jsonl => Vec::new(),
            Format::Csv | Format::Tsv => {
                let delimiter = self.delimiter();
                let names = self.columns.iter().map(|one| one.column.name.as_bytes());
                let mut line = names.collect::<Vec<_>>().join(&delimiter);
                line.push(b'\n');
                line
            }
            Format::Xml => b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed>\n".to_vec(),
        }
    }

    /// What stands between two segments.
    pub fn separator(&self) -> &'static [u8] {
        if self.format == Format::Json { b",\n" } else { b"" }
    }

    /// What stands after the last row.
    pub fn tail(&self) -> &'static [u8] {
        match self.format {
            Format::Json if self.profile == Profile::Acp => b"\n]}\n",
            Format::Json => b"\n]\n",
            Format::Jsonl | Format::Csv | Format::Tsv => b"",
            Format::Xml => b"</feed>\n",
        }
    }

    /// Whether the item has a row: what is not to be shown has one only where it can say so.
    pub(crate) fn check(&self, item: &Item<'_>) -> Result<(), Refusal> {
        if !self.filter.takes(item) {
            return Err(Refusal::NotAsked);
        }
        if self.profile.has_flags() { item.check_listed() } else { item.check_search() }
    }

    fn row(
        &self,
        item: &Item<'_>,
        is_first: bool,
        out: &mut Vec<u8>,
        left_out: &mut Vec<LeftOut>,
    ) -> bool {
        let start = out.len();
        if self.format == Format::Json && !is_first {
            out.extend_from_slice(self.separator());
        }
        let complete = lacking(self.profile, item).is_none()
            && match self.format {
                Format::Json | Format::Jsonl => self.json_row(item, out),
                Format::Csv | Format::Tsv => self.delimited_row(item, out),
                Format::Xml => self.xml_row(item, out),
            };
        if !complete {
            out.truncate(start);
            let missing = missing(self.profile, item);
            left_out.push(LeftOut::new(item.variant, Reason::Missing(missing)));
        }
        complete
    }

    fn json_row(&self, item: &Item<'_>, out: &mut Vec<u8>) -> bool {
        let start = out.len();
        for prepared in &self.columns {
            match item.cell(prepared.column) {
                Cell::Filled(value, _) => {
                    out.extend_from_slice(&prepared.before);
                    write::json(out, &value);
                }
                Cell::Empty(_) if prepared.is_must => return false,
                Cell::Empty(_) => {}
            }
        }
        // Every member came with a comma before it; the first one opens the object.
        match out.get_mut(start) {
            Some(first) => *first = b'{',
            None => return false,
        }
        out.push(b'}');
        if self.format == Format::Jsonl {
            out.push(b'\n');
        }
        true
    }

    fn delimited_row(&self, item: &Item<'_>, out: &mut Vec<u8>) -> bool {
        let delimiter = self.delimiter();
        let mut scratch = Vec::new();
        for (at, prepared) in self.columns.iter().enumerate() {
            if at > 0 {
                out.push(delimiter);
            }
            match item.cell(prepared.column) {
                Cell::Filled(Value::Text(text), _) => {
                    write::cell_text(out, text.as_bytes(), delimiter);
                }
                Cell::Filled(value @ (Value::Texts(_) | Value::Map(_) | Value::Maps(_)), _) => {
                    scratch.clear();
                    write::flat(&mut scratch, &value);
                    write::cell_text(out, &scratch, delimiter);
                }
                Cell::Filled(value, _) => write::flat(out, &value),
                Cell::Empty(_) if prepared.is_must => return false,
                Cell::Empty(_) => {}
            }
        }
        out.push(b'\n');
        true
    }

    fn xml_row(&self, item: &Item<'_>, out: &mut Vec<u8>) -> bool {
        let mut scratch = Vec::new();
        out.extend_from_slice(b"<item>");
        for prepared in &self.columns {
            match item.cell(prepared.column) {
                Cell::Filled(value, _) => {
                    out.extend_from_slice(&prepared.before);
                    if let Value::Text(text) = &value {
                        write::xml_text(out, text.as_bytes());
                    } else {
                        scratch.clear();
                        write::flat(&mut scratch, &value);
                        write::xml_text(out, &scratch);
                    }
                    out.extend_from_slice(&prepared.after);
                }
                Cell::Empty(_) if prepared.is_must => return false,
                Cell::Empty(_) => {}
            }
        }
        out.extend_from_slice(b"</item>\n");
        true
    }

    fn delimiter(&self) -> u8 {
        if self.format == Format::Tsv { b'\t' } else { b',' }
    }
}

impl Prepared {
    fn new(profile: Profile, format: Format, column: &'static Column) -> Self {
        let name = column.name;
        let (before, after) = match format {
            Format::Json | Format::Jsonl => (format!(",\"{name}\":"), String::new()),
            Format::Csv | Format::Tsv => (String::new(), String::new()),
            Format::Xml => (format!("<{name}>"), format!("</{name}>")),
        };
        let is_must = profile.must_have(column.concept);
        Self { column, is_must, before: before.into_bytes(), after: after.into_bytes() }
    }
}

impl LeftOut {
    pub(crate) fn new(variant: &Variant, reason: Reason) -> Self {
        Self { item: variant.item.clone(), reason }
    }
}

/// The columns that the reader wants and the item has not.
pub(crate) fn missing(profile: Profile, item: &Item<'_>) -> Vec<(&'static str, Gap)> {
    let must = profile.columns().iter().filter(|column| profile.must_have(column.concept));
    let empty = must.filter_map(|column| match item.cell(column) {
        Cell::Empty(gap) => Some((column.name, gap)),
        Cell::Filled(..) => None,
    });
    empty.chain(lacking(profile, item)).collect()
}

/// What Google's readers want of some rows only.
fn lacking(profile: Profile, item: &Item<'_>) -> Option<(&'static str, Gap)> {
    if profile != Profile::Google {
        return None;
    }
    let has = |concept| item.field(concept).value().is_some();
    let waits = matches!(
        item.field(Concept::Availability).value(),
        Some(Value::Word("pre_order" | "backorder"))
    );
    if waits && !has(Concept::AvailabilityDate) {
        return Some(("availability_date", Gap::Unknown));
    }
    let exists_not = item.field(Concept::IdentifierExists).value() == Some(&Value::Word("no"));
    let is_known = has(Concept::Gtin) || has(Concept::Mpn) || exists_not;
    (!is_known).then_some((
        "gtin",
        Gap::Refused("nor mpn: if the maker gives neither, set identifier_exists = false"),
    ))
}

fn taken(profile: Profile) -> String {
    let taken = crate::format::FORMATS.into_iter().filter(|format| profile.takes(*format));
    taken.map(Format::name).collect::<Vec<_>>().join(", ")
}

impl Profile {
    /// Whether its readers refuse a row without that field. Fields that a contract merely calls
    /// required are many more; a reader of the native contract refuses for want of these nine.
    pub fn must_have(self, concept: Concept) -> bool {
        match concept {
            Concept::ItemId | Concept::Title | Concept::Price => true,
            Concept::Description
            | Concept::Url
            | Concept::Brand
            | Concept::ImageUrl
            | Concept::Availability => self != Self::Acp,
            Concept::SellerName => self.has_flags(),
            _ => false,
        }
    }
}
