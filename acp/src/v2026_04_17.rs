//! Version 2026-04-17 (schema `spec/2026-04-17/json-schema/schema.agentic_checkout.json`), one
//! file for each topic.

pub(crate) mod attribution;
pub(crate) mod authentication;
pub(crate) mod cart;
pub(crate) mod checkout;
pub(crate) mod consent;
pub(crate) mod discount;
pub(crate) mod discovery;
pub(crate) mod error;
pub(crate) mod message;
pub(crate) mod order;
pub(crate) mod party;
pub(crate) mod payment;
pub(crate) mod request;
