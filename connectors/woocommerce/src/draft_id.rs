//! What finds a draft again: its order and its cart's token, packed small, and what it cost when it was
//! opened.
//!
//! The token is a key to the buyer's personal data, so it leaves the process only sealed. The
//! first token of a cart works for 48 hours, longer than any session.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use commerce::{Currency, DraftId, Money};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

const PACKED: u8 = 1;
const AS_TEXT: u8 = 2;
/// Beside either: an amount stands between order and token.
const PRICED: u8 = 4;
const JWT_HEAD: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// A draft, found again.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The draft order behind the cart.
    pub(crate) order: u64,
    pub(crate) token: SecretString,
    /// What it cost when it was opened, where its order does not keep that.
    pub(crate) opened: Option<Money>,
}

/// The claims of a cart's token, in the order in which the store writes them.
#[derive(Serialize, Deserialize)]
struct Claims {
    user_id: String,
    exp: u32,
    iss: String,
    iat: u32,
}

impl Found {
    pub(crate) fn pack(&self) -> DraftId {
        let token = self.token.expose_secret();
        let (layout, token) = match shrink(token) {
            Some(small) => (PACKED, small),
            None => (AS_TEXT, token.as_bytes().to_vec()),
        };
        let mut bytes = vec![if self.opened.is_some() { layout | PRICED } else { layout }];
        bytes.extend(self.order.to_be_bytes());
        if let Some(opened) = self.opened {
            bytes.extend(opened.minor().to_be_bytes());
            bytes.extend(opened.currency().code().as_bytes());
        }
        bytes.extend(token);
        DraftId::new(bytes)
    }

    /// `None` for bytes that we never packed.
    pub(crate) fn unpack(id: &DraftId) -> Option<Self> {
        let (layout, rest) = id.as_bytes().split_first()?;
        let (order, rest) = rest.split_at_checked(8)?;
        let order = u64::from_be_bytes(order.try_into().ok()?);
        let (opened, token) = match layout & PRICED {
            0 => (None, rest),
            _ => price(rest)?,
        };
        let token = match layout & !PRICED {
            PACKED => grow(token)?,
            AS_TEXT => String::from_utf8(token.to_vec()).ok()?,
            _ => return None,
        };
        Some(Self { order, token: token.into(), opened })
    }
}

/// An amount, and what stands behind it.
fn price(bytes: &[u8]) -> Option<(Option<Money>, &[u8])> {
    let (minor, rest) = bytes.split_at_checked(8)?;
    let (code, rest) = rest.split_at_checked(3)?;
    let minor = i64::from_be_bytes(minor.try_into().ok()?);
    let currency = Currency::from_code(std::str::from_utf8(code).ok()?)?;
    Some((Some(Money::new(minor, currency)), rest))
}

/// The cart that a token is for; each answer's token is new, and the cart stays.
pub(crate) fn cart_of(token: &str) -> Option<String> {
    let body = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    serde_json::from_slice::<Claims>(&body).ok().map(|claims| claims.user_id)
}

/// A token of the usual form in 56 bytes instead of 220.
fn shrink(token: &str) -> Option<Vec<u8>> {
    let [head, body, signature] = token.split('.').collect::<Vec<_>>().try_into().ok()?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let claims: Claims = serde_json::from_slice(&decode(body)?).ok()?;
    let cart = claims.user_id.strip_prefix("t_").filter(|cart| cart.len() == 32)?;
    let mut small = u128::from_str_radix(cart, 16).ok()?.to_be_bytes().to_vec();
    small.extend(claims.exp.to_be_bytes());
    small.extend(claims.iat.to_be_bytes());
    small.extend(decode(signature)?);
    // Only what grows back to the same text may be shrunk.
    (decode(head)? == JWT_HEAD.as_bytes() && grow(&small)? == token).then_some(small)
}

fn grow(small: &[u8]) -> Option<String> {
    let (cart, rest) = small.split_at_checked(16)?;
    let (exp, rest) = rest.split_at_checked(4)?;
    let (iat, signature) = rest.split_at_checked(4)?;
    let claims = Claims {
        user_id: format!("t_{:032x}", u128::from_be_bytes(cart.try_into().ok()?)),
        exp: u32::from_be_bytes(exp.try_into().ok()?),
        iss: "store-api".to_owned(),
        iat: u32::from_be_bytes(iat.try_into().ok()?),
    };
    let body = serde_json::to_vec(&claims).ok()?;
    let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
    Some([encode(JWT_HEAD.as_bytes()), encode(&body), encode(signature)].join("."))
}

#[cfg(test)]
mod tests {
    use commerce::{Currency, Money};
    use secrecy::ExposeSecret;

    use super::Found;

    /// As recorded from a real store.
    const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoidF8yMTk1MDdiNzFkYTMwYzE2ZGIyNTcyMDk3ZjgwZGEiLCJleHAiOjE3OTU2MzAzMDAsImlzcyI6InN0b3JlLWFwaSIsImlhdCI6MTc5NTQ1NzUwMH0.GHEWKYSacouG_Q7T8-ruA9uRFeggvaWDSx7HsCtdU0s";

    fn round_trip(token: &str, order: u64) -> usize {
        let mut len = 0;
        for opened in [None, Some(Money::new(2_145, Currency::USD))] {
            let packed = Found { order, token: token.into(), opened }.pack();
            let found = Found::unpack(&packed).unwrap();
            assert_eq!(found.token.expose_secret(), token);
            assert_eq!((found.order, found.opened), (order, opened));
            len = packed.as_bytes().len();
        }
        len
    }

    #[test]
    fn tokens_grow_back_byte_for_byte() {
        assert!(round_trip(TOKEN, 2345) < 240);
        round_trip("another.kind.of-token", 1);
        round_trip("", u64::MAX);
    }

    #[test]
    fn other_bytes_are_no_draft() {
        for bytes in [&[][..], &[1], &[9; 40], &[1; 12], &[5; 12], &[5; 90]] {
            assert!(Found::unpack(&commerce::DraftId::new(bytes)).is_none(), "{bytes:?}");
        }
    }
}
