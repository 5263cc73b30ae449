//! The customer that an order belongs to, where its buyer has an account with the store.

use commerce::Buyer;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tracing::warn;

use crate::{WooCommerce, loose};

#[derive(Deserialize)]
struct Customer {
    #[serde(deserialize_with = "loose::number")]
    id: u64,
    #[serde(deserialize_with = "loose::text")]
    email: String,
}

impl WooCommerce {
    /// The customer with the buyer's e-mail, if the owner wants orders to have one. An order without
    /// is as good, so nothing fails for it.
    pub(crate) async fn customer_of(&self, buyer: Option<&Buyer>) -> Option<u64> {
        let email = &buyer.filter(|buyer| self.link_customers && !buyer.email.is_empty())?.email;
        let encoded = utf8_percent_encode(email, NON_ALPHANUMERIC);
        // Whoever works for the store has another role, and is never found.
        let path = format!("/customers?email={encoded}&role=customer&_fields=id,email");
        let found: Vec<Customer> = self
            .client
            .get("customer.find", &path)
            .await
            .inspect_err(|error| warn!(%error, "an order is not given to its customer"))
            .ok()?;
        found.iter().find(|customer| customer.email.eq_ignore_ascii_case(email)).map(|it| it.id)
    }
}
