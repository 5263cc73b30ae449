//! What feeds say, and where they are brought.

use std::time::Duration;

use feed::{Format, Packing, Profile, parse_suffix};
use toml::Spanned;

use super::{File, limits};
use crate::config::{
    ApiPush, ConfigError, Feed, SftpPush,
    push::{RawApi, RawSftp},
    raw,
};

impl File<'_> {
    /// What is said of the seller elsewhere holds for its feeds too.
    pub(super) fn feed(&self, key: &str, raw: &raw::Store) -> Result<Feed, ConfigError> {
        let table = raw.feed.get_ref();
        table.check().map_err(|message| {
            let fix = "See docs/feed.md for what each field may hold";
            self.at(&raw.feed, &format!("{key}.feed"), &message, fix)
        })?;
        let mut feed = table.resolved();
        for (at, raw) in table.sftp.iter().enumerate() {
            feed.sftp.push(self.sftp(&format!("{key}.feed.sftp[{at}]"), raw)?);
        }
        for (at, raw) in table.api.iter().enumerate() {
            feed.api.push(self.api(&format!("{key}.feed.api[{at}]"), raw)?);
        }
        feed.or_default("seller_name", &raw.name);
        feed.or_default("seller_url", raw.url.get_ref());
        for (field, link) in [
            ("seller_privacy_policy", "privacy_policy"),
            ("seller_tos", "terms_of_use"),
            ("return_policy", "return_policy"),
        ] {
            if let Some(page) = raw.links.get(link) {
                feed.or_default(field, page.get_ref());
            }
        }
        Ok(feed)
    }

    fn sftp(&self, key: &str, raw: &RawSftp) -> Result<SftpPush, ConfigError> {
        let (profile, format, packing) = self.kind(key, &raw.profile, &raw.format)?;
        let host_key = sftp::HostKey::parse(raw.host_key.get_ref()).map_err(|why| {
            let fix = "Compare the key with its owner before you write it down";
            self.at(&raw.host_key, &format!("{key}.host_key"), &why.to_string(), fix)
        })?;
        let login = match (&raw.password, &raw.key) {
            (Some(password), None) => {
                sftp::Login::Password(self.secret(&format!("{key}.password"), password)?)
            }
            (None, Some(reference)) => {
                let name = format!("{key}.key");
                let secret = self.secret(&name, reference)?;
                let text = secrecy::ExposeSecret::expose_secret(&secret);
                // The end of its last line went with the spaces around it.
                let text = format!("{text}\n");
                sftp::check_key(&text).map_err(|why| {
                    let fix = "Give the server's owner the public half of the new key";
                    self.at(reference, &name, &why.to_string(), fix)
                })?;
                sftp::Login::Key(text.into())
            }
            _ => {
                let fix = "Write password = \"env:NAME\" or key = \"file:PATH\"";
                let message = "either a password or a key signs in";
                return Err(self.at(&raw.host_key, key, message, fix));
            }
        };
        Ok(SftpPush {
            target: sftp::Target {
                host: raw.host.clone(),
                port: raw.port,
                user: raw.user.clone(),
                login,
                host_key,
                deadline: Duration::from_secs(raw.deadline_s.max(1)),
            },
            folder: raw.folder.clone(),
            profile,
            format,
            packing,
            feed_id: raw.feed_id.clone(),
            target_country: self.country(key, raw.target_country.as_ref())?,
            every: Duration::from_secs(raw.every_s.max(1)),
        })
    }

    fn api(&self, key: &str, raw: &RawApi) -> Result<ApiPush, ConfigError> {
        Ok(ApiPush {
            url: self.url(&format!("{key}.url"), &raw.url)?,
            token: self.secret(&format!("{key}.token"), &raw.token)?,
            version: raw.version.clone(),
            feed_id: raw.feed_id.clone(),
            target_country: self.country(key, raw.target_country.as_ref())?,
            batch_products_max: raw.batch_products_max.max(1),
            gather: Duration::from_millis(raw.gather_ms),
            compare: Duration::from_secs(raw.compare_s.max(1)),
            limits: limits(&raw.calls),
        })
    }

    fn kind(
        &self,
        key: &str,
        profile: &Spanned<String>,
        format: &Spanned<String>,
    ) -> Result<(Profile, Format, Packing), ConfigError> {
        let named: Profile = profile.get_ref().parse().map_err(|why: feed::UnknownProfile| {
            let fix = "Write for example profile = \"openai\"";
            self.at(profile, &format!("{key}.profile"), &why.to_string(), fix)
        })?;
        let place = format!("{key}.format");
        let (written, packing) = parse_suffix(format.get_ref()).map_err(|why| {
            let fix = "Write for example format = \"jsonl.gz\"";
            self.at(format, &place, &why.to_string(), fix)
        })?;
        if !named.takes(written) {
            let message = format!("readers of {named} do not take {written}");
            return Err(self.at(format, &place, &message, "Choose another, such as \"csv.gz\""));
        }
        let is_snapshot = named == Profile::Acp;
        if is_snapshot && (written, packing) != (Format::Jsonl, Packing::None) {
            let message = "a whole replacement of profile acp is products.jsonl, not packed";
            return Err(self.at(format, &place, message, "Write format = \"jsonl\""));
        }
        Ok((named, written, packing))
    }

    fn country(
        &self,
        key: &str,
        raw: Option<&Spanned<String>>,
    ) -> Result<Option<String>, ConfigError> {
        let Some(raw) = raw else { return Ok(None) };
        let text = raw.get_ref();
        if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            return Ok(Some(text.clone()));
        }
        let (message, fix) =
            ("a country has two capital letters", "Write for example target_country = \"US\"");
        Err(self.at(raw, &format!("{key}.target_country"), message, fix))
    }
}
