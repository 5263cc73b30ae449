//! How a row is laid out: what all rows have is written once, the rest comes from each item.

use crate::{
    format::Format,
    item::Item,
    plan::{Plan, Say},
    profile::{Column, Form, Profile},
    value::{Cell, Value},
    write,
};

/// The rows of one profile in one format.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    format: Format,
    /// From the first byte of a row to its last.
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
enum Step {
    /// As every row has it.
    Same(Vec<u8>),
    /// A column that each item fills for itself.
    Own(Own),
}

/// A column with what stands around its value.
#[derive(Clone, Debug)]
struct Own {
    column: &'static Column,
    is_as_known: bool,
    is_must: bool,
    before: Label,
    after: Label,
    /// What stands there if there is no value.
    instead: Vec<u8>,
}

/// What stands before or after a value: mostly short, so that a whole chunk is copied and cut
/// off, which takes less than a copy of unknown length.
#[derive(Clone, Debug)]
struct Label {
    chunk: [u8; CHUNK],
    length: usize,
    rest: Vec<u8>,
}

const CHUNK: usize = 32;

impl Label {
    fn new(mut bytes: Vec<u8>) -> Self {
        let length = bytes.len().min(CHUNK);
        let rest = bytes.split_off(length);
        bytes.resize(CHUNK, 0);
        let mut chunk = [0; CHUNK];
        chunk.copy_from_slice(&bytes);
        Self { chunk, length, rest }
    }

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        if self.length > 0 {
            let end = out.len() + self.length;
            out.extend_from_slice(&self.chunk);
            out.truncate(end);
            if !self.rest.is_empty() {
                out.extend_from_slice(&self.rest);
            }
        }
    }
}

impl Layout {
    pub(crate) fn new(plan: &Plan, profile: Profile, format: Format) -> Self {
        let mut layout = Self { format, steps: Vec::new() };
        let (open, close) = match format {
            // Every member comes with a comma before it; that of the first becomes the brace.
            Format::Json => ("", "}"),
            Format::Jsonl => ("", "}\n"),
            Format::Csv | Format::Tsv => ("", "\n"),
            Format::Xml => ("<item>", "</item>\n"),
        };
        layout.add_same(open.as_bytes());
        for (at, column) in profile.columns().iter().enumerate() {
            layout.add(plan, Own::new(plan, profile, format, column, at == 0));
        }
        layout.add_same(close.as_bytes());
        layout
    }

    /// Appends an item's row. Stops halfway where a value is missing that must be there.
    pub(crate) fn write(&self, item: &Item<'_>, out: &mut Vec<u8>) -> bool {
        let (start, delimiter, mut scratch) = (out.len(), delimiter(self.format), Vec::new());
        match self.format {
            Format::Json | Format::Jsonl => {
                let is_whole = self.write_with(item, out, write::json);
                if let Some(first) = out.get_mut(start) {
                    *first = b'{';
                }
                is_whole
            }
            Format::Csv | Format::Tsv => self.write_with(item, out, |out, value| {
                write::cell(out, value, delimiter, &mut scratch);
            }),
            Format::Xml => self.write_with(item, out, |out, value| {
                write::element(out, value, &mut scratch);
            }),
        }
    }

    /// The format is chosen once for a row, not for each value of it.
    fn write_with(
        &self,
        item: &Item<'_>,
        out: &mut Vec<u8>,
        mut write: impl FnMut(&mut Vec<u8>, &Value<'_>),
    ) -> bool {
        for step in &self.steps {
            match step {
                Step::Same(bytes) => out.extend_from_slice(bytes),
                Step::Own(own) => match &own.cell(item) {
                    Cell::Filled(value, _) => own.write(value, out, &mut write),
                    Cell::Empty(_) if own.is_must => return false,
                    Cell::Empty(_) => out.extend_from_slice(&own.instead),
                },
            }
        }
        true
    }

    /// A column as every row has it.
    fn same(&self, own: &Own, value: &Value<'_>) -> Vec<u8> {
        let mut bytes = Vec::new();
        own.write(value, &mut bytes, |out, value| match self.format {
            Format::Json | Format::Jsonl => write::json(out, value),
            Format::Csv | Format::Tsv => {
                write::cell(out, value, delimiter(self.format), &mut Vec::new());
            }
            Format::Xml => write::element(out, value, &mut Vec::new()),
        });
        bytes
    }

    fn add(&mut self, plan: &Plan, own: Own) {
        match plan.say(own.column.concept) {
            Say::NoProduct(Cell::Filled(value, _)) if own.column.form == Form::Own => {
                self.add_same(&self.same(&own, value));
            }
            Say::NoProduct(Cell::Empty(_)) if !own.is_must => self.add_same(&own.instead),
            _ => self.steps.push(Step::Own(own)),
        }
    }

    fn add_same(&mut self, bytes: &[u8]) {
        if let Some(Step::Same(before)) = self.steps.last_mut() {
            before.extend_from_slice(bytes);
        } else if !bytes.is_empty() {
            self.steps.push(Step::Same(bytes.to_vec()));
        }
    }
}

impl Own {
    fn new(
        plan: &Plan,
        profile: Profile,
        format: Format,
        column: &'static Column,
        is_first: bool,
    ) -> Self {
        let name = column.name;
        let between = if is_first { Vec::new() } else { vec![delimiter(format)] };
        let (before, after, instead) = match format {
            Format::Json | Format::Jsonl => {
                (format!(",\"{name}\":").into(), Vec::new(), Vec::new())
            }
            Format::Csv | Format::Tsv => (between.clone(), Vec::new(), between),
            Format::Xml => (format!("<{name}>").into(), format!("</{name}>").into(), Vec::new()),
        };
        let is_as_known = Item::is_as_known(plan, column);
        let is_must = profile.must_have(column.concept);
        let (before, after) = (Label::new(before), Label::new(after));
        Self { column, is_as_known, is_must, before, after, instead }
    }

    #[inline]
    fn write(
        &self,
        value: &Value<'_>,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>, &Value<'_>),
    ) {
        self.before.write(out);
        write(out, value);
        self.after.write(out);
    }

    #[inline]
    fn cell<'a>(&self, item: &Item<'a>) -> Cell<'a> {
        if self.is_as_known { item.known(self.column.concept) } else { item.cell(self.column) }
    }
}

/// What stands between two cells.
pub(crate) fn delimiter(format: Format) -> u8 {
    if format == Format::Tsv { b'\t' } else { b',' }
}
