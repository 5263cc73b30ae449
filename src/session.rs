//! A session id is a sealed ticket: everything that never changes about a session, encrypted.
//!
//! Any replica that shares the key can open it, so no instance has to remember a session. The
//! store and the agent are bound into the seal: a foreign or tampered id does not open, which
//! costs no upstream call and looks exactly like an unknown session.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use commerce::{AgentId, DraftId, SessionId};
use hmac::{Hmac, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use upstream::Chance;

/// Marks the layout of a ticket; a later layout takes another number.
const LAYOUT: u8 = 2;
const NONCE_BYTES: usize = 24;
const HEAD_BYTES: usize = 1 + 8 + 1;
/// The bits of [`Abilities`].
const DISCOUNTS: u8 = 1;
const AUTHENTICATION: u8 = 2;

/// What an id is the id of. Neither opens as the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A checkout session.
    Session,
    /// A cart.
    Cart,
}

impl Kind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Session => "cs_",
            Self::Cart => "ca_",
        }
    }
}

/// What a session id holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// The platform object behind the session.
    pub(crate) draft: DraftId,
    /// When the session was made, in whole seconds.
    pub(crate) opened_at: Timestamp,
    /// What the agent said at the beginning that it can do.
    pub(crate) abilities: Abilities,
}

/// What an agent can do, of what makes a difference here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Abilities {
    /// It knows the discount extension.
    pub(crate) discounts: bool,
    /// It can have a buyer authenticated (3-D Secure).
    pub(crate) authentication: bool,
}

impl Abilities {
    const fn bits(self) -> u8 {
        let discounts = if self.discounts { DISCOUNTS } else { 0 };
        let authentication = if self.authentication { AUTHENTICATION } else { 0 };
        discounts | authentication
    }

    const fn of_bits(bits: u8) -> Self {
        Self { discounts: bits & DISCOUNTS != 0, authentication: bits & AUTHENTICATION != 0 }
    }
}

/// Seals and opens session ids.
pub(crate) struct Sealer {
    cipher: XChaCha20Poly1305,
    key: SecretString,
}

impl Sealer {
    /// Derives its keys from the configured one.
    pub(crate) fn new(key: &SecretString) -> Self {
        let cipher = XChaCha20Poly1305::new(&derive(key, "session id").into());
        Self { cipher, key: key.clone() }
    }

    /// The id under which `agent` knows the session at `store`.
    pub(crate) fn seal(
        &self,
        kind: Kind,
        store: &str,
        agent: &AgentId,
        ticket: &Ticket,
        chance: &dyn Chance,
    ) -> SessionId {
        let mut nonce = [0; NONCE_BYTES];
        chance.fill(&mut nonce);
        let mut plain = Vec::with_capacity(HEAD_BYTES + ticket.draft.as_bytes().len());
        plain.push(LAYOUT);
        plain.extend(ticket.opened_at.as_second().to_be_bytes());
        plain.push(ticket.abilities.bits());
        plain.extend(ticket.draft.as_bytes());
        let bound = binding(kind, store, agent);
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), Payload { msg: &plain, aad: &bound })
            .expect("a ticket is far below the cipher's limit");
        let id = URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat());
        SessionId::new(format!("{}{id}", kind.prefix()))
    }

    /// What the id holds, if we sealed it for this store and agent.
    pub(crate) fn open(
        &self,
        kind: Kind,
        store: &str,
        agent: &AgentId,
        id: &SessionId,
    ) -> Option<Ticket> {
        let bytes = URL_SAFE_NO_PAD.decode(id.as_str().strip_prefix(kind.prefix())?).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let bound = binding(kind, store, agent);
        let nonce = XNonce::try_from(nonce).ok()?;
        let plain = self.cipher.decrypt(&nonce, Payload { msg: sealed, aad: &bound }).ok()?;
        let (head, draft) = plain.split_at_checked(HEAD_BYTES)?;
        if head[0] != LAYOUT {
            return None;
        }
        let seconds = i64::from_be_bytes(head[1..9].try_into().ok()?);
        Some(Ticket {
            draft: DraftId::new(draft),
            opened_at: Timestamp::from_second(seconds).ok()?,
            abilities: Abilities::of_bits(head[9]),
        })
    }

    /// Signs what a store tells of; the same on every replica.
    pub(crate) fn hook_secret(&self, store: &str) -> String {
        URL_SAFE_NO_PAD.encode(derive(&self.key, &format!("hook {store}")))
    }

    /// The part of a store's feed address that cannot be guessed; the same on every replica.
    pub(crate) fn feed_name(&self, store: &str) -> String {
        URL_SAFE_NO_PAD.encode(&derive(&self.key, &format!("feed {store}"))[..24])
    }
}

fn binding(kind: Kind, store: &str, agent: &AgentId) -> Vec<u8> {
    format!("{}\0{store}\0{agent}", kind.prefix()).into_bytes()
}

fn derive(key: &SecretString, purpose: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes())
        .expect("HMAC takes a key of any length");
    mac.update(b"storebridge ");
    mac.update(purpose.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use commerce::{AgentId, DraftId, SessionId};
    use jiff::Timestamp;
    use secrecy::SecretString;
    use upstream::Seeded;

    use super::{Abilities, Kind, Sealer, Ticket};

    fn ticket() -> Ticket {
        Ticket {
            draft: DraftId::new(*b"the platform's own words"),
            opened_at: Timestamp::from_second(1_795_457_250).unwrap(),
            abilities: Abilities { discounts: true, authentication: false },
        }
    }

    fn sealed(sealer: &Sealer) -> SessionId {
        sealer.seal(Kind::Session, "shop", &AgentId::new("chatgpt"), &ticket(), &Seeded::new(7))
    }

    fn sealer(key: &str) -> Sealer {
        Sealer::new(&SecretString::from(key))
    }

    #[test]
    fn a_ticket_round_trips_on_any_replica_with_the_key() {
        let id = sealed(&sealer("one key"));
        let opened = sealer("one key").open(Kind::Session, "shop", &AgentId::new("chatgpt"), &id);
        assert_eq!(opened, Some(ticket()));
    }

    #[test]
    fn nothing_else_opens() {
        let ours = sealer("one key");
        let (id, agent) = (sealed(&ours), AgentId::new("chatgpt"));
        assert_eq!(ours.open(Kind::Session, "shop", &AgentId::new("other"), &id), None);
        assert_eq!(ours.open(Kind::Cart, "shop", &agent, &id), None);
        let renamed = SessionId::new(id.as_str().replace("cs_", "ca_"));
        assert_eq!(ours.open(Kind::Cart, "shop", &agent, &renamed), None);
        assert_eq!(ours.open(Kind::Session, "other", &agent, &id), None);
        assert_eq!(sealer("another key").open(Kind::Session, "shop", &agent, &id), None);
        for text in ["", "cs_", "cs_AAAA", "not ours", "cs_%%%"] {
            assert_eq!(
                ours.open(Kind::Session, "shop", &agent, &SessionId::new(text)),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn every_changed_character_breaks_the_seal() {
        let ours = sealer("one key");
        let id = sealed(&ours);
        for at in 0..id.as_str().len() {
            let mut text = id.as_str().as_bytes().to_vec();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            let changed = SessionId::new(String::from_utf8(text).unwrap());
            assert_eq!(
                ours.open(Kind::Session, "shop", &AgentId::new("chatgpt"), &changed),
                None,
                "{at}"
            );
        }
    }

    #[test]
    fn the_feed_name_is_stable_and_differs_by_store() {
        let (one, two) = (sealer("one key"), sealer("one key"));
        assert_eq!(one.feed_name("shop"), two.feed_name("shop"));
        assert_ne!(one.feed_name("shop"), one.feed_name("other"));
    }
}
