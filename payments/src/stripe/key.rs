//! The idempotency keys: what makes two calls the same call.
//!
//! Stripe remembers the answer under a key for at least 24 hours and repeats it, a 500 included.
//! A generation makes a fresh key out of one whose stored answer is such a dead end.

use std::fmt::Write;

use commerce::{Money, PaymentId, SessionId};
use sha2::{Digest, Sha256};
use stripe_client_core::IdempotencyKey;

use crate::{Origin, PaymentToken, Proof};

/// One payment per session: neither the amount nor the token is in it, so that a second try
/// with another price or another token meets the first payment and makes none of its own.
pub(super) fn open(store: &str, session: &SessionId, generation: u32) -> IdempotencyKey {
    key("open", &[store, session.as_str()], generation)
}

/// Sets the amount of a payment.
pub(super) fn amend(id: &PaymentId, total: Money, generation: u32) -> IdempotencyKey {
    key("amt", &[id.as_str(), &amount(total)], generation)
}

/// Authorizes with one token; another token or proof is another call on the same payment.
pub(super) fn confirm(
    id: &PaymentId,
    token: &PaymentToken,
    proof: Option<&Proof>,
    generation: u32,
) -> IdempotencyKey {
    let token = hex(&Sha256::digest(token.expose()));
    match proof {
        None => key("conf", &[id.as_str(), &token], generation),
        Some(proof) => key("conf", &[id.as_str(), &token, &proof.cryptogram], generation),
    }
}

/// Captures one amount.
pub(super) fn capture(id: &PaymentId, total: Money, generation: u32) -> IdempotencyKey {
    key("cap", &[id.as_str(), &amount(total)], generation)
}

/// Voids.
pub(super) fn void(id: &PaymentId, generation: u32) -> IdempotencyKey {
    key("void", &[id.as_str()], generation)
}

/// Gives money back for one reason.
pub(super) fn refund(id: &PaymentId, origin: &Origin, generation: u32) -> IdempotencyKey {
    match origin {
        Origin::Store(refund) => key("refund", &[id.as_str(), "store", refund], generation),
        Origin::Rollback => key("refund", &[id.as_str(), "rollback"], generation),
    }
}

/// A call of one rehearsal.
pub(super) fn rehearsal(run: &str, call: u32) -> IdempotencyKey {
    key("rehearsal", &[run], call)
}

fn amount(total: Money) -> String {
    format!("{}{}", total.minor(), total.currency().code())
}

fn key(action: &str, parts: &[&str], generation: u32) -> IdempotencyKey {
    let mut hash = Sha256::new();
    for part in parts {
        // With its length before it no part can run into the next one.
        hash.update(format!("{}:{part}", part.len()));
    }
    let text = format!("storebridge-{action}-{}-{generation}", hex(&hash.finalize()));
    IdempotencyKey::new(text).expect("a name, a hash and a number stay below 255 characters")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes every write");
        text
    })
}

#[cfg(test)]
mod tests {
    use commerce::{PaymentId, SessionId};

    use super::{confirm, open};
    use crate::{Origin, PaymentToken};

    #[test]
    fn a_key_depends_on_every_part_and_shows_none() {
        let session = SessionId::new("s1");
        assert_eq!(open("shop", &session, 0), open("shop", &session, 0));
        assert_ne!(open("shop", &session, 0), open("shop2", &session, 0));
        assert_ne!(open("shop", &session, 0), open("shop", &session, 1));
        assert_ne!(open("shop", &session, 0), open("shop", &SessionId::new("s2"), 0));
        assert_ne!(open("a", &SessionId::new("bc"), 0), open("ab", &SessionId::new("c"), 0));

        let id = PaymentId::new("pi_1");
        let store = |refund: &str| super::refund(&id, &Origin::Store(refund.to_owned()), 0);
        assert_ne!(store("7"), store("8"));
        assert_ne!(store("rollback"), super::refund(&id, &Origin::Rollback, 0));

        let key = confirm(&PaymentId::new("pi_1"), &PaymentToken::new("spt_secret"), None, 0);
        assert!(!key.as_str().contains("secret"));
        assert_ne!(key, confirm(&PaymentId::new("pi_1"), &PaymentToken::new("spt_other"), None, 0));
    }
}
