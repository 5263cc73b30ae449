//! Whether a feed is one that its readers take: every row by the rules, and all rows together.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
};

use serde_json::Value;

use crate::{
    assembly::{SHARD_BYTES, SHARD_ROWS},
    concept::{CONCEPTS, Concept},
    format::Format,
    profile::{Need, PROFILES, Profile},
    read::{Content, Line, Row, flat},
};

mod checks;
mod guard;
mod objects;
mod report;
mod rules;

pub use guard::{GuardBounds, Summary, guard};
pub use report::{Coverage, FINDINGS_MAX, Finding, Report};
pub use rules::{RULES, Rule, Severity};

/// Names that readers of today's contract still take.
const ALIASES: &[(&str, Concept)] = &[
    ("enable_search", Concept::EligibleSearch),
    ("enable_checkout", Concept::EligibleCheckout),
    ("is_eligible_ads", Concept::EligibleAds),
    ("id", Concept::ItemId),
    ("sku", Concept::ItemId),
    ("item_group_id", Concept::GroupId),
    ("return_window", Concept::ReturnDays),
];

/// Validates a file as readers of a profile would.
pub fn validate(bytes: &[u8], profile: Profile) -> Report {
    let content = match Content::open(bytes) {
        Ok(content) => content,
        Err(error) => {
            let mut report = Report::new(profile);
            let is_text = error.kind() == std::io::ErrorKind::InvalidData;
            let rule = if is_text { "F01" } else { "F07" };
            report.add(Finding::new(rule, profile, error.to_string()));
            return report;
        }
    };
    let mut validator = Validator::new(profile);
    validator.report.format = Some(content.format);
    validator.report.packing = Some(content.packing);
    if content.had_mark {
        validator.file("F01m", "it begins with a byte-order mark".to_owned());
    }
    if !profile.takes(content.format) {
        let reason = format!("readers of {profile} do not take {}", content.format);
        validator.file("F07", reason);
    }
    if bytes.len() as u64 > SHARD_BYTES {
        validator.file("F08", format!("it has {} bytes", bytes.len()));
    }
    content.lines(&mut |line| validator.line(content.format, line));
    validator.finish()
}

/// Looks at one row after the other.
struct Validator {
    profile: Profile,
    report: Report,
    /// What a name stands for, and whether the profile has it.
    names: HashMap<&'static str, (Concept, Known)>,
    columns: HashMap<Concept, usize>,
    items: HashSet<String>,
    offers: HashSet<String>,
    gtins: HashMap<String, String>,
    groups: HashMap<String, Group>,
    currency: Option<String>,
    seller: Option<String>,
    brands: BTreeSet<String>,
    strange: BTreeSet<String>,
    broken: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    Column,
    Alias,
    Elsewhere,
}

/// What the rows of a group have shown so far.
#[derive(Default)]
struct Group {
    rows: u64,
    line: u64,
    names: Option<Vec<String>>,
    options: HashSet<String>,
    brand: Option<String>,
    seller: Option<String>,
}

/// A row's values by concept.
struct Fields<'r>(Vec<Option<Field<'r>>>);

/// One value of a row.
struct Field<'r> {
    name: &'r str,
    value: &'r Value,
    text: String,
}

impl<'r> Fields<'r> {
    fn get(&self, concept: Concept) -> Option<&Field<'r>> {
        self.0[concept as usize].as_ref()
    }

    fn text(&self, concept: Concept) -> Option<&str> {
        self.get(concept).map(|field| field.text.as_str())
    }
}

impl Validator {
    fn new(profile: Profile) -> Self {
        let mut names = HashMap::new();
        for other in PROFILES {
            for column in other.columns() {
                names.entry(column.name).or_insert((column.concept, Known::Elsewhere));
            }
        }
        if profile == Profile::OpenAi || profile == Profile::OpenAiExtended {
            names.extend(ALIASES.iter().map(|(name, concept)| (*name, (*concept, Known::Alias))));
        }
        let own = profile.columns().iter();
        names.extend(own.map(|column| (column.name, (column.concept, Known::Column))));
        let columns = profile.columns().iter().enumerate();
        Self {
            profile,
            report: Report::new(profile),
            names,
            columns: columns.map(|(at, column)| (column.concept, at)).collect(),
            items: HashSet::new(),
            offers: HashSet::new(),
            gtins: HashMap::new(),
            groups: HashMap::new(),
            currency: None,
            seller: None,
            brands: BTreeSet::new(),
            strange: BTreeSet::new(),
            broken: 0,
        }
    }

    fn line(&mut self, format: Format, line: Line) {
        match line {
            Line::Header(names) => self.header(&names),
            Line::Row(at, row) if self.profile == Profile::Acp => self.product(at, &row),
            Line::Row(at, row) => {
                self.row(at, &row);
            }
            Line::Broken(at, why) => {
                self.broken += 1;
                self.report.rows_read += 1;
                self.report.rows_rejected += 1;
                let rule = match format {
                    Format::Csv | Format::Tsv => "F04",
                    Format::Jsonl => "F02",
                    Format::Json | Format::Xml => "F07",
                };
                let mut finding = Finding::new(rule, self.profile, why);
                finding.line = at;
                self.report.add(finding);
            }
        }
    }

    fn header(&mut self, names: &[String]) {
        let mut seen = HashSet::new();
        for name in names {
            if !seen.insert(name) {
                self.file("F03", format!("column {name:?} stands there twice"));
            }
            let is_known = self.names.contains_key(name.as_str());
            let has_capitals = name.chars().any(char::is_uppercase);
            if !is_known && (has_capitals || name.starts_with("g:") || name.trim() != name) {
                self.file("F03", format!("{name:?} is no column's name"));
            }
        }
        // Columns that every row leaves empty are named here only.
        for name in names {
            self.check_name(name);
        }
    }

    /// A product of the protocol: its members, then its variants as rows.
    fn product(&mut self, at: u64, product: &Row) {
        for (member, reason) in objects::check(product) {
            let mut finding = Finding::new("A01", self.profile, reason).in_field(&member, "");
            finding.line = at;
            finding.item_id = product.get("id").and_then(Value::as_str).map(str::to_owned);
            self.report.add(finding);
        }
        for row in objects::rows(product) {
            self.row(at, &row);
        }
    }

    fn row(&mut self, at: u64, row: &Row) {
        self.report.rows_read += 1;
        let fields = self.fields(at, row);
        let mut found = checks::row(self.profile, &fields);
        self.together(at, &fields, &mut found);
        let is_refused = found.iter().any(|finding| finding.severity >= Severity::Error);
        let item = fields.text(Concept::ItemId).map(str::to_owned);
        for mut finding in found {
            finding.line = at;
            finding.item_id.clone_from(&item);
            self.report.add(finding);
        }
        self.summarize(&fields, is_refused);
    }

    /// Finds out what each value stands for.
    fn fields<'r>(&mut self, at: u64, row: &'r Row) -> Fields<'r> {
        let mut fields: Vec<Option<Field<'r>>> = CONCEPTS.iter().map(|_| None).collect();
        for (name, value) in row {
            let text = flat(value);
            if value.is_null() || text.is_empty() {
                continue;
            }
            let Some(concept) = self.check_name(name) else { continue };
            if let Some(at) = self.columns.get(&concept) {
                self.report.coverage[*at].filled += 1;
            }
            let slot = &mut fields[concept as usize];
            if let Some(other) = slot {
                let decides = concept <= Concept::ItemId;
                let reason = format!("{name:?} and {:?} say the same", other.name);
                let mut finding = Finding::new("F06", self.profile, reason).in_field(name, &text);
                finding.line = at;
                if !decides {
                    finding.severity = Severity::Warning;
                }
                self.report.add(finding);
            }
            let is_column = self.names.get(name.as_str()).is_some_and(|(_, k)| *k == Known::Column);
            if slot.is_none() || is_column {
                *slot = Some(Field { name, value, text });
            }
        }
        Fields(fields)
    }

    fn check_name(&mut self, name: &str) -> Option<Concept> {
        let Some((concept, known)) = self.names.get(name).copied() else {
            self.name_once(name, "is no column");
            return None;
        };
        match known {
            Known::Column => Some(concept),
            Known::Alias => {
                self.name_once(name, "is an old name");
                Some(concept)
            }
            Known::Elsewhere => {
                self.name_once(name, "belongs to another profile");
                None
            }
        }
    }

    fn name_once(&mut self, name: &str, what: &str) {
        if self.strange.len() < FINDINGS_MAX && self.strange.insert(name.to_owned()) {
            let finding = Finding::new("F05", self.profile, format!("{name:?} {what}"));
            self.report.add(finding.in_field(name, ""));
        }
    }

    /// What a row has to do with the others.
    fn together(&mut self, line: u64, fields: &Fields<'_>, found: &mut Vec<Finding>) {
        let profile = self.profile;
        let mut broken = |id, concept, reason: &str| {
            let finding = Finding::new(id, profile, reason);
            found.push(match fields.get(concept) {
                Some(field) => finding.in_field(field.name, &field.text),
                None => finding,
            });
        };
        let item = fields.text(Concept::ItemId).unwrap_or_default();
        if !item.is_empty() && !self.items.insert(item.to_owned()) {
            broken("F12", Concept::ItemId, "an earlier row has this id");
        }
        if let Some(offer) = fields.text(Concept::OfferId)
            && !self.offers.insert(offer.to_owned())
        {
            broken("I04", Concept::OfferId, "an earlier row has this offer's id");
        }
        if let Some((_, code)) = fields.text(Concept::Price).and_then(|text| text.split_once(' ')) {
            match &self.currency {
                Some(currency) if currency != code => {
                    broken("F13", Concept::Price, &format!("earlier rows have {currency}"));
                }
                Some(_) => {}
                None => self.currency = Some(code.to_owned()),
            }
        }
        if let Some(gtin) = fields.text(Concept::Gtin) {
            let first = self.gtins.entry(gtin.to_owned()).or_insert_with(|| item.to_owned());
            if first != item {
                broken("G03", Concept::Gtin, &format!("item {first} has it too"));
            }
        }
        if let Some(seller) = fields.text(Concept::SellerName)
            && fields.get(Concept::MarketplaceSeller).is_none()
            && self.seller.get_or_insert_with(|| seller.to_owned()) != seller
        {
            broken("T09l", Concept::SellerName, "earlier rows have another seller");
        }
        if self.brands.len() < 2 {
            self.brands.extend(fields.text(Concept::Brand).map(str::to_owned));
        }
        let Some(id) = fields.text(Concept::GroupId) else { return };
        let group = self.groups.entry(id.to_owned()).or_default();
        group.rows += 1;
        group.line = line;
        for (concept, known) in
            [(Concept::Brand, &mut group.brand), (Concept::SellerName, &mut group.seller)]
        {
            if let Some(text) = fields.text(concept)
                && known.get_or_insert_with(|| text.to_owned()) != text
            {
                broken("V06", concept, "another row of its group has another");
            }
        }
        let Some(options) = fields.get(Concept::VariantDict).and_then(checks::options) else {
            return;
        };
        let names: Vec<String> = options.iter().map(|(name, _)| name.clone()).collect();
        if *group.names.get_or_insert_with(|| names.clone()) != names {
            broken("V03", Concept::VariantDict, "another row of its group has other options");
        }
        if !group.options.insert(format!("{options:?}")) {
            broken("V04", Concept::VariantDict, "another row of its group has the same options");
        }
    }

    fn summarize(&mut self, fields: &Fields<'_>, is_refused: bool) {
        let summary = &mut self.report.summary;
        let lacks = |concept: &Concept| fields.get(*concept).is_none();
        if CONCEPTS.iter().filter(|one| self.profile.must_have(**one)).any(lacks) {
            summary.incomplete.push(hash(fields.text(Concept::ItemId).unwrap_or_default()));
        }
        if is_refused {
            self.report.rows_rejected += 1;
            return;
        }
        self.report.rows_accepted += 1;
        summary.rows += 1;
        match fields.text(Concept::Availability) {
            Some("in_stock") => summary.in_stock += 1,
            None | Some("unknown") => summary.unknown += 1,
            Some(_) => {}
        }
        let key = fields.text(Concept::Gtin).or_else(|| fields.text(Concept::Url));
        let price = fields.text(Concept::Price).and_then(crate::settings::parse_money);
        summary.items.push((
            hash(fields.text(Concept::ItemId).unwrap_or_default()),
            hash(key.unwrap_or_default()),
            price.map_or(0, commerce::Money::minor),
        ));
    }

    fn finish(mut self) -> Report {
        let profile = self.profile;
        let clashing: Vec<(String, u64)> = self
            .groups
            .iter()
            .filter(|(id, _)| self.items.contains(*id))
            .map(|(id, group)| (id.clone(), group.line))
            .collect();
        // A simple product of the protocol has its item's id.
        for (id, line) in clashing.into_iter().filter(|_| profile != Profile::Acp) {
            let mut finding = Finding::new("I03", profile, format!("an item has the id {id} too"));
            finding.line = line;
            self.report.add(finding.in_field("group_id", &id));
        }
        let mut alone: Vec<(&String, &Group)> =
            self.groups.iter().filter(|(_, group)| group.rows == 1).collect();
        alone.sort_by_key(|(_, group)| group.line);
        for (id, group) in alone.into_iter().filter(|_| profile != Profile::Acp) {
            let mut finding = Finding::new("V06o", profile, "its group has this row only");
            finding.line = group.line;
            self.report.add(finding.in_field("group_id", id));
        }
        if self.brands.len() == 1
            && self.seller.is_some()
            && self.brands.first() == self.seller.as_ref()
        {
            self.file("T08p", "the brand of all rows is the seller's name".to_owned());
        }
        if self.broken * 100 > self.report.rows_read && self.report.format == Some(Format::Jsonl) {
            let mut finding =
                Finding::new("F02", profile, format!("{} lines are broken", self.broken));
            finding.severity = Severity::Fatal;
            self.report.add(finding);
        }
        if self.report.rows_read > SHARD_ROWS {
            self.file("F08", format!("it has {} rows", self.report.rows_read));
        }
        if self.report.rows_accepted == 0 {
            self.file("F09", format!("none of {} rows can be used", self.report.rows_read));
        }
        self.report
    }

    fn file(&mut self, rule: &'static str, reason: String) {
        self.report.add(Finding::new(rule, self.profile, reason));
    }
}

/// The columns a contract calls required, without those whose want is worse.
fn merely_required(profile: Profile) -> impl Iterator<Item = &'static crate::profile::Column> {
    let required = profile.columns().iter().filter(|column| column.need == Need::Required);
    required.filter(move |column| !profile.must_have(column.concept))
}

/// Names an item in a summary; the same in every run of the same build.
fn hash(text: &str) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(text)
}
