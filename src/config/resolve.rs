//! From the file as written to a configuration that cannot be wrong.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    num::NonZeroU32,
    time::Duration,
};

use acp::latest::Version;
use commerce::AgentId;
use secrecy::{ExposeSecret, SecretString};
use toml::Spanned;
use url::Url;

use super::{
    Acquirer, Agent, Channel, Config, ConfigError, EdgeBounds, Events, Marketing, Mirror, Profile,
    Refunds, Server, Signature, SigningKey, Store, Stripe,
    raw::{self, line_at},
};

mod feed;
mod platform;

/// The kinds of links ACP knows (schema `Link`).
const LINK_TYPES: [&str; 8] = [
    "terms_of_use",
    "privacy_policy",
    "return_policy",
    "shipping_policy",
    "contact_us",
    "about_us",
    "faq",
    "support",
];

/// Shorter secrets can be guessed.
const SESSION_KEY_BYTES_MIN: usize = 32;
const AGENT_TOKEN_BYTES_MIN: usize = 16;

/// Beyond it Stripe may have forgotten the key that makes a retry safe.
const SESSION_LIFETIME_S_MAX: u64 = 23 * 3600;

/// Nobody needs longer for a purchase.
const COMPLETION_PATIENCE_S_MIN: u64 = 120;

/// More would wait for days.
const EVENT_ATTEMPTS_MAX: u32 = 16;

pub(super) fn config(text: &str, raw: raw::Config) -> Result<Config, ConfigError> {
    let file = File { text };
    let server = file.server(&raw.server)?;
    if raw.store.is_empty() {
        return Err(file.error(0, "store", "no store is configured", "Add a [[store]] table"));
    }
    let stores = raw
        .store
        .into_iter()
        .enumerate()
        .map(|(at, store)| file.store(&format!("store[{at}]"), store.into_inner()))
        .collect::<Result<Vec<_>, _>>()?;
    file.check_unique(&stores)?;
    Ok(Config { server, stores })
}

struct File<'a> {
    text: &'a str,
}

impl File<'_> {
    fn server(&self, raw: &raw::Server) -> Result<Server, ConfigError> {
        let session_key = self.secret("server.session_key", &raw.session_key)?;
        if session_key.expose_secret().len() < SESSION_KEY_BYTES_MIN {
            return Err(self.at(
                &raw.session_key,
                "server.session_key",
                "the key is shorter than 32 bytes",
                "Make one with `openssl rand -hex 32`",
            ));
        }
        let metrics_listen = raw
            .metrics_listen
            .as_ref()
            .map(|address| self.address("server.metrics_listen", address))
            .transpose()?;
        Ok(Server {
            listen: self.address("server.listen", &raw.listen)?,
            public_url: self.url("server.public_url", &raw.public_url)?,
            metrics_listen,
            session_key,
            bounds: bounds(&raw.bounds),
        })
    }

    fn store(&self, key: &str, raw: raw::Store) -> Result<Store, ConfigError> {
        let id = raw.id.get_ref();
        let plain = !id.is_empty()
            && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !plain {
            return Err(self.at(
                &raw.id,
                &format!("{key}.id"),
                "an id is lower-case letters, digits and dashes",
                "Write for example id = \"my-shop\"",
            ));
        }
        let lifetime = *raw.session_lifetime_s.get_ref();
        if lifetime == 0 || lifetime > SESSION_LIFETIME_S_MAX {
            return Err(self.at(
                &raw.session_lifetime_s,
                &format!("{key}.session_lifetime_s"),
                "a session lives at least a second and less than 23 hours",
                "Leave the key out for six hours",
            ));
        }
        let feed = self.feed(key, &raw)?;
        let platform = self.platform(key, &raw, &feed)?;
        Ok(Store {
            id: raw.id.into_inner(),
            name: raw.name,
            platform,
            stripe: self.stripe(&format!("{key}.stripe"), &raw.stripe)?,
            agents: self.agents(key, &raw.agent)?,
            links: self.links(key, &raw.links)?,
            marketing: self.marketing(key, &raw.marketing)?,
            catalog_refresh: Duration::from_secs(raw.catalog_refresh_s.max(1)),
            changes_refresh: Duration::from_secs(raw.changes_refresh_s.max(1)),
            session_lifetime: Duration::from_secs(lifetime),
            completion_patience: self.patience(key, &raw.completion_patience_s)?,
            reconcile_interval: Duration::from_secs(raw.reconcile_interval_s.max(1)),
            refunds: self.refunds(&format!("{key}.refunds"), &raw.refunds)?,
            attempts: attempts(&raw.attempts),
            feed,
        })
    }

    /// Less than a purchase may take would call off what is still going on.
    fn patience(&self, key: &str, raw: &Spanned<u64>) -> Result<Duration, ConfigError> {
        let seconds = *raw.get_ref();
        if !(COMPLETION_PATIENCE_S_MIN..=SESSION_LIFETIME_S_MAX).contains(&seconds) {
            return Err(self.at(
                raw,
                &format!("{key}.completion_patience_s"),
                "a purchase may stand still for 2 minutes at least and 23 hours at most",
                "Leave the key out for five minutes",
            ));
        }
        Ok(Duration::from_secs(seconds))
    }

    fn refunds(&self, key: &str, raw: &raw::Refunds) -> Result<Refunds, ConfigError> {
        let mirror = |name: &str, raw: &Spanned<String>| match raw.get_ref().as_str() {
            "mirror" => Ok(Mirror::Mirror),
            "warn" => Ok(Mirror::Warn),
            "off" => Ok(Mirror::Off),
            _ => Err(self.at(
                raw,
                &format!("{key}.{name}"),
                "there is no such way to treat refunds",
                "Write \"mirror\", \"warn\" or \"off\"",
            )),
        };
        Ok(Refunds {
            from_store: mirror("from_store", &raw.from_store)?,
            from_processor: mirror("from_processor", &raw.from_processor)?,
            amount_max: raw.amount_max,
        })
    }

    fn stripe(&self, key: &str, raw: &raw::Stripe) -> Result<Stripe, ConfigError> {
        let token_parameter = match raw.token_parameter.get_ref().as_str() {
            "payment_method_data" => payments::TokenParameter::PaymentMethodData,
            "top_level" => payments::TokenParameter::TopLevel,
            _ => {
                return Err(self.at(
                    &raw.token_parameter,
                    &format!("{key}.token_parameter"),
                    "there is no such place for a token",
                    "Write \"payment_method_data\" or \"top_level\"",
                ));
            }
        };
        if raw.merchant_id.get_ref().is_empty() || raw.merchant_id.get_ref().len() > 256 {
            return Err(self.at(
                &raw.merchant_id,
                &format!("{key}.merchant_id"),
                "a merchant id has 1 to 256 characters",
                "Write your Stripe profile id (profile_…) or account id (acct_…)",
            ));
        }
        Ok(Stripe {
            url: self.url(&format!("{key}.url"), &raw.url)?,
            secret_key: self.secret(&format!("{key}.secret_key"), &raw.secret_key)?,
            merchant_id: raw.merchant_id.get_ref().clone(),
            api_version: raw.api_version.clone(),
            token_api_version: raw.token_api_version.clone(),
            token_parameter,
            sca: self.sca(key, raw)?,
            webhook_secrets: self.webhook_secrets(key, raw)?,
            acquirer: self.acquirer(&format!("{key}.acquirer"), raw.acquirer.as_ref())?,
            limits: limits(&raw.calls),
        })
    }

    /// Only a proof that is taken needs an acquirer's numbers, and it needs them.
    fn sca(&self, key: &str, raw: &raw::Stripe) -> Result<payments::Sca, ConfigError> {
        let at = |message, fix| Err(self.at(&raw.sca, &format!("{key}.sca"), message, fix));
        let sca = match raw.sca.get_ref().as_str() {
            "fail_fast" => payments::Sca::FailFast,
            "spt_native" => payments::Sca::SptNative,
            "acp_delegate" => payments::Sca::AcpDelegate,
            _ => {
                return at(
                    "there is no such way",
                    "Write \"fail_fast\", \"spt_native\" or \"acp_delegate\"",
                );
            }
        };
        match (sca, &raw.acquirer) {
            (payments::Sca::AcpDelegate, None) => {
                at("the acquirer's numbers are missing", "Add [store.stripe.acquirer]")
            }
            (payments::Sca::FailFast | payments::Sca::SptNative, Some(acquirer)) => Err(self.at(
                acquirer,
                &format!("{key}.acquirer"),
                "the acquirer's numbers have no use",
                "Write sca = \"acp_delegate\", or leave the table out",
            )),
            _ => Ok(sca),
        }
    }

    fn webhook_secrets(
        &self,
        key: &str,
        raw: &raw::Stripe,
    ) -> Result<Vec<SecretString>, ConfigError> {
        let secrets = raw.webhook_secrets.iter().enumerate();
        secrets.map(|(at, raw)| self.secret(&format!("{key}.webhook_secrets[{at}]"), raw)).collect()
    }

    /// The networks bound every text.
    fn acquirer(
        &self,
        key: &str,
        raw: Option<&Spanned<raw::Acquirer>>,
    ) -> Result<Option<Acquirer>, ConfigError> {
        let Some(spanned) = raw else { return Ok(None) };
        let raw = spanned.get_ref();
        let requestor = raw.requestor_id.as_deref().unwrap_or("-");
        for (name, text, max) in [
            ("bin", raw.bin.as_str(), 11),
            ("merchant_id", &raw.merchant_id, 35),
            ("merchant_name", &raw.merchant_name, 40),
            ("requestor_id", requestor, 35),
        ] {
            if !(1..=max).contains(&text.chars().count()) {
                let message = format!("it has 1 to {max} characters");
                let fix = "Write it as your acquirer has told you";
                return Err(self.at(spanned, &format!("{key}.{name}"), &message, fix));
            }
        }
        let is_country =
            raw.country.len() == 2 && raw.country.bytes().all(|b| b.is_ascii_uppercase());
        if !is_country {
            let message = "a country has two capital letters";
            let fix = "Write for example country = \"US\"";
            return Err(self.at(spanned, &format!("{key}.country"), message, fix));
        }
        Ok(Some(Acquirer {
            bin: raw.bin.clone(),
            country: raw.country.clone(),
            merchant_id: raw.merchant_id.clone(),
            merchant_name: raw.merchant_name.clone(),
            requestor_id: raw.requestor_id.clone(),
        }))
    }

    fn agents(&self, store: &str, raw: &[raw::Agent]) -> Result<Vec<Agent>, ConfigError> {
        if raw.is_empty() {
            let fix = "Add [[store.agent]] with an id and a token";
            return Err(self.error(0, &format!("{store}.agent"), "nobody may call", fix));
        }
        raw.iter()
            .enumerate()
            .map(|(at, agent)| self.agent(&format!("{store}.agent[{at}]"), agent))
            .collect()
    }

    fn agent(&self, key: &str, raw: &raw::Agent) -> Result<Agent, ConfigError> {
        let token = self.secret(&format!("{key}.token"), &raw.token)?;
        if token.expose_secret().len() < AGENT_TOKEN_BYTES_MIN {
            return Err(self.at(
                &raw.token,
                &format!("{key}.token"),
                "a token of fewer than 16 characters can be guessed",
                "Make one with `openssl rand -hex 32`",
            ));
        }
        let calls_per_minute =
            NonZeroU32::new(*raw.calls_per_minute.get_ref()).ok_or_else(|| {
                self.at(
                    &raw.calls_per_minute,
                    &format!("{key}.calls_per_minute"),
                    "an agent without calls cannot do anything",
                    "Leave the key out for 600",
                )
            })?;
        let wrong_codes_per_minute = NonZeroU32::new(*raw.wrong_codes_per_minute.get_ref())
            .ok_or_else(|| {
                self.at(
                    &raw.wrong_codes_per_minute,
                    &format!("{key}.wrong_codes_per_minute"),
                    "buyers mistype, so an agent sends a wrong code now and then",
                    "Leave the key out for 60",
                )
            })?;
        let profile = match raw.profile.get_ref().as_str() {
            "standard" => Profile::Standard,
            "openai" => Profile::OpenAi,
            "stripe" => Profile::Stripe,
            _ => {
                return Err(self.at(
                    &raw.profile,
                    &format!("{key}.profile"),
                    "there is no such profile",
                    "Write \"standard\", \"openai\" or \"stripe\"",
                ));
            }
        };
        let id = AgentId::new(raw.id.get_ref());
        let signature = self.signature(&format!("{key}.signature"), raw.signature.as_ref())?;
        let events = self.events(&format!("{key}.events"), raw.events.as_ref())?;
        Ok(Agent {
            id,
            token,
            calls_per_minute,
            wrong_codes_per_minute,
            profile,
            signature,
            events,
        })
    }

    fn events(&self, key: &str, raw: Option<&raw::Events>) -> Result<Option<Events>, ConfigError> {
        let Some(raw) = raw else { return Ok(None) };
        let attempts_max = *raw.attempts_max.get_ref();
        if !(1..=EVENT_ATTEMPTS_MAX).contains(&attempts_max) {
            return Err(self.at(
                &raw.attempts_max,
                &format!("{key}.attempts_max"),
                &format!("an event is sent 1 to {EVENT_ATTEMPTS_MAX} times"),
                "Leave the key out for 12",
            ));
        }
        let version = Version::parse(raw.version.get_ref()).map_err(|why| {
            let fix = format!("Leave the key out for {:?}", Version::LATEST.as_str());
            self.at(&raw.version, &format!("{key}.version"), &why.to_string(), &fix)
        })?;
        Ok(Some(Events {
            version,
            url: self.url(&format!("{key}.url"), &raw.url)?,
            secret: self.secret(&format!("{key}.secret"), &raw.secret)?,
            attempts_max,
            first_delay: Duration::from_millis(raw.first_delay_ms),
            limits: limits(&raw.calls),
        }))
    }

    fn signature(&self, key: &str, raw: Option<&raw::Signature>) -> Result<Signature, ConfigError> {
        let Some(raw) = raw else { return Ok(Signature::Off) };
        let secret = self.secret(&format!("{key}.secret"), &raw.secret)?;
        let signing = SigningKey { secret, skew: Duration::from_secs(raw.skew_s) };
        Ok(if raw.required { Signature::Required(signing) } else { Signature::Optional(signing) })
    }

    fn links(
        &self,
        store: &str,
        raw: &BTreeMap<String, Spanned<String>>,
    ) -> Result<BTreeMap<String, Url>, ConfigError> {
        raw.iter()
            .map(|(kind, url)| {
                let key = format!("{store}.links.{kind}");
                if !LINK_TYPES.contains(&kind.as_str()) {
                    let fix = format!("Use one of {}", LINK_TYPES.join(", "));
                    return Err(self.at(url, &key, "ACP knows no such link", &fix));
                }
                Ok((kind.clone(), self.url(&key, url)?))
            })
            .collect()
    }

    fn marketing(
        &self,
        store: &str,
        raw: &[raw::Marketing],
    ) -> Result<Vec<Marketing>, ConfigError> {
        let mut channels = BTreeSet::new();
        let one = |(at, raw): (usize, &raw::Marketing)| {
            let key = format!("{store}.marketing[{at}]");
            let known = [Channel::Email, Channel::Sms, Channel::WhatsApp];
            let channel = known.into_iter().find(|known| known.as_str() == raw.channel.get_ref());
            let wrong = |message: &str, fix: &str| {
                self.at(&raw.channel, &format!("{key}.channel"), message, fix)
            };
            let channel = channel.ok_or_else(|| {
                wrong("nobody can be reached there", "Write \"email\", \"sms\" or \"whatsapp\"")
            })?;
            if !channels.insert(channel) {
                return Err(wrong("the channel is there twice", "Leave one of them out"));
            }
            let privacy_policy = self.url(&format!("{key}.privacy_policy"), &raw.privacy_policy)?;
            Ok(Marketing { channel, text: raw.text.clone(), privacy_policy })
        };
        raw.iter().enumerate().map(one).collect()
    }

    /// A bearer token finds its store, so no two agents may share one.
    fn check_unique(&self, stores: &[Store]) -> Result<(), ConfigError> {
        let mut ids = BTreeSet::new();
        let mut tokens = BTreeSet::new();
        for (at, store) in stores.iter().enumerate() {
            if !ids.insert(&store.id) {
                let key = format!("store[{at}].id");
                return Err(self.error(0, &key, "two stores have the same id", "Rename one"));
            }
            for agent in &store.agents {
                if !tokens.insert(agent.token.expose_secret()) {
                    let key = format!("store[{at}].agent");
                    let fix = "Give every agent of every store a token of its own";
                    return Err(self.error(0, &key, "two agents share a token", fix));
                }
            }
        }
        Ok(())
    }

    fn url(&self, key: &str, raw: &Spanned<String>) -> Result<Url, ConfigError> {
        let fix = "Write an absolute URL such as \"https://shop.example\"";
        let url = Url::parse(raw.get_ref()).map_err(|error| {
            self.at(raw, key, &format!("{:?} is no URL: {error}", raw.get_ref()), fix)
        })?;
        let web = matches!(url.scheme(), "http" | "https") && url.has_host();
        if web { Ok(url) } else { Err(self.at(raw, key, "only http and https work", fix)) }
    }

    fn address(&self, key: &str, raw: &Spanned<String>) -> Result<SocketAddr, ConfigError> {
        raw.get_ref().parse().map_err(|_| {
            let message = format!("{:?} is no address with a port", raw.get_ref());
            self.at(raw, key, &message, "Write for example \"0.0.0.0:8080\"")
        })
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads them")]
    fn secret(&self, key: &str, raw: &Spanned<String>) -> Result<SecretString, ConfigError> {
        let reference = raw.get_ref();
        let found = if let Some(name) = reference.strip_prefix("env:") {
            std::env::var(name).map_err(|_| {
                let message = format!("the environment variable {name} is not set");
                self.at(raw, key, &message, "Set it before starting, or use file:PATH")
            })
        } else if let Some(path) = reference.strip_prefix("file:") {
            std::fs::read_to_string(path).map_err(|error| {
                self.at(raw, key, &format!("cannot read {path}: {error}"), "Check the path")
            })
        } else {
            Err(self.at(
                raw,
                key,
                "a secret may not stand in the file itself",
                "Write \"env:NAME\" or \"file:PATH\" and keep the secret there",
            ))
        }?;
        let found = found.trim();
        if found.is_empty() {
            return Err(self.at(raw, key, "the secret is empty", "Put a value there"));
        }
        Ok(SecretString::from(found))
    }

    fn at<T>(&self, raw: &Spanned<T>, key: &str, message: &str, fix: &str) -> ConfigError {
        self.error(raw.span().start, key, message, fix)
    }

    fn error(&self, at: usize, key: &str, message: &str, fix: &str) -> ConfigError {
        ConfigError {
            key: key.to_owned(),
            line: line_at(self.text, at),
            message: message.to_owned(),
            fix: fix.to_owned(),
        }
    }
}

fn attempts(raw: &raw::Attempts) -> crate::attempts::Bounds {
    crate::attempts::Bounds {
        per_session_max: raw.per_session_max.max(1),
        per_token_max: raw.per_token_max.max(1),
        per_agent_max: raw.per_agent_max.max(1),
        first_delay: Duration::from_secs(raw.first_delay_s),
    }
}

pub(super) const fn bounds(raw: &raw::Bounds) -> EdgeBounds {
    EdgeBounds {
        body_bytes_max: raw.body_bytes_max,
        head_timeout: Duration::from_millis(raw.head_timeout_ms),
        body_timeout: Duration::from_millis(raw.body_timeout_ms),
        request_timeout: Duration::from_millis(raw.request_timeout_ms),
        idle_timeout: Duration::from_millis(raw.idle_timeout_ms),
        connections_max: raw.connections_max,
        requests_max: raw.requests_max,
        drain_timeout: Duration::from_millis(raw.drain_timeout_ms),
        replay_bytes_max: raw.replay_bytes_max,
    }
}

fn limits(raw: &raw::Calls) -> upstream::Limits {
    upstream::Limits {
        deadline: Duration::from_millis(raw.deadline_ms),
        body_max: raw.answer_bytes_max,
        retries_max: raw.retries_max,
        retry_delay: Duration::from_millis(raw.retry_delay_ms),
        gate: upstream::GateLimits {
            in_flight_max: raw.in_flight_max.max(1),
            queue_max: raw.queue_max,
            queue_wait_max: Duration::from_millis(raw.queue_wait_ms),
        },
    }
}
