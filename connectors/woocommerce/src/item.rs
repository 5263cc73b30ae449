//! What an agent orders: the id of a product or a variation, and behind it what the variation leaves
//! open, such as `31?pa_size=m`. A cart keeps the values but not which of them were chosen, so the
//! names under which lines were ordered are kept with the order.

use std::collections::BTreeMap;

use commerce::{ItemId, Problem, ProblemKind, Subject};
use serde_json::{Value, json};
use url::form_urlencoded;

/// The items that were ordered with choices, by the store's key of their line.
pub(crate) type Names = BTreeMap<String, ItemId>;

/// An item id, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// A product or a variation.
    pub(crate) id: u64,
    /// Attributes by slug or label, and the values for them.
    pub(crate) choices: Vec<(String, String)>,
}

impl Wanted {
    /// `None` for what is no id of the store: it would read a text that is no number as 0.
    pub(crate) fn parse(item: &ItemId) -> Option<Self> {
        let (id, choices) = item.as_str().split_once('?').unwrap_or((item.as_str(), ""));
        let id = id.parse().ok().filter(|id| *id > 0)?;
        let choices = form_urlencoded::parse(choices.as_bytes()).into_owned().collect();
        Some(Self { id, choices })
    }

    /// What the store has to be told to put so many into a cart.
    pub(crate) fn body(&self, quantity: u32) -> Value {
        let mut body = json!({ "id": self.id, "quantity": quantity });
        if !self.choices.is_empty() {
            let choice = |(attribute, value): &(String, String)| json!({ "attribute": attribute, "value": value });
            body["variation"] = self.choices.iter().map(choice).collect();
        }
        body
    }

    /// The choices as the meta of an order's line.
    pub(crate) fn meta(&self) -> Value {
        let meta = |(key, value): &(String, String)| json!({ "key": key, "value": value });
        self.choices.iter().map(meta).collect()
    }
}

/// Nothing of that id is sold.
pub(crate) fn unknown(item: &ItemId) -> Problem {
    Problem {
        kind: ProblemKind::UnknownItem,
        subject: Subject::Item(item.clone()),
        text: format!("The store sells nothing with the id {:?}", item.as_str()),
    }
}

/// How to say what a variation leaves open.
pub(crate) fn how_to_choose(item: &ItemId) -> String {
    let item = item.as_str();
    let and = if item.contains('?') { '&' } else { '?' };
    format!("Order it as \"{item}{and}attribute=value\"")
}

#[cfg(test)]
mod tests {
    use commerce::ItemId;
    use serde_json::json;

    use super::Wanted;

    #[test]
    fn ids_carry_choices() {
        let wanted = |text: &str| Wanted::parse(&ItemId::new(text));
        assert_eq!(wanted("31").unwrap().body(2), json!({"id": 31, "quantity": 2}));
        assert_eq!(
            wanted("31?pa_size=m&Gr%C3%B6%C3%9Fe=Sehr+gro%C3%9F").unwrap().body(1),
            json!({"id": 31, "quantity": 1, "variation": [
                {"attribute": "pa_size", "value": "m"},
                {"attribute": "Größe", "value": "Sehr groß"},
            ]}),
        );
        for bad in ["", "0", "-1", "abc", "?pa_size=m", "31 ", "31m"] {
            assert_eq!(wanted(bad), None, "{bad}");
        }
    }
}
