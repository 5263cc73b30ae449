//! `storebridge check`, and what it says.

use secrecy::SecretString;
use storebridge::{
    check::{Extent, run},
    config::Config,
};

use crate::stage::Upstreams;

async fn check(config: &Config, stripe: bool) -> (bool, String) {
    let mut out = Vec::new();
    let extent = Extent { write: false, stripe };
    let works = run(config, extent, &mut out).await.unwrap();
    (works, String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn tokens_are_tried_out_only_where_it_is_asked_for() {
    let upstreams = Upstreams::start().await;
    let config = upstreams.config();
    let (works, plain) = check(&config, false).await;
    assert!(works && !plain.contains("[store.stripe]"), "{plain}");
    assert_eq!(upstreams.stripe.intents().len(), 0);

    let (works, tried) = check(&config, true).await;
    assert!(works, "{tried}");
    for line in [
        "Stripe tokens: An existing payment is confirmed",
        "Stripe manual capture: Held: consumed",
        "Stripe on a wrong currency: status 400",
        "[store.stripe]: token_parameter = \"payment_method_data\"",
        "[store.stripe]: token_api_version = \"2026-04-22.preview\"",
        "[store.stripe]: sca = \"fail_fast\"",
    ] {
        assert!(tried.contains(line), "{line:?} is missing in:\n{tried}");
    }
}

#[tokio::test]
async fn real_money_is_never_tried_out() {
    let upstreams = Upstreams::start().await;
    let mut config = upstreams.config();
    config.stores[0].stripe.secret_key = SecretString::from("sk_live_51abc");
    let (works, text) = check(&config, true).await;
    assert!(!works && text.contains("Refused: this is no test key"), "{text}");
    assert_eq!(upstreams.stripe.intents().len(), 0);
}
