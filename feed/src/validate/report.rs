//! What a validation found: for a terminal, and for a program.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::{
    guard::Summary,
    rules::{self, Severity},
};
use crate::{
    concept::Concept,
    format::{Format, Packing},
    profile::{Need, Profile},
    writer::{LeftOut, Reason},
};

/// Most findings of which a report keeps the text; it counts all.
pub const FINDINGS_MAX: usize = 1_000;
/// Most characters of a value in a report.
const VALUE_MAX: usize = 80;
/// How many kinds of findings a terminal shows.
const SHOWN: usize = 10;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule that is broken.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The line or the place of the row; 0 for the whole file.
    pub line: u64,
    /// Which item.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_id: Option<String>,
    /// Which column, as the feed calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What stands there, cut.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What is wrong with it.
    pub reason: String,
    /// What to do.
    pub fix: &'static str,
    /// The reader's own word for it, as its upload history has it.
    pub code: &'static str,
}

impl Finding {
    pub(crate) fn new(id: &'static str, profile: Profile, reason: impl Into<String>) -> Self {
        let rule = rules::find(id);
        let code = match id {
            "T01" | "T04" | "T08" | "T09" | "P06" | "P09" | "G05" => "missing_required_column",
            "F01" | "F07" => "unsupported_file_type",
            _ => "invalid_value",
        };
        Self {
            rule: rule.id,
            severity: rules::severity(rule, profile),
            line: 0,
            item_id: None,
            field: None,
            value: None,
            reason: reason.into(),
            fix: rule.fix,
            code,
        }
    }

    pub(crate) fn in_field(mut self, field: &str, value: &str) -> Self {
        self.field = Some(field.to_owned());
        let cut: String = value.chars().take(VALUE_MAX).collect();
        let is_cut = cut.len() < value.len();
        self.value = (!value.is_empty()).then(|| if is_cut { format!("{cut}…") } else { cut });
        self
    }
}

/// How often a column is filled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The column.
    pub column: &'static str,
    /// Whether it must be: R, C, r, o or S.
    pub need: char,
    /// In how many rows it has a value.
    pub filled: u64,
}

/// What a validation found.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// By whose rules.
    pub profile: Profile,
    /// How the feed is written; absent if it could not be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// How it is packed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packing: Option<Packing>,
    /// `completed`, `completed_with_errors` or `failed`, as the reader's upload history has it.
    pub status: &'static str,
    /// How many rows there are.
    pub rows_read: u64,
    /// How many of them the reader takes.
    pub rows_accepted: u64,
    /// How many it refuses.
    pub rows_rejected: u64,
    /// How many findings of each severity.
    pub totals: BTreeMap<&'static str, u64>,
    /// How many findings of each rule.
    pub rules: BTreeMap<&'static str, u64>,
    /// How often each column is filled.
    pub coverage: Vec<Coverage>,
    /// The first thousand findings.
    pub findings: Vec<Finding>,
    /// What a later push is compared with.
    #[serde(skip)]
    pub summary: Summary,
}

impl Report {
    pub(crate) fn new(profile: Profile) -> Self {
        let columns = profile.columns().iter();
        let coverage = columns.map(|column| Coverage {
            column: column.name,
            need: column.need.letter(),
            filled: 0,
        });
        Self {
            profile,
            format: None,
            packing: None,
            status: "completed",
            rows_read: 0,
            rows_accepted: 0,
            rows_rejected: 0,
            totals: BTreeMap::new(),
            rules: BTreeMap::new(),
            coverage: coverage.collect(),
            findings: Vec::new(),
            summary: Summary::default(),
        }
    }

    /// Adds what was found elsewhere, such as by the guards of a push.
    pub fn add(&mut self, finding: Finding) {
        *self.totals.entry(finding.severity.name()).or_default() += 1;
        *self.rules.entry(finding.rule).or_default() += 1;
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        }
        self.status = if self.has(Severity::Fatal) {
            "failed"
        } else if self.has(Severity::Error) {
            "completed_with_errors"
        } else {
            "completed"
        };
    }

    /// Adds a variant that has no row because its reader would refuse it.
    pub fn add_left_out(&mut self, left_out: &LeftOut) {
        let Reason::Missing(missing) = &left_out.reason else { return };
        self.rows_read += 1;
        self.rows_rejected += 1;
        self.summary.incomplete.push(super::hash(left_out.item.as_str()));
        for (name, gap) in missing {
            let concept = self.profile.columns().iter().find(|column| column.name == *name);
            let rule = concept.map_or("P09", |column| rule_of_want(column.concept));
            let mut finding = Finding::new(rule, self.profile, gap.to_string()).in_field(name, "");
            finding.severity = Severity::Error;
            finding.item_id = Some(left_out.item.as_str().to_owned());
            self.add(finding);
        }
    }

    /// Whether anything of that severity was found.
    pub fn has(&self, severity: Severity) -> bool {
        self.totals.contains_key(severity.name())
    }

    /// What a command ends with: 0 clean, 1 warnings where they count, 2 errors, 3 not to be
    /// published.
    pub fn exit_code(&self, is_strict: bool) -> u8 {
        if self.has(Severity::Fatal) {
            3
        } else if self.has(Severity::Error) {
            2
        } else {
            u8::from(is_strict && self.has(Severity::Warning))
        }
    }

    fn count(&self, severity: Severity) -> u64 {
        self.totals.get(severity.name()).copied().unwrap_or_default()
    }
}

/// The rule that the want of a field breaks.
fn rule_of_want(concept: Concept) -> &'static str {
    match concept {
        Concept::ItemId => "I01",
        Concept::Title => "T01",
        Concept::Description => "T04",
        Concept::Brand => "T08",
        Concept::SellerName => "T09",
        Concept::Url => "L01",
        Concept::ImageUrl => "L07",
        Concept::Price => "M01",
        Concept::Availability => "S01",
        Concept::AvailabilityDate => "S03",
        Concept::Gtin => "G05",
        _ => "P09",
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = self.format.map_or("unreadable", Format::name);
        let packing = self.packing.map_or("", Packing::suffix);
        writeln!(f, "{}: {format}{packing}, {} rows", self.profile, self.rows_read)?;
        writeln!(
            f,
            "  {} accepted, {} rejected; {} fatal, {} errors, {} warnings, {} hints",
            self.rows_accepted,
            self.rows_rejected,
            self.count(Severity::Fatal),
            self.count(Severity::Error),
            self.count(Severity::Warning),
            self.count(Severity::Info),
        )?;
        let used = self.coverage.iter().filter(|one| one.filled > 0).count();
        writeln!(f, "  {used} of {} columns filled", self.coverage.len())?;
        let required = Need::Required.letter();
        for one in self.coverage.iter().filter(|one| one.need == required) {
            if one.filled < self.rows_read {
                writeln!(f, "    {} in {} of {} rows", one.column, one.filled, self.rows_read)?;
            }
        }
        let mut kinds: Vec<(&str, u64)> = self.rules.iter().map(|(id, n)| (*id, *n)).collect();
        kinds.sort_by_key(|(id, count)| {
            (std::cmp::Reverse(rules::find(id).severity), std::cmp::Reverse(*count))
        });
        for (id, count) in kinds.into_iter().take(SHOWN) {
            let Some(sample) = self.findings.iter().find(|one| one.rule == id) else { continue };
            let item = sample.item_id.as_deref().unwrap_or("the file");
            write!(f, "  {} {id} x{count}: {item}", sample.severity.name())?;
            if let Some(field) = &sample.field {
                write!(f, ", {field}")?;
            }
            if let Some(value) = &sample.value {
                write!(f, " {value:?}")?;
            }
            writeln!(f, ": {}", sample.reason)?;
            writeln!(f, "      {}", sample.fix)?;
        }
        Ok(())
    }
}
