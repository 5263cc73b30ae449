//! The emulated Stripe as a process of its own, for clients in other languages.
//!
//! Prints one line of JSON (`url`, `secret_key`, `webhook_secret`), serves and delivers webhooks
//! until it is killed. `/_emulator/…` moves its clock, plans faults and opens its books.

use std::io::{self, Write};

use emulators::{serve, stripe::Hands};

const SEED: u64 = 2026;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let hands = Hands::new(emulators::system_clock(), SEED);
    let running = serve::start(hands.router()).await;
    let stripe = hands.stripe();
    let line = serde_json::json!({
        "url": running.url,
        "secret_key": stripe.secret_key(),
        "webhook_secret": stripe.webhook_secret(),
    });
    writeln!(io::stdout(), "{line}")?;
    stripe.keep_delivering().await;
    Ok(())
}
