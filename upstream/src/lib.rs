//! The one way out: every call to a store or a processor passes through an [`Upstream`].
//!
//! It gives the call a deadline, a place in the [gate](GateLimits) by its [priority](Priority), a
//! retry where a repeat is harmless and the host's budget of retries allows it, a cap on the
//! answer, a span and metrics. It knows no protocol and no
//! platform. The network itself is a [`Transport`], so that a test can put an emulator in its
//! place and drive everything on a paused clock.

mod answer;
mod budget;
mod call;
mod chance;
mod gate;
mod https;
mod priority;
mod transport;

pub use answer::{Answer, Unreadable};
pub use call::{Call, CallError, Kind, Limits, Upstream};
pub use chance::{Chance, Seeded, SystemChance};
pub use gate::GateLimits;
pub use https::Https;
pub use priority::Priority;
pub use transport::{Transport, TransportError};
