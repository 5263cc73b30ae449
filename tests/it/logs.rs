//! What the real executable says on standard error, and what it never does.

use emulators::faults::Fault;

use crate::{
    crash::Process,
    stage::{
        TOKEN, Upstreams,
        agent::{ada, san_francisco},
    },
};

/// A017, at a level that an owner would turn on to find a fault.
#[tokio::test]
async fn no_secret_and_no_buyer_is_in_the_log() {
    let upstreams = Upstreams::start().await;
    let process = Process::logging(&upstreams, "debug");
    process.ready().await;
    let agent = process.agent();
    let session = agent.ready("20", 1).await;
    let declined = upstreams.stripe.mint("pm_card_chargeDeclined", 1_000_000, "usd");
    agent.complete(session.id(), &declined).await;
    agent.complete(session.id(), "spt_never_issued").await;
    upstreams.store_faults.next("GET", "/cart", Fault::PhpFatal);
    agent.retrieve(session.id()).await;
    let good = upstreams.stripe.mint("pm_card_visa", 1_000_000, "usd");
    upstreams.stripe_faults.next("POST", "/confirm", Fault::DropAfter);
    let done = agent.complete_until_done(session.id(), &good).await;
    assert_eq!(done.body["status"], "completed", "{}", done.body);
    let log = process.log();

    assert!(log.contains("order placed"), "it is the log of this purchase:\n{log}");
    let (buyer, place) = (ada(), san_francisco());
    for secret in [
        TOKEN,
        &declined,
        &good,
        "spt_never_issued",
        upstreams.store.consumer_key(),
        upstreams.store.consumer_secret(),
        upstreams.stripe.secret_key(),
        "0123456789abcdef0123456789abcdef",
        "eyJhbGciOi",
        session.id(),
        buyer["email"].as_str().unwrap(),
        buyer["last_name"].as_str().unwrap(),
        place["address"]["line_one"].as_str().unwrap(),
    ] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}
