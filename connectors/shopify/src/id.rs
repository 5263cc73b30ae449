//! Shopify's global ids: `gid://shopify/DraftOrder/123`. Ours are the number alone.

use commerce::{DraftId, ItemId, OrderId, ProductId};
use serde::{Deserialize, Deserializer, de::Error};

/// What a number is the number of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    BulkOperation,
    DraftOrder,
    InventoryItem,
    Order,
    Product,
    ProductVariant,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::BulkOperation => "BulkOperation",
            Self::DraftOrder => "DraftOrder",
            Self::InventoryItem => "InventoryItem",
            Self::Order => "Order",
            Self::Product => "Product",
            Self::ProductVariant => "ProductVariant",
        }
    }

    /// The global id of a number.
    pub(crate) fn gid(self, number: u64) -> String {
        format!("gid://shopify/{}/{number}", self.name())
    }

    /// The number of a global id of this kind.
    pub(crate) fn number(self, gid: &str) -> Option<u64> {
        plain(gid.strip_prefix("gid://shopify/")?.strip_prefix(self.name())?.strip_prefix('/')?)
    }
}

/// The last part of any global id, as a number.
pub(crate) fn tail(gid: &str) -> Option<u64> {
    let path = gid.strip_prefix("gid://shopify/")?;
    plain(path.split('?').next()?.rsplit('/').next()?)
}

/// A global id on the wire, of which only the number is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Gid(pub(crate) u64);

impl<'de> Deserialize<'de> for Gid {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        tail(&text).map(Self).ok_or_else(|| D::Error::custom(format!("{text:?} is no id")))
    }
}

/// A variant that an agent named; anything else than a number is nothing that we sell.
pub(crate) fn variant_of(item: &ItemId) -> Option<u64> {
    plain(item.as_str())
}

/// The number of a product.
pub(crate) fn product_of(product: &ProductId) -> Option<u64> {
    plain(product.as_str())
}

/// The draft behind a session.
pub(crate) fn draft_of(id: &DraftId) -> Option<u64> {
    plain(std::str::from_utf8(id.as_bytes()).ok()?)
}

/// A draft, as a session keeps it.
pub(crate) fn draft_id(number: u64) -> DraftId {
    DraftId::new(number.to_string())
}

/// What an order's id stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ordered {
    /// An order.
    Order(u64),
    /// An order that was still a draft when its id was told: `D123`.
    Draft(u64),
}

impl Ordered {
    pub(crate) fn parse(id: &OrderId) -> Option<Self> {
        match id.as_str().strip_prefix('D') {
            Some(draft) => plain(draft).map(Self::Draft),
            None => plain(id.as_str()).map(Self::Order),
        }
    }

    pub(crate) fn id(self) -> OrderId {
        match self {
            Self::Order(number) => OrderId::new(number.to_string()),
            Self::Draft(number) => OrderId::new(format!("D{number}")),
        }
    }
}

/// A number as Shopify writes it: digits alone, and never 0.
fn plain(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use commerce::{DraftId, ItemId, OrderId};

    use super::{Kind, Ordered, draft_id, draft_of, tail, variant_of};

    #[test]
    fn ids_are_read_strictly() {
        assert_eq!(Kind::DraftOrder.number(&Kind::DraftOrder.gid(7)), Some(7));
        assert_eq!(Kind::Order.number("gid://shopify/DraftOrder/7"), None);
        assert_eq!(Kind::Product.number("gid://shopify/ProductVariant/7"), None);
        assert_eq!(tail("gid://shopify/MailingAddress/12?model_name=Address"), Some(12));
        for bad in ["", "0", "-1", "nonsense", "gid://x/Y/1 OR 1=1", "1 ", "99999999999999999999"] {
            assert_eq!(variant_of(&ItemId::new(bad)), None, "{bad}");
        }
        assert_eq!(draft_of(&draft_id(12)), Some(12));
        assert_eq!(draft_of(&DraftId::new(*b"no draft")), None);
    }

    #[test]
    fn an_order_may_have_been_a_draft() {
        for ordered in [Ordered::Order(5), Ordered::Draft(5)] {
            assert_eq!(Ordered::parse(&ordered.id()), Some(ordered));
        }
        assert_eq!(Ordered::parse(&OrderId::new("D")), None);
    }
}
