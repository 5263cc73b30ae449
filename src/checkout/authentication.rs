//! A bank that wants to know the buyer (ACP RFC "delegate authentication").
//!
//! What the bank asked is kept with the draft, bound to what the draft cost then: after any other
//! change of the price it is void, and so is whatever the agent brings for it.

use acp::latest::{
    AcquirerDetails, AuthenticationMetadata, AuthenticationResult, CompleteRequest,
    DirectoryServer, Invalid,
};
use commerce::{Draft, Facts, Money, SessionId};
use payments::{Network, Proof, Unproved};
use serde::{Deserialize, Serialize};

use super::Checkout;
use crate::{config::Acquirer, failure::Failure, session::Ticket};

/// The name under which it is kept.
const FACT: &str = "authentication";

/// What a bank wants to know, and about what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Demand {
    directory: DirectoryServer,
    total: i64,
    currency: String,
}

impl Checkout<'_> {
    /// What the bank has said of the buyer, where it was asked: no answer is an error, a no is none.
    pub(super) fn proof(
        &self,
        id: &SessionId,
        ticket: &Ticket,
        draft: &Draft,
        request: &CompleteRequest,
    ) -> Result<Option<Proof>, Failure> {
        if self.demand(ticket, draft).is_none() {
            return Ok(None);
        }
        let result = request.authentication_result.as_ref();
        let result = result.ok_or(Failure::AuthenticationMissing)?;
        let proof = result.vouches().then(|| proof(id, draft, result)).transpose()?;
        Ok(proof)
    }

    /// What the bank wants to know before it pays for the draft.
    pub(super) fn demand(&self, ticket: &Ticket, draft: &Draft) -> Option<Demand> {
        self.can_authenticate(ticket).then(|| Demand::of(draft)).flatten()
    }

    /// Whether both sides can have a buyer authenticated.
    pub(super) fn can_authenticate(&self, ticket: &Ticket) -> bool {
        ticket.abilities.authentication && self.store().acquirer.is_some()
    }
}

impl Demand {
    /// The demand that counts for what the draft costs now.
    pub(super) fn of(draft: &Draft) -> Option<Self> {
        let kept: Self = serde_json::from_str(draft.facts.get(FACT)?).ok()?;
        let total = draft.quote.totals.total;
        let is_about_it = kept.total == total.minor() && kept.currency == total.currency().code();
        is_about_it.then_some(kept)
    }

    pub(super) fn new(network: Network, total: Money) -> Self {
        let directory = match network {
            Network::AmericanExpress => DirectoryServer::AmericanExpress,
            Network::Mastercard => DirectoryServer::Mastercard,
            Network::Visa => DirectoryServer::Visa,
        };
        Self { directory, total: total.minor(), currency: total.currency().code().to_owned() }
    }

    /// To keep it with the draft.
    pub(super) fn facts(&self) -> Facts {
        let text = serde_json::to_string(self).expect("texts and an integer serialize");
        Facts::from([(FACT.to_owned(), text)])
    }

    /// What an agent needs to have the buyer authenticated.
    pub(super) fn metadata(&self, acquirer: &Acquirer) -> AuthenticationMetadata {
        AuthenticationMetadata {
            acquirer_details: AcquirerDetails {
                acquirer_bin: acquirer.bin.clone(),
                acquirer_country: acquirer.country.clone(),
                acquirer_merchant_id: acquirer.merchant_id.clone(),
                merchant_name: acquirer.merchant_name.clone(),
                requestor_id: acquirer.requestor_id.clone(),
            },
            directory_server: self.directory,
        }
    }
}

/// The demand is met or void; nothing where there is none.
pub(super) fn settled(draft: &Draft) -> Facts {
    let is_kept = draft.facts.get(FACT).is_some_and(|text| !text.is_empty());
    is_kept.then(|| (FACT.to_owned(), String::new())).into_iter().collect()
}

/// What a bank that stands for the buyer has said, about what the draft costs.
fn proof(id: &SessionId, draft: &Draft, result: &AuthenticationResult) -> Result<Proof, Invalid> {
    let details = result.outcome_details.clone().unwrap_or_default();
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    Proof::new(
        id,
        draft.quote.totals.total,
        &text(&details.three_ds_cryptogram),
        &text(&details.electronic_commerce_indicator),
        &text(&details.transaction_id),
        &text(&details.version),
    )
    .map_err(|why| {
        let member = match why {
            Unproved::Cryptogram => "three_ds_cryptogram",
            Unproved::Indicator => "electronic_commerce_indicator",
            Unproved::Transaction => "transaction_id",
            Unproved::Version => "version",
        };
        Invalid {
            code: "invalid",
            message: format!("The proof cannot be used: {why}. Send it as the bank gave it"),
            param: Some(format!("$.authentication_result.outcome_details.{member}")),
        }
    })
}
