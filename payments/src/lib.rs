//! Charging a delegated payment token at a payment service provider.
//!
//! One payment exists per checkout session. It is opened before any money can move, authorized
//! with the token, and captured or voided afterwards. Every call may be repeated and has its
//! effect once; where the outcome of a call is not known the error says so, and a
//! [fetch](Processor::fetch) answers it.

mod back;
mod error;
mod payment;
mod processor;
mod proof;
mod stripe;
mod token;

pub use back::{Dispute, DisputeState, Origin, Refund, RefundRequest, RefundState};
pub use error::{BadToken, Decline, PaymentError};
pub use payment::{Opening, Payment, PaymentState};
pub use processor::{Hint, Processor};
pub use proof::{Network, Proof, Unproved};
pub use stripe::{API_VERSION, Sca, Settings, Stripe, TOKEN_API_VERSION, TokenParameter};
pub use token::{Deactivation, PaymentToken, TokenInfo};
