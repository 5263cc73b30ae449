//! The executable, before an emulated WooCommerce store and an emulated Stripe.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use anyhow::Context;
use emulators::{stripe::Stripe, woocommerce::Store};
use serde_json::Value;

/// The agent's.
pub(crate) const TOKEN: &str = "token-of-the-benchmark";

/// A bridge that serves until it is dropped.
pub(crate) struct Bridge {
    /// The process.
    pub(crate) child: Child,
    /// Where it is reached.
    pub(crate) url: String,
}

impl Drop for Bridge {
    fn drop(&mut self) {
        // It may have ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

impl Bridge {
    /// Starts it with a configuration file like an owner's. Answers with it the path of its feed in
    /// the native contract, as JSON Lines.
    pub(crate) fn start(
        store_url: &str,
        store: &Store,
        stripe_url: &str,
        stripe: &Stripe,
    ) -> anyhow::Result<(Self, String)> {
        let config = std::env::temp_dir().join("storebridge-benchmark.toml");
        let toml = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://bridge.test\"\n\
             session_key = \"env:BENCH_SESSION\"\n\
             [[store]]\nid = \"shop\"\nname = \"Shop\"\nplatform = \"woocommerce\"\n\
             url = \"{store_url}\"\nchanges_refresh_s = 1\n\
             [store.feed.defaults]\nbrand = \"Own\"\n\
             [store.woocommerce]\nconsumer_key = \"env:BENCH_KEY\"\n\
             consumer_secret = \"env:BENCH_SECRET\"\n\
             [store.stripe]\nurl = \"{stripe_url}\"\nsecret_key = \"env:BENCH_STRIPE\"\n\
             merchant_id = \"profile_bench\"\n\
             [[store.agent]]\nid = \"bench\"\ntoken = \"env:BENCH_TOKEN\"\n"
        );
        std::fs::write(&config, toml)?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_storebridge"))
            .args(["serve", "--config"])
            .arg(&config)
            .env("RUST_LOG", "info")
            .env("BENCH_SESSION", "0123456789abcdef0123456789abcdef")
            .env("BENCH_KEY", store.consumer_key())
            .env("BENCH_SECRET", store.consumer_secret())
            .env("BENCH_STRIPE", stripe.secret_key())
            .env("BENCH_TOKEN", TOKEN)
            .stderr(Stdio::piped())
            .spawn()?;
        let log = child.stderr.take().context("no log")?;
        let mut lines = BufReader::new(log).lines();
        let (mut url, mut feed) = (None, None);
        for line in lines.by_ref() {
            let line: Value = serde_json::from_str(&line?)?;
            feed = line["feed"].as_str().map(str::to_owned).or(feed);
            if line["message"] == "serving" {
                url = line["listen"].as_str().map(|address| format!("http://{address}"));
                break;
            }
        }
        // The rest of its log is read too, or it would wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let url = url.context("it does not serve")?;
        let feed = feed.context("it names no feed")?.replace("http://bridge.test", "");
        Ok((Self { child, url }, feed))
    }
}
