//! Products as agents' feeds: fields, profiles, formats, validation.
//!
//! A [`Plan`] is a store's configuration made ready. A [`Writer`] turns a product into a
//! [`Segment`] for one [`Profile`] and one [`Format`]; a [`Feed`] is made of segments and takes
//! changed ones in. Pure: no I/O, no clock.

mod acp;
mod assembly;
#[cfg(feature = "parquet")]
mod columnar;
mod concept;
mod eligibility;
mod explain;
mod filter;
mod format;
mod gtin;
mod item;
mod layout;
mod pack;
mod plan;
mod profile;
mod read;
mod scan;
mod settings;
mod text;
mod validate;
mod value;
mod write;
mod writer;

pub use assembly::{Feed, SHARD_BYTES, SHARD_ROWS, ShardMax, order, shard_of};
#[cfg(feature = "parquet")]
pub use columnar::to_parquet;
pub use concept::{CONCEPTS, Concept, Kind, Means, NATIVE};
pub use eligibility::Refusal;
pub use explain::{
    ExplainedField, ExplainedItem, Explanation, PREVIEW_ROWS, Preview, explain, preview,
};
pub use filter::Filter;
pub use format::{FORMATS, Format, PACKINGS, Packing, UnknownFormat, parse_suffix, suffix};
pub use gtin::{is_restricted, parse_gtin};
pub use item::Item;
pub use plan::Plan;
pub use profile::{Column, Form, Need, PROFILES, Profile, UnknownProfile};
pub use read::{Content, Line, READ_BYTES_MAX, Row};
pub use settings::{Rule, Settings, SettingsError};
pub use text::Text;
pub use validate::{
    Coverage, FINDINGS_MAX, Finding, GuardBounds, RULES, Report, Rule as ValidationRule, Severity,
    Summary, guard, validate,
};
pub use value::{Cell, Gap, Map, Origin, Value};
pub use writer::{LeftOut, NotTaken, Reason, Segment, Writer};
