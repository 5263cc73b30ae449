//! `storebridge check`: whether the key and its account can charge.

use commerce::{Finding, Level};
use secrecy::ExposeSecret;

use super::{
    Stripe,
    error::{Failure, Refusal},
    wire::{Account, EVENTS, Nothing},
};
use crate::PaymentError;

impl Stripe {
    /// What works, what does not, and what to do; changes nothing.
    pub(super) async fn look(&self) -> Vec<Finding> {
        let mut findings = vec![mode(self.client.settings.secret_key.expose_secret())];
        let sender = self.client.stable("account.read");
        match sender.read::<Account, Account>("/account", &Nothing {}).await {
            Ok(account) => findings.extend(account_findings(&account)),
            Err(failure) => findings.push(key_finding(failure)),
        }
        if self.client.settings.webhook_secrets.is_empty() {
            findings.push(hooks_finding());
        }
        findings
    }
}

fn mode(secret_key: &str) -> Finding {
    let (level, detail) = if secret_key.contains("_live_") {
        (Level::Ok, "Live: real money moves")
    } else if secret_key.contains("_test_") {
        (Level::Warning, "Test: no real money moves. Use the live key to sell")
    } else {
        (Level::Failure, "This is no secret key. It begins with sk_live_, sk_test_ or rk_")
    };
    finding(level, "Stripe mode", detail)
}

fn account_findings(account: &Account) -> [Finding; 2] {
    let key = format!("Valid for {}", account.name());
    let (level, charges) = match account.charges_enabled {
        Some(true) => (Level::Ok, "The account can charge"),
        Some(false) => {
            (Level::Failure, "The account cannot charge. Complete its details in the dashboard")
        }
        None => (Level::Warning, "Stripe does not say whether the account can charge"),
    };
    [finding(Level::Ok, "Stripe key", &key), finding(level, "Stripe charges", charges)]
}

fn key_finding(failure: Failure) -> Finding {
    if failure.refusal().is_some_and(Refusal::is_forbidden) {
        let detail = "Valid, but it may not read the account, so charges could not be checked";
        return finding(Level::Warning, "Stripe key", detail);
    }
    let detail = match PaymentError::from(failure) {
        PaymentError::Denied { hint } => hint,
        error => format!("{error}. Check the network and try again"),
    };
    finding(Level::Failure, "Stripe key", &detail)
}

fn hooks_finding() -> Finding {
    let detail = format!(
        "No secret is set, so what happens at Stripe is noticed late. Add an endpoint in the \
         dashboard and its secret to webhook_secrets. It needs the events {}",
        EVENTS.join(", ")
    );
    finding(Level::Warning, "Stripe webhooks", &detail)
}

pub(super) fn finding(level: Level, what: &str, detail: &str) -> Finding {
    Finding { level, what: what.to_owned(), detail: detail.to_owned() }
}
