//! Black box over HTTP: a test starts the service and the emulators, speaks ACP, and counts
//! what happened in the store and at Stripe.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::disallowed_methods, reason = "what a test spawns ends with the test")]

mod agents;
mod architecture;
mod assertions;
mod authentication;
mod bad_input;
mod carding;
mod carts;
mod catalog;
mod check;
mod command;
mod complete;
mod contract;
mod coverage;
mod crash;
mod deferred;
mod discounts;
mod edge;
mod events;
mod extras;
mod faults;
mod feed;
mod feed_command;
mod feed_push;
mod feed_served;
mod feed_sftp;
mod free;
mod hooks;
mod hostile;
mod in_process;
mod keys;
mod late;
mod logs;
mod mcp;
mod owner;
mod recorded;
mod refunds;
mod repair;
mod sessions;
mod shopify;
#[path = "../../sftp/tests/it/server.rs"]
mod sshd;
mod stage;
mod stock;
mod versions;
mod walk;
