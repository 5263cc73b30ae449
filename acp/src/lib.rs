//! The Agentic Commerce Protocol as types and rules: no input, no output, no clock.
//!
//! Everything else imports [`latest`] only, so the rest of the program knows one shape. An older
//! version is a file that holds what differs in it, and the conversion from the next newer one.
//! Decoding is lenient (unknown members are ignored, older names are understood), encoding is
//! strict (nothing is emitted that the version's published JSON Schema does not define).

mod decode;
mod encode;
mod fingerprint;
pub mod latest;
mod patch;
mod rules;
mod schemas;
mod v2025_09_29;
mod v2025_12_12;
mod v2026_01_16;
mod v2026_01_30;
mod v2026_04_17;
mod version;
