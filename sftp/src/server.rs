//! Who the server is.

use russh::keys::{Algorithm, HashAlg, PrivateKey, PublicKey, parse_public_key_base64};
use thiserror::Error;

/// The one key that a server may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostKey(PublicKey);

/// A text that is no key, or none that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoKey {
    /// It is no public key.
    #[error("it is no public key such as \"ssh-ed25519 AAAA…\"; `ssh-keyscan HOST` shows it")]
    Public,
    /// It is no private key.
    #[error(
        "it is no private key of OpenSSH without a passphrase; make one with `ssh-keygen -t ed25519 -N ''`"
    )]
    Private,
    /// RSA keys need a library that leaks them through its timing.
    #[error("RSA is not supported; use Ed25519 or ECDSA")]
    Rsa,
}

impl HostKey {
    /// Reads a key as a line of `known_hosts` or a `.pub` file has it, with or without its host.
    pub fn parse(text: &str) -> Result<Self, NoKey> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let is_kind = |word: &&&str| word.starts_with("ssh-") || word.starts_with("ecdsa-");
        let kind = words.iter().position(|word| is_kind(&word)).ok_or(NoKey::Public)?;
        if words[kind] == "ssh-rsa" {
            return Err(NoKey::Rsa);
        }
        let base64 = words.get(kind + 1).ok_or(NoKey::Public)?;
        parse_public_key_base64(base64).map(Self).map_err(|_| NoKey::Public)
    }

    pub(crate) fn is(&self, shown: &PublicKey) -> bool {
        self.0.key_data() == shown.key_data()
    }

    /// What the server has to be asked for, so that it shows this key and not another of its own.
    pub(crate) fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }

    /// `SHA256:…`, as `ssh` shows it.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }
}

/// Whether a text is a private key that can be used.
pub fn check_key(text: &str) -> Result<(), NoKey> {
    private_key(text).map(|_| ())
}

pub(crate) fn private_key(text: &str) -> Result<PrivateKey, NoKey> {
    let key = PrivateKey::from_openssh(text).map_err(|_| NoKey::Private)?;
    if key.is_encrypted() {
        return Err(NoKey::Private);
    }
    if key.algorithm().is_rsa() { Err(NoKey::Rsa) } else { Ok(key) }
}

#[cfg(test)]
mod tests {
    use super::{HostKey, NoKey, check_key};

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    #[test]
    fn a_key_is_read_however_it_was_copied() {
        let plain = HostKey::parse(&format!("ssh-ed25519 {KEY}")).unwrap();
        assert_eq!(HostKey::parse(&format!("sftp.example ssh-ed25519 {KEY} me@here")), Ok(plain));
        for (text, why) in [
            ("", NoKey::Public),
            (KEY, NoKey::Public),
            ("ssh-ed25519", NoKey::Public),
            ("ssh-ed25519 AAAA", NoKey::Public),
            ("ssh-rsa AAAAB3NzaC1yc2E", NoKey::Rsa),
        ] {
            assert_eq!(HostKey::parse(text), Err(why), "{text}");
        }
        assert_eq!(check_key("secret"), Err(NoKey::Private));
    }
}
