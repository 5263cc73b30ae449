//! `storebridge demo`: bridge, store and Stripe in one process, with no account anywhere.
//!
//! The store and Stripe are emulated; everything in between is the real code, over loopback
//! HTTP. Only this module knows the emulators.

use std::{
    collections::BTreeMap,
    future::Future,
    io::{self, Write},
    net::SocketAddr,
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use commerce::AgentId;
use emulators::{serve::Running, stripe::Stripe};
use secrecy::SecretString;
use tokio::net::TcpListener;
use upstream::{Chance, GateLimits, Limits, SystemChance};
use url::Url;

use crate::{
    App, Seams,
    config::{self, Agent, Config, EdgeBounds, Profile, Server, Signature},
};

mod agent;
mod items;
mod shop;
mod words;

pub use shop::Kind;
use shop::Shop;

/// The demo is the same every time, but for its secrets.
const SEED: u64 = 2026;
/// How many payment tokens of each kind are minted; each pays once.
const TOKENS: usize = 10;
/// What a generous token may pay, in minor units.
const GENEROUS: i64 = 1_000_000;

/// What the demo says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words {
    /// What to try, for a human.
    Walk,
    /// One line, for a script.
    Json,
    /// The agent's part as well; then it ends.
    Buy,
}

/// Starts everything, says what there is, and serves until `shutdown` or the end of the purchase.
pub async fn run(
    listen: SocketAddr,
    kind: Kind,
    words: Words,
    shutdown: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let listener = crate::bind(listen).await?;
    let demo = Demo::start(&listener, kind).await?;
    let mut out = io::stdout();
    match words {
        Words::Walk => words::walk(&demo, &mut out)?,
        Words::Json => words::json(&demo, &mut out)?,
        Words::Buy => {
            let serving = crate::run(listener, &demo.app, shutdown);
            return tokio::select! {
                biased;
                bought = agent::buy(&demo, &mut out) => bought,
                () = serving => Err(anyhow::anyhow!("stopped before the purchase ended")),
            };
        }
    }
    crate::run(listener, &demo.app, shutdown).await;
    if words == Words::Walk {
        writeln!(out, "Stopped.")?;
    }
    Ok(())
}

/// Everything that runs.
struct Demo {
    app: Arc<App>,
    seams: Seams,
    base_url: String,
    feed_url: String,
    token: String,
    shop: Shop,
    store_server: Running,
    stripe: Stripe,
    stripe_server: Running,
}

impl Demo {
    async fn start(listener: &TcpListener, kind: Kind) -> anyhow::Result<Self> {
        let base_url = format!("http://{}", listener.local_addr()?);
        let now = emulators::system_clock();

        let (shop, store_server) = Shop::start(kind, &now).await?;
        let stripe = Stripe::new(now, SEED);
        let stripe_server = emulators::serve::start(stripe.router()).await;

        let token = format!("demo_{}", secret());
        let seams = crate::real_world()?;
        let config = config(&base_url, &token, (&shop, &store_server), (&stripe, &stripe_server))?;
        let app = App::new(&config, seams.clone());
        app.start();
        app.ready().await;
        let feed_url = app.feed_url(0).unwrap_or_default();
        Ok(Self {
            app,
            seams,
            base_url,
            feed_url,
            token,
            shop,
            store_server,
            stripe,
            stripe_server,
        })
    }
}

/// What a configuration file would say.
fn config(
    base_url: &str,
    token: &str,
    (shop, store_server): (&Shop, &Running),
    (stripe, stripe_server): (&Stripe, &Running),
) -> anyhow::Result<Config> {
    let store_url = Url::parse(&store_server.url)?;
    let links = [("terms_of_use", "terms"), ("privacy_policy", "privacy")]
        .into_iter()
        .map(|(kind, page)| Ok((kind.to_owned(), store_url.join(page)?)))
        .collect::<Result<BTreeMap<_, _>, url::ParseError>>()?;
    let public_url = Url::parse(base_url)?;
    let agents = vec![Agent {
        id: AgentId::new("demo"),
        token: SecretString::from(token),
        calls_per_minute: NonZeroU32::new(60_000).unwrap_or(NonZeroU32::MIN),
        wrong_codes_per_minute: NonZeroU32::new(60_000).unwrap_or(NonZeroU32::MIN),
        profile: Profile::Standard,
        signature: Signature::Off,
        events: None,
    }];
    Ok(Config {
        server: Server {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_url,
            metrics_listen: None,
            session_key: SecretString::from(secret()),
            bounds: EdgeBounds::default(),
        },
        stores: vec![config::Store {
            id: "demo".to_owned(),
            name: "The Demo Store".to_owned(),
            platform: shop.platform(store_url),
            stripe: config::Stripe {
                url: Url::parse(&stripe_server.url)?,
                secret_key: SecretString::from(stripe.secret_key()),
                merchant_id: "profile_test_demo".to_owned(),
                api_version: payments::API_VERSION.to_owned(),
                token_api_version: payments::TOKEN_API_VERSION.to_owned(),
                token_parameter: payments::TokenParameter::PaymentMethodData,
                sca: payments::Sca::FailFast,
                webhook_secrets: Vec::new(),
                acquirer: None,
                limits: limits(),
            },
            agents,
            marketing: vec![config::Marketing {
                channel: config::Channel::Email,
                text: "News and offers of the demo store".to_owned(),
                privacy_policy: links["privacy_policy"].clone(),
            }],
            links,
            catalog_refresh: Duration::from_mins(15),
            changes_refresh: Duration::from_mins(1),
            session_lifetime: Duration::from_hours(6),
            completion_patience: Duration::from_mins(5),
            reconcile_interval: Duration::from_mins(5),
            refunds: config::Refunds {
                from_store: config::Mirror::Mirror,
                from_processor: config::Mirror::Mirror,
                amount_max: None,
            },
            attempts: crate::attempts::Bounds {
                per_session_max: 5,
                per_token_max: 3,
                per_agent_max: 100,
                first_delay: Duration::from_secs(1),
            },
            feed: feed(&store_server.url),
        }],
    })
}

/// The demo's agent may buy what it is shown.
fn feed(store_url: &str) -> config::Feed {
    let mut feed = config::Feed::default();
    let defaults = &mut feed.settings.defaults;
    for (field, value) in [
        ("seller_name", "The Demo Store"),
        ("brand", "Demo"),
        ("seller_privacy_policy", &format!("{store_url}/privacy")),
        ("seller_tos", &format!("{store_url}/terms")),
    ] {
        defaults.insert(field.to_owned(), value.into());
    }
    defaults.insert("is_eligible_checkout".to_owned(), true.into());
    feed
}

/// Loopback is quick and patient.
const fn limits() -> Limits {
    Limits {
        deadline: Duration::from_secs(8),
        body_max: 8 * 1024 * 1024,
        retries_max: 2,
        retry_delay: Duration::from_millis(50),
        gate: GateLimits {
            in_flight_max: 16,
            queue_max: 256,
            queue_wait_max: Duration::from_secs(3),
        },
    }
}

/// 24 random bytes as text.
fn secret() -> String {
    let mut bytes = [0; 24];
    SystemChance.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
