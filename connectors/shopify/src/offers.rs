//! What is offered: whether the items of a cart can be had, and how they can get there.

use std::collections::BTreeMap;

use commerce::{Change, ConnectorError, ItemId, Problem, ProblemKind, Subject};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Shopify,
    attributes::Attribute,
    id::Kind,
    operation::Operation,
    rates::{Options, Way},
    shown::{Bag, Shown, Variant, unreadable},
    wanted::{Misfits, Wanted},
};

pub(crate) const OFFERS: Operation = Operation::read(
    "draft.offers",
    concat!(
        include_str!("operations/offers.graphql"),
        include_str!("operations/fragments/offers.graphql"),
        include_str!("operations/fragments/ways.graphql")
    ),
    7,
);
pub(crate) const LOOK: Operation = Operation::read(
    "draft.look",
    concat!(
        include_str!("operations/look.graphql"),
        include_str!("operations/fragments/offers.graphql"),
        include_str!("operations/fragments/ways.graphql")
    ),
    9,
);
/// What is offered now.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Offered {
    #[serde(default)]
    draft_order: Option<Glimpse>,
    nodes: Vec<Option<Value>>,
    options: Options,
}

/// As much of a draft as tells whether it is still the one that was seen.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Glimpse {
    status: String,
    updated_at: jiff::Timestamp,
    #[serde(default)]
    custom_attributes: Vec<Attribute>,
    total_price_set: Bag,
}

/// A variant, or something else that somebody has named.
struct Node {
    variant: Variant,
    is_bundle: bool,
    product: Sold,
}

/// How a product is sold.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sold {
    status: String,
    is_gift_card: bool,
    requires_selling_plan: bool,
    online_store_url: Option<String>,
    /// Absent where nobody asked about a publication.
    published_on_publication: Option<bool>,
}

impl Sold {
    /// Whether buyers are shown it: where the owner has said, or else on the store's own pages.
    fn is_shown(&self) -> bool {
        self.published_on_publication.unwrap_or(self.online_store_url.is_some())
    }
}

/// What is to be written, and what was left out on the way.
pub(crate) struct Prepared {
    pub(crate) wanted: Wanted,
    pub(crate) ways: Vec<Way>,
    /// Which of them counts.
    pub(crate) way: Option<Way>,
    pub(crate) refused: Vec<Problem>,
    /// What is left of the variants now.
    pub(crate) stock: Vec<Variant>,
    /// Whether the draft is still as it was seen.
    pub(crate) is_current: bool,
}

impl Shopify {
    /// What can be had of a change, and how it can get there. Where a draft was seen before, it is
    /// looked at in the same call.
    pub(crate) async fn prepare(
        &self,
        seen: Option<&Shown>,
        mut wanted: Wanted,
        change: &Change,
    ) -> Result<Prepared, ConnectorError> {
        let mut refused = misfits(wanted.change(change));
        let mut is_current = true;
        let (ways, stock) = loop {
            let offered = self.offers(seen, &wanted).await?;
            if let Some(seen) = seen {
                is_current = offered.shows(seen)?;
            }
            let obstacles = obstacles(&offered, &wanted);
            if obstacles.is_empty() {
                let country = wanted.country();
                let ways = self.ways(&offered.options, country, wanted.currency).await?;
                break (ways, offered.variants().map(|node| node.variant).collect());
            }
            // Whatever cannot be had leaves nothing to choose from, so it is asked again without.
            wanted.lines.retain(|(variant, _)| !obstacles.iter().any(|(gone, _)| gone == variant));
            refused.extend(obstacles.into_iter().map(|(_, problem)| problem));
        };
        let asked = change.rates.as_deref().unwrap_or_default();
        let find = |id: &commerce::RateId| ways.iter().find(|way| way.id == *id);
        if asked.iter().any(|id| find(id).is_none()) {
            refused.push(Problem {
                kind: ProblemKind::Invalid,
                subject: Subject::Rate,
                text: "The store does not offer this option; the earlier choice stays".to_owned(),
            });
        }
        let chosen = asked.iter().rev().find_map(find);
        let chosen = chosen.or_else(|| wanted.rate.as_ref().and_then(find)).or(ways.first());
        let way = chosen.cloned();
        wanted.rate = way.as_ref().map(|way| way.id.clone());
        wanted.kept.pickup =
            way.as_ref().and_then(|way| way.pickup.as_ref()).map(|(location, _)| *location);
        Ok(Prepared { wanted, ways, way, refused, stock, is_current })
    }

    async fn offers(
        &self,
        seen: Option<&Shown>,
        wanted: &Wanted,
    ) -> Result<Offered, ConnectorError> {
        let variants: Vec<String> =
            wanted.lines.iter().map(|(id, _)| Kind::ProductVariant.gid(*id)).collect();
        let mut variables = json!({
            "variants": variants,
            "input": wanted.options(),
            "publication": self.catalog.publication_id(),
            "published": self.catalog.publication.is_some(),
        });
        let Some(seen) = seen else { return self.client.run(&OFFERS, &variables).await };
        variables["id"] = json!(Kind::DraftOrder.gid(seen.id.0));
        self.client.run(&LOOK, &variables).await
    }
}

impl Offered {
    /// Whether the draft is still as it was seen: nobody has written since.
    fn shows(&self, seen: &Shown) -> Result<bool, ConnectorError> {
        let Some(now) = &self.draft_order else {
            return Err(ConnectorError::NotFound { what: "draft" });
        };
        let total = now.total_price_set.money().map_err(unreadable)?;
        Ok(now.status == seen.status
            && now.updated_at == seen.updated_at
            && now.custom_attributes == seen.custom_attributes
            && total == seen.total()?)
    }

    /// The variants among what was named.
    fn variants(&self) -> impl Iterator<Item = Node> {
        self.nodes.iter().flatten().filter_map(|node| {
            Some(Node {
                variant: Variant::deserialize(node).ok()?,
                is_bundle: node["requiresComponents"] == true,
                product: Sold::deserialize(&node["product"]).ok()?,
            })
        })
    }
}

fn misfits(misfits: Misfits) -> Vec<Problem> {
    let problem = |kind, item, text: &str| Problem {
        kind,
        subject: Subject::Item(item),
        text: text.to_owned(),
    };
    let mut problems: Vec<Problem> = misfits
        .items
        .into_iter()
        .map(|item| problem(ProblemKind::UnknownItem, item, "The store has no such item"))
        .collect();
    problems.extend(misfits.quantities.into_iter().map(|item| {
        problem(ProblemKind::QuantityExceeded, item, "The store does not sell so many at once")
    }));
    if misfits.country {
        problems.push(Problem {
            kind: ProblemKind::Invalid,
            subject: Subject::Address(Some("country")),
            text: "There is no such country. Send its code of two letters".to_owned(),
        });
    }
    problems
}

/// Which of the lines cannot be had at all, and why.
fn obstacles(offered: &Offered, wanted: &Wanted) -> Vec<(u64, Problem)> {
    let known: BTreeMap<u64, Node> =
        offered.variants().map(|node| (node.variant.id.0, node)).collect();
    let obstacle = |variant: u64| {
        let node = known.get(&variant);
        let (kind, text) = match node.map(|node| (&node.product, node.is_bundle)) {
            None => (ProblemKind::UnknownItem, "The store has no such item"),
            Some((sold, _)) if !matches!(sold.status.as_str(), "ACTIVE" | "UNLISTED") => {
                (ProblemKind::NotPurchasable, "The store does not sell it now")
            }
            Some((sold, _)) if sold.is_gift_card => {
                (ProblemKind::NotPurchasable, "Gift cards are sold in the store itself")
            }
            Some((sold, _)) if sold.requires_selling_plan => {
                (ProblemKind::NotPurchasable, "Subscriptions are sold in the store itself")
            }
            // A bundle becomes other lines than were asked for.
            Some((_, true)) => {
                (ProblemKind::NotPurchasable, "Bundles are sold in the store itself")
            }
            Some((sold, _)) if !sold.is_shown() => {
                (ProblemKind::NotPurchasable, "The store does not sell it here")
            }
            Some(_) => return None,
        };
        let subject = Subject::Item(ItemId::new(variant.to_string()));
        Some((variant, Problem { kind, subject, text: text.to_owned() }))
    };
    wanted.lines.iter().filter_map(|(variant, _)| obstacle(*variant)).collect()
}
