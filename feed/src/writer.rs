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
    layout::{Layout, delimiter},
    plan::Plan,
    profile::Profile,
    value::{Cell, Gap, Value},
};

/// Writes the rows of one profile in one format.
#[derive(Clone, Debug)]
pub struct Writer {
    plan: Arc<Plan>,
    profile: Profile,
    format: Format,
    filter: Filter,
    layout: Layout,
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
        let layout = Layout::new(&plan, profile, format);
        Ok(Self { plan, profile, format, filter: Filter::default(), layout })
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
        for item in self.plan.items(product) {
            match self.check(&item) {
                Ok(()) => rows += u32::from(self.row(&item, rows == 0, out, left_out)),
                Err(refusal) => {
                    left_out.push(LeftOut::new(item.variant, Reason::Refused(refusal)));
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
                let names = self.profile.columns().iter().map(|column| column.name.as_bytes());
                let mut line = names.collect::<Vec<_>>().join(&delimiter(self.format));
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
        let complete = lacking(self.profile, item).is_none() && self.layout.write(item, out);
        if !complete {
            out.truncate(start);
            let missing = missing(self.profile, item);
            left_out.push(LeftOut::new(item.variant, Reason::Missing(missing)));
        }
        complete
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
