//! The stores we stand in front of, and the agents that may call for each.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use ::catalog::Catalog;
use commerce::{AgentId, Connector};
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
};
use jiff::{SignedDuration, Timestamp};
use payments::Processor;
use secrecy::ExposeSecret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use upstream::{Chance, Transport, Upstream};
use url::Url;

use crate::{
    app::{Parts, Seams},
    attempts::Attempts,
    changes::Inbox,
    clock::Clock,
    config::{self, Acquirer, Marketing, Platform, Profile, Signature},
    events::Outlet,
    feeds::Feeds,
    guesses::Guesses,
    sales::Telling,
    session::Ticket,
};

/// One store with everything a call to it needs.
pub(crate) struct Store {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) processor: Arc<dyn Processor>,
    pub(crate) merchant_id: String,
    pub(crate) acquirer: Option<Acquirer>,
    pub(crate) links: BTreeMap<String, Url>,
    /// Where buyers are asked whether the seller may write to them.
    pub(crate) marketing: Vec<Marketing>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) feeds: Feeds,
    pub(crate) catalog_refresh: Duration,
    /// How often the store is asked what has changed.
    pub(crate) changes_refresh: Duration,
    /// What its hooks have told of.
    pub(crate) inbox: Inbox,
    /// What its hooks' address ends with.
    pub(crate) platform: &'static str,
    pub(crate) session_lifetime: Duration,
    /// How long a purchase that has not begun to move money may stand still.
    pub(crate) completion_patience: Duration,
    /// How often what has died on the way is looked for.
    pub(crate) reconcile_interval: Duration,
    pub(crate) refunds: config::Refunds,
    /// What its agents were told of their orders.
    pub(crate) telling: Telling,
    /// Who was declined how often.
    pub(crate) attempts: Attempts,
}

impl Store {
    /// When a session ends.
    pub(crate) fn expires_at(&self, ticket: &Ticket) -> Timestamp {
        let lifetime = SignedDuration::try_from(self.session_lifetime).unwrap_or_default();
        ticket.opened_at.checked_add(lifetime).unwrap_or(Timestamp::MAX)
    }

    /// A store that serves no agents, to look at it.
    pub(crate) fn alone(config: &config::Store, seams: &Seams) -> Self {
        Self::new(config, &seams.transport, &seams.chance, &seams.clock, &|parts| parts)
    }

    /// Wires a configured store to the network.
    pub(crate) fn new(
        config: &config::Store,
        transport: &Arc<dyn Transport>,
        chance: &Arc<dyn Chance>,
        clock: &Arc<dyn Clock>,
        around: &dyn Fn(Parts) -> Parts,
    ) -> Self {
        let upstream = |name: &str, url: &Url, limits| {
            let name = format!("{}.{name}", config.id);
            Upstream::new(name, url.clone(), Arc::clone(transport), Arc::clone(chance), limits)
        };
        let now: Arc<dyn Fn() -> Timestamp + Send + Sync> = Arc::new({
            let clock = Arc::clone(clock);
            move || clock.now()
        });
        let connector: Arc<dyn Connector> = match &config.platform {
            Platform::WooCommerce(store) => Arc::new(woocommerce::WooCommerce::new(
                upstream("woocommerce", &store.url, store.limits),
                woocommerce::Settings {
                    consumer_key: store.consumer_key.clone(),
                    consumer_secret: store.consumer_secret.clone(),
                    payment_title: store.payment_title.clone(),
                    catalog_calls: store.catalog_calls,
                    meta_keys: store.meta_keys.clone(),
                    link_customers: store.link_customers,
                    now: woocommerce::Now(now),
                },
            )),
            Platform::Shopify(store) => Arc::new(shopify::Shopify::new(
                upstream("shopify", &store.url, store.limits),
                shopify::Settings {
                    access: store.access.clone(),
                    version: store.version,
                    points_wait_max: store.points_wait_max,
                    catalog: store.catalog.clone(),
                    hook_secrets: store.webhook_secrets.clone(),
                    now: shopify::Now(now),
                },
            )),
        };
        let stripe = payments::Stripe::new(
            upstream("stripe", &config.stripe.url, config.stripe.limits),
            payments::Settings {
                secret_key: config.stripe.secret_key.clone(),
                api_version: config.stripe.api_version.clone(),
                token_api_version: config.stripe.token_api_version.clone(),
                token_parameter: config.stripe.token_parameter,
                sca: config.stripe.sca,
                webhook_secrets: config.stripe.webhook_secrets.clone(),
            },
        );
        let parts = around(Parts { connector, processor: Arc::new(stripe) });
        Self {
            id: config.id.clone(),
            name: config.name.clone(),
            connector: parts.connector,
            processor: parts.processor,
            merchant_id: config.stripe.merchant_id.clone(),
            acquirer: config.stripe.acquirer.clone(),
            links: config.links.clone(),
            marketing: config.marketing.clone(),
            catalog: Arc::new(Catalog::new()),
            feeds: Feeds::new(config.feed.clone(), Arc::clone(clock)),
            catalog_refresh: config.catalog_refresh,
            changes_refresh: config.changes_refresh,
            inbox: Inbox::default(),
            platform: config.platform.name(),
            session_lifetime: config.session_lifetime,
            completion_patience: config.completion_patience,
            reconcile_interval: config.reconcile_interval,
            refunds: config.refunds,
            telling: Telling::new(),
            attempts: Attempts::new(config.attempts),
        }
    }
}

/// Who calls, and for which store.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) store: Arc<Store>,
    pub(crate) agent: AgentId,
    pub(crate) profile: Profile,
    pub(crate) signature: Arc<Signature>,
    /// Where it hears of orders.
    pub(crate) events: Option<Arc<Outlet>>,
    /// Its wrong discount codes.
    pub(crate) guesses: Arc<Guesses>,
}

/// Stripe gives up after four seconds; the way there and back takes some of them.
const STRIPE_PATIENCE: Duration = Duration::from_millis(3_600);

impl Caller {
    /// How long it waits for an answer, where not as long as we may take.
    pub(crate) fn patience(&self, request_timeout: Duration) -> Duration {
        match self.profile {
            Profile::Standard | Profile::OpenAi => request_timeout,
            Profile::Stripe => request_timeout.min(STRIPE_PATIENCE),
        }
    }
}

/// Every agent of every store, found by its bearer token.
pub(crate) struct Agents(Vec<Entry>);

struct Entry {
    token_hash: [u8; 32],
    caller: Caller,
    limiter: DefaultDirectRateLimiter,
}

/// Why a call is turned away at the door.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TurnedAway {
    /// Nobody has this token.
    Unknown,
    /// Too many calls; come back later.
    TooMany(Duration),
}

impl Agents {
    pub(crate) fn new<'a>(
        stores: impl Iterator<Item = (&'a config::Store, Arc<Store>)>,
        transport: &Arc<dyn Transport>,
        chance: &Arc<dyn Chance>,
    ) -> Self {
        let entries = stores.flat_map(|(config, store)| {
            config.agents.iter().map(move |agent| Entry {
                token_hash: hash(agent.token.expose_secret()),
                caller: Caller {
                    store: Arc::clone(&store),
                    agent: agent.id.clone(),
                    profile: agent.profile,
                    signature: Arc::new(agent.signature.clone()),
                    events: agent.events.as_ref().map(|events| {
                        let name = format!("{}.agent.{}", config.id, agent.id);
                        Arc::new(Outlet::new(name, events, agent.profile, transport, chance))
                    }),
                    guesses: Arc::new(Guesses::new(agent.wrong_codes_per_minute)),
                },
                limiter: RateLimiter::direct(Quota::per_minute(agent.calls_per_minute)),
            })
        });
        Self(entries.collect())
    }

    /// Where an agent of a store hears of its orders.
    pub(crate) fn outlet(&self, store: &str, agent: &AgentId) -> Option<Arc<Outlet>> {
        let is_it = |by: &&Caller| by.store.id == store && by.agent == *agent;
        self.0.iter().map(|entry| &entry.caller).find(is_it)?.events.clone()
    }

    /// Whether some agent hears of its orders.
    pub(crate) fn hear_of_orders(&self) -> bool {
        self.0.iter().any(|entry| entry.caller.events.is_some())
    }

    /// The caller with this token. Takes the same time whichever it is, and for none.
    pub(crate) fn admit(&self, token: &str) -> Result<&Caller, TurnedAway> {
        let presented = hash(token);
        let found = self.0.iter().fold(None, |found, entry| {
            let same = bool::from(entry.token_hash.ct_eq(&presented));
            if same { Some(entry) } else { found }
        });
        let entry = found.ok_or(TurnedAway::Unknown)?;
        entry.limiter.check().map_err(|until| {
            TurnedAway::TooMany(until.wait_time_from(DefaultClock::default().now()))
        })?;
        Ok(&entry.caller)
    }
}

/// Hashing first makes all tokens equally long, so that comparing tells nothing.
fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
