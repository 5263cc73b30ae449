//! Where every value of a product comes from, or why it is missing; and the first rows of a feed.

use std::fmt;

use commerce::{Product, ProductId};
use serde::Serialize;

use crate::{
    concept::{Concept, Means},
    eligibility::Refusal,
    format::Format,
    item::Item,
    plan::Plan,
    profile::Profile,
    value::{Cell, Gap},
    write,
    writer::{LeftOut, Writer},
};

/// How many rows a reader wants to see first.
pub const PREVIEW_ROWS: u32 = 100;

/// What a feed says of a product, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// Which product.
    pub product_id: String,
    /// For whose readers.
    pub profile: Profile,
    /// Why it is in no feed, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excluded: Option<String>,
    /// Its items.
    pub items: Vec<ExplainedItem>,
}

/// What a feed says of an item, and why.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedItem {
    /// Which.
    pub item_id: String,
    /// Why it is not shown, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_shown: Option<String>,
    /// Why it is not bought in the chat, if so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_sold: Option<String>,
    /// Every column of the profile.
    pub fields: Vec<ExplainedField>,
}

/// A column with its value and where it comes from, or why it is missing.
#[derive(Clone, Debug, Serialize)]
pub struct ExplainedField {
    /// The column.
    pub column: &'static str,
    /// What stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where it comes from, or why there is nothing.
    pub because: String,
    /// What to do about it, where something is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// Explains every column of every item of a product.
pub fn explain(plan: &Plan, profile: Profile, product: &Product) -> Explanation {
    let items = plan.items(product).map(|item| {
        let why = |refusal: Refusal| refusal.to_string();
        ExplainedItem {
            item_id: item.variant.item.as_str().to_owned(),
            not_shown: item.check_search().err().map(why),
            not_sold: item.check_checkout().err().map(why),
            fields: fields(&item, profile),
        }
    });
    Explanation {
        product_id: product.id.as_str().to_owned(),
        profile,
        excluded: product.exclusion.map(|exclusion| Refusal::Excluded(exclusion).to_string()),
        items: items.collect(),
    }
}

fn fields(item: &Item<'_>, profile: Profile) -> Vec<ExplainedField> {
    let columns = profile.columns().iter();
    let explained = columns.map(|column| match item.cell(column) {
        Cell::Filled(value, origin) => {
            let mut text = Vec::new();
            write::flat(&mut text, &value);
            ExplainedField {
                column: column.name,
                value: Some(String::from_utf8_lossy(&text).into_owned()),
                because: origin.to_string(),
                fix: None,
            }
        }
        Cell::Empty(gap) => ExplainedField {
            column: column.name,
            value: None,
            because: gap.to_string(),
            fix: fix(column.concept, gap),
        },
    });
    explained.collect()
}

fn fix(concept: Concept, gap: Gap) -> Option<String> {
    if gap != Gap::Unknown {
        return None;
    }
    Some(match concept.on_woocommerce() {
        Means::Automatic => format!("fill it in the store, or set defaults.{concept}"),
        Means::Derived => format!("give the product that trait, or set defaults.{concept}"),
        Means::Meta => {
            format!("name the added field under meta.{concept}, or set defaults.{concept}")
        }
        Means::Key | Means::Nowhere => {
            format!("set defaults.{concept}, or a rule for some products")
        }
    })
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "product {} for {}", self.product_id, self.profile)?;
        if let Some(why) = &self.excluded {
            writeln!(f, "  in no feed: {why}")?;
        }
        for item in &self.items {
            writeln!(f, "item {}", item.item_id)?;
            let verdict = |why: &Option<String>| match why {
                Some(why) => format!("no: {why}"),
                None => "yes".to_owned(),
            };
            writeln!(f, "  shown  {}", verdict(&item.not_shown))?;
            writeln!(f, "  sold   {}", verdict(&item.not_sold))?;
            for field in &item.fields {
                match &field.value {
                    Some(value) => {
                        let line: String = value.chars().take(60).collect();
                        let line = line.replace('\n', " ");
                        writeln!(f, "  {:<26}{line}  ({})", field.column, field.because)?;
                    }
                    None => writeln!(f, "  {:<26}-  {}", field.column, field.because)?,
                }
                if let Some(fix) = &field.fix {
                    writeln!(f, "  {:<26}   {fix}", "")?;
                }
            }
        }
        Ok(())
    }
}

/// The first rows of a feed, and what has none.
#[derive(Clone, Debug)]
pub struct Preview {
    /// How they are written.
    pub format: Format,
    /// A small but whole feed.
    pub text: String,
    /// How many rows.
    pub rows: u32,
    /// The variants met on the way that have none, and why.
    pub left_out: Vec<(ProductId, LeftOut)>,
}

/// The first rows of a feed: products are taken in their order until there are so many rows.
pub fn preview<'a>(
    writer: &Writer,
    products: impl IntoIterator<Item = &'a Product>,
    rows_max: u32,
) -> Preview {
    let (mut text, mut rows, mut left_out) = (writer.head(), 0, Vec::new());
    for product in products {
        if rows >= rows_max {
            break;
        }
        let segment = writer.segment(product);
        left_out.extend(segment.left_out.into_iter().map(|one| (product.id.clone(), one)));
        if segment.rows > 0 {
            if rows > 0 {
                text.extend_from_slice(writer.separator());
            }
            text.extend_from_slice(&segment.bytes);
            rows += segment.rows;
        }
    }
    text.extend_from_slice(writer.tail());
    let text = String::from_utf8_lossy(&text).into_owned();
    Preview { format: writer.format(), text, rows, left_out }
}
