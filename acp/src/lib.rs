//! The Agentic Commerce Protocol as types and rules: no input, no output, no clock.
//!
//! Everything else imports [`latest`] only. A dated version is a folder; what differs in an older
//! one will live there with its conversion, so that the rest of the program knows one shape.
//! Decoding is lenient (unknown members are ignored, older names are understood), encoding is
//! strict (nothing is emitted that the version's published JSON Schema does not define).

mod decode;
mod fingerprint;
pub mod latest;
mod patch;
mod rules;
mod v2026_04_17;
mod version;
