//! What a draft keeps for us: custom attributes, which its order takes over.
//!
//! They are written as a whole, so every write says all of them; those that are not ours stay as they
//! are. The seller reads them as the order's additional details.

use commerce::{AgentId, Commitment, Currency, Facts, Money, Origin, PaymentId, SessionId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::Ordered;

const SESSION: &str = "acp_session";
const AGENT: &str = "acp_agent";
const PAYMENT: &str = "acp_payment";
/// In the place of a payment, where there is nothing to pay.
const NO_PAYMENT: &str = "none";
const TOTAL: &str = "acp_total";
const MEMO: &str = "acp_memo";
/// What the agent was shown, in minor units and a currency.
const AGREED: &str = "acp_agreed";
/// The location where the buyer picks up.
const PICKUP: &str = "acp_pickup";
/// Whether it will never be an order.
const ENDED: &str = "acp_ended";
/// Since when the store will not make an order of it.
const REFUSED: &str = "acp_refused";
/// Another text after each write of ours.
const WRITE: &str = "acp_write";
/// Before the name of each fact that is kept for the seller.
const FACT: &str = "acp_fact_";

/// On every draft and order that an agent has brought: what the store's lists are filtered by.
pub(crate) const TAG: &str = "acp";
/// On a draft that waits for the money of its payment.
pub(crate) const TAG_COMMITTED: &str = "acp-committed";
/// On a draft that will never be an order.
pub(crate) const TAG_ENDED: &str = "acp-canceled";

/// One custom attribute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Attribute {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: Option<String>,
}

/// What the attributes say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) session: Option<String>,
    pub(crate) agent: Option<String>,
    pub(crate) tie: Option<Tie>,
    pub(crate) agreed: Option<Money>,
    pub(crate) pickup: Option<u64>,
    pub(crate) is_ended: bool,
    pub(crate) refused: Option<Timestamp>,
    pub(crate) write: String,
    pub(crate) facts: Facts,
    /// Somebody else's.
    others: Vec<Attribute>,
}

/// To which payment, and for how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tie {
    /// `None` where there is nothing to pay.
    pub(crate) payment: Option<PaymentId>,
    pub(crate) total: Money,
    pub(crate) memo: String,
}

impl Kept {
    pub(crate) fn read(attributes: &[Attribute]) -> Self {
        let mut kept = Self::default();
        let (mut payment, mut total, mut memo) = (None, None, String::new());
        for attribute in attributes {
            let value = attribute.value.clone().unwrap_or_default();
            match attribute.key.as_str() {
                SESSION => kept.session = Some(value),
                AGENT => kept.agent = Some(value),
                PAYMENT => {
                    payment = Some(Some(value).filter(|id| id != NO_PAYMENT).map(PaymentId::new));
                }
                TOTAL => total = read_money(&value),
                MEMO => memo = value,
                AGREED => kept.agreed = read_money(&value),
                PICKUP => kept.pickup = value.parse().ok(),
                ENDED => kept.is_ended = true,
                REFUSED => kept.refused = value.parse().ok(),
                WRITE => kept.write = value,
                key => match key.strip_prefix(FACT) {
                    Some(name) => drop(kept.facts.insert(name.to_owned(), value)),
                    None => kept.others.push(attribute.clone()),
                },
            }
        }
        kept.tie = payment.zip(total).map(|(payment, total)| Tie { payment, total, memo });
        kept
    }

    /// All of it, in the same order every time.
    pub(crate) fn attributes(&self) -> Vec<Attribute> {
        let mut list = self.others.clone();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                list.push(Attribute { key: key.to_owned(), value: Some(value) });
            }
        };
        put(SESSION, self.session.clone());
        put(AGENT, self.agent.clone());
        if let Some(tie) = &self.tie {
            let payment = tie.payment.as_ref().map_or(NO_PAYMENT, PaymentId::as_str);
            put(PAYMENT, Some(payment.to_owned()));
            put(TOTAL, Some(write_money(tie.total)));
            put(MEMO, Some(tie.memo.clone()));
        }
        put(AGREED, self.agreed.map(write_money));
        put(PICKUP, self.pickup.map(|location| location.to_string()));
        put(ENDED, self.is_ended.then(|| "yes".to_owned()));
        put(REFUSED, self.refused.map(|since| since.to_string()));
        put(WRITE, Some(self.write.clone()));
        for (name, text) in &self.facts {
            put(&format!("{FACT}{name}"), Some(text.clone()));
        }
        list
    }

    /// The same, tied to a payment.
    pub(crate) fn tied(&self, commitment: &Commitment) -> Self {
        let mut kept = self.clone();
        kept.session = Some(commitment.session.as_str().to_owned());
        kept.agent = Some(commitment.agent.as_str().to_owned());
        kept.tie = Some(Tie {
            payment: commitment.payment.clone(),
            total: commitment.total,
            memo: commitment.memo.clone(),
        });
        kept.is_ended = false;
        kept.facts.extend(commitment.facts.clone());
        kept
    }

    /// The same, open again.
    pub(crate) fn untied(&self) -> Self {
        Self { tie: None, refused: None, ..self.clone() }
    }

    /// The same, as another write.
    pub(crate) fn marked(&self, write: String) -> Self {
        Self { write, ..self.clone() }
    }

    /// A text of somebody's own under a key; `false` where it is there already.
    pub(crate) fn add(&mut self, key: &str, value: &str) -> bool {
        let is_there = self.others.iter().any(|other| other.key == key);
        if !is_there {
            self.others.push(Attribute { key: key.to_owned(), value: Some(value.to_owned()) });
        }
        !is_there
    }

    /// Who brought it, where an agent has.
    pub(crate) fn origin(&self, order: Ordered) -> Option<Origin> {
        Some(Origin {
            session: SessionId::new(self.session.clone()?),
            agent: AgentId::new(self.agent.clone()?),
            order: order.id(),
            payment: self.tie.as_ref().and_then(|tie| tie.payment.clone()),
        })
    }
}

fn write_money(amount: Money) -> String {
    format!("{} {}", amount.minor(), amount.currency().code())
}

fn read_money(text: &str) -> Option<Money> {
    let (minor, code) = text.split_once(' ')?;
    Some(Money::new(minor.parse().ok()?, Currency::from_code(code)?))
}

#[cfg(test)]
mod tests {
    use commerce::{AgentId, Commitment, Currency, Facts, Money, PaymentId, SessionId};
    use jiff::Timestamp;

    use super::{Attribute, Kept};

    #[test]
    fn what_is_written_is_read() {
        let gift = Attribute { key: "gift".to_owned(), value: Some("yes".to_owned()) };
        let kept = Kept {
            agreed: Some(Money::new(2_145, Currency::USD)),
            pickup: Some(7),
            refused: Some(Timestamp::UNIX_EPOCH),
            write: "a1".to_owned(),
            ..Kept::read(std::slice::from_ref(&gift))
        };
        assert_eq!(Kept::read(&kept.attributes()), kept);
        let tied = kept.tied(&Commitment {
            payment: Some(PaymentId::new("pi_1")),
            total: Money::new(2_145, Currency::USD),
            session: SessionId::new("cs_1"),
            agent: AgentId::new("agent"),
            memo: "a memo".to_owned(),
            facts: Facts::from([("why".to_owned(), "a gift".to_owned())]),
        });
        let read = Kept::read(&tied.attributes());
        assert_eq!(read, tied);
        assert!(read.attributes().contains(&gift), "what is not ours stays");
        assert_eq!(read.untied().tie, None);
    }
}
