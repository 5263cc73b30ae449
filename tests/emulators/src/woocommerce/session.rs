//! Cart tokens: HS256 JWTs over the site's salt, good for 48 hours.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::shop::Shop;
use super::wire::{Answer, Call, problem};

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const LIFETIME_SECONDS: i64 = 48 * 60 * 60;

/// Whose cart a call is about.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// The id inside the token: `t_` and 32 digits.
    pub(super) user: String,
    /// The call may write: its token was good, or its nonce.
    pub(super) may_write: Result<(), Denied>,
}

/// Why a call may not write.
#[derive(Clone, Copy, Debug)]
pub(super) enum Denied {
    Missing,
    Invalid,
}

impl Denied {
    /// The answer that says so; neither word tells of an expired token.
    pub(super) fn answer(self) -> Answer {
        match self {
            Self::Missing => problem(
                401,
                "woocommerce_rest_missing_nonce",
                "Missing the Nonce header. This endpoint requires a valid nonce.",
            ),
            Self::Invalid => problem(403, "woocommerce_rest_invalid_nonce", "Nonce is invalid."),
        }
    }
}

impl Shop {
    /// The session of a call; a bad token is as good as none.
    pub(super) fn session(&mut self, call: &Call) -> Session {
        if let Some(user) = call.header("cart-token").and_then(|token| self.token_user(token)) {
            return Session { user, may_write: Ok(()) };
        }
        let may_write = match call.header("nonce") {
            None => Err(Denied::Missing),
            Some(nonce) if nonce == self.nonce => Ok(()),
            Some(_) => Err(Denied::Invalid),
        };
        Session { user: format!("t_{}", self.hex(32)), may_write }
    }

    /// A fresh token for a session.
    pub(super) fn token(&self, user: &str) -> String {
        let now = self.now().as_second();
        let payload = format!(
            r#"{{"user_id":"{user}","exp":{},"iss":"store-api","iat":{now}}}"#,
            now + LIFETIME_SECONDS
        );
        let signed = format!("{}.{}", encode(HEADER.as_bytes()), encode(payload.as_bytes()));
        let signature = encode(&self.mac(&signed).finalize().into_bytes());
        format!("{signed}.{signature}")
    }

    /// The user of a token with a right signature that has not expired.
    pub(super) fn token_user(&self, token: &str) -> Option<String> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        self.mac(signed).verify_slice(&signature).ok()?;
        let payload = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        let payload: Value = serde_json::from_slice(&payload).ok()?;
        let alive = payload["exp"].as_i64()? > self.now().as_second();
        payload["user_id"].as_str().filter(|_| alive).map(str::to_owned)
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        let mac =
            Hmac::<Sha256>::new_from_slice(&self.salt).expect("HMAC takes keys of any length");
        mac.chain_update(signed.as_bytes())
    }
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
