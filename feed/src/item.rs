//! One row, before it is written: every field with its value and where that came from.
//!
//! A rule of the configuration goes before what the platform says, that before an added field, and
//! that before the configuration's default; about the seller the configuration always goes first.

use commerce::{Product, Variant};

use crate::{
    concept::Concept,
    gtin::parse_gtin,
    plan::{Override, Plan, Say},
    profile::{Column, Form},
    settings::parse_text,
    value::{Cell, Gap, Origin, Value},
};

mod forms;
mod known;
mod offer;
mod shared;
mod texts;
mod traits;

pub(crate) use shared::shared;
pub(crate) use texts::{Siblings, joined};
use traits::Traits;

/// A variant with its product, and what the configuration says of both.
#[derive(Debug)]
pub struct Item<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) product: &'a Product,
    pub(crate) variant: &'a Variant,
    overrides: Vec<Override<'a>>,
    traits: Traits<'a>,
    siblings: Siblings<'a>,
}

impl<'a> Item<'a> {
    pub(crate) fn new(
        plan: &'a Plan,
        product: &'a Product,
        variant: &'a Variant,
        siblings: Siblings<'a>,
    ) -> Self {
        Self {
            plan,
            product,
            variant,
            overrides: plan.overrides(product, variant),
            traits: Traits::find(plan, product, variant),
            siblings,
        }
    }

    /// A column's value as its reader wants it.
    #[inline]
    pub fn cell(&self, column: &Column) -> Cell<'a> {
        match column.form {
            Form::Own => self.field(column.concept),
            form => self.formed(column.concept, form),
        }
    }

    /// A field, whatever a feed calls it.
    #[inline]
    pub fn field(&self, concept: Concept) -> Cell<'a> {
        match concept {
            Concept::EligibleSearch => flag(self.check_search().is_ok()),
            Concept::EligibleCheckout => flag(self.check_checkout().is_ok()),
            _ if is_fitted(concept) => self.fitting(concept, self.found(concept)),
            _ => self.found(concept),
        }
    }

    /// Whether a column holds what the platform says, and nothing else has a say in it: then
    /// [`known`](Self::known) is all there is to ask.
    pub(crate) fn is_as_known(plan: &Plan, column: &Column) -> bool {
        let concept = column.concept;
        let is_eligible = matches!(concept, Concept::EligibleSearch | Concept::EligibleCheckout);
        column.form == Form::Own
            && matches!(plan.say(concept), Say::Platform)
            && !is_fitted(concept)
            && !is_eligible
    }

    /// What the configuration or an added field says, whatever the platform does.
    pub(crate) fn configured(&self, concept: Concept) -> Option<Cell<'a>> {
        self.overridden(concept).or_else(|| self.filled_in(concept))
    }

    #[inline]
    fn found(&self, concept: Concept) -> Cell<'a> {
        match self.plan.say(concept) {
            Say::Platform => self.known(concept),
            say => self.weighed(concept, say),
        }
    }

    fn weighed(&self, concept: Concept, say: &'a Say) -> Cell<'a> {
        if let Say::NoProduct(cell) = say {
            return cell.borrowed();
        }
        if let Some(cell) = self.overridden(concept) {
            return cell;
        }
        if concept.is_about_seller()
            && let Some(cell) = self.filled_in(concept)
        {
            return cell;
        }
        let known = self.known(concept);
        if let Cell::Empty(Gap::Unknown | Gap::Refused(_)) = known
            && let Some(cell) = self.filled_in(concept)
        {
            return cell;
        }
        known
    }

    fn overridden(&self, concept: Concept) -> Option<Cell<'a>> {
        let last = self.overrides.iter().rev().find(|one| one.concept == concept)?;
        Some(match last.value {
            Some(value) => Cell::Filled(value.borrowed(), Origin::Rule(last.rule)),
            None => Cell::Empty(Gap::Emptied(last.rule)),
        })
    }

    /// From an added field, or else from the configuration's defaults.
    fn filled_in(&self, concept: Concept) -> Option<Cell<'a>> {
        let mut refused = None;
        for key in self.plan.meta_of(concept) {
            let meta = |details: &'a commerce::Details| details.meta.get(key);
            let Some(text) = meta(&self.variant.details).or_else(|| meta(&self.product.details))
            else {
                continue;
            };
            match parse_text(concept.kind(), text) {
                Some(value) => return Some(Cell::Filled(value, Origin::Meta(key))),
                None if text.trim().is_empty() => {}
                None => {
                    let why = "the added field holds something that the field cannot";
                    refused = Some(Cell::Empty(Gap::Refused(why)));
                }
            }
        }
        let default = self.plan.default(concept);
        default.map(|value| Cell::Filled(value.borrowed(), Origin::Default)).or(refused)
    }

    /// Empties what has no meaning beside the row's other fields.
    fn fitting(&self, concept: Concept, cell: Cell<'a>) -> Cell<'a> {
        let Cell::Filled(value, origin) = &cell else { return cell };
        // What the platform says fits by itself.
        let is_known = matches!(origin, Origin::Platform(_));
        let is_filled = |concept| is_known || self.found(concept).value().is_some();
        let gap = match concept {
            Concept::Gtin => match value {
                Value::Text(text) if parse_gtin(text).is_none() => Gap::Refused(
                    "it is no GTIN: 8, 12, 13 or 14 digits, the last of them the check digit",
                ),
                // Hyphens and spaces go.
                Value::Text(text) if text.len() > 14 => {
                    let digits = parse_gtin(text).unwrap_or_default().into_owned();
                    return Cell::Filled(Value::Text(digits.into()), *origin);
                }
                _ => return cell,
            },
            Concept::Mpn if self.is_sku(value) => {
                Gap::Refused("it is the stock keeping unit, not the maker's part number")
            }
            Concept::ReturnDays if self.found(Concept::AcceptsReturns).value() != Some(&YES) => {
                Gap::Needless("only where accepts_returns is true")
            }
            Concept::ReturnDays if *value == Value::Count(0) => {
                Gap::Refused("a return window has at least one day")
            }
            Concept::WeightUnit if !is_filled(Concept::Weight) => Gap::Needless("no weight"),
            Concept::PickupSla if !is_filled(Concept::PickupMethod) => {
                Gap::Needless("no pickup_method")
            }
            Concept::RelationshipType if !is_filled(Concept::RelatedProductId) => {
                Gap::Needless("no related products")
            }
            _ => return cell,
        };
        Cell::Empty(gap)
    }

    fn is_sku(&self, value: &Value<'_>) -> bool {
        matches!(value, Value::Text(mpn) if self.variant.sku.as_deref() == Some(&**mpn))
    }
}

/// Fields that have no meaning, or another one, beside some others.
fn is_fitted(concept: Concept) -> bool {
    matches!(
        concept,
        Concept::Gtin
            | Concept::Mpn
            | Concept::ReturnDays
            | Concept::WeightUnit
            | Concept::PickupSla
            | Concept::RelationshipType
    )
}

const YES: Value<'static> = Value::Flag(true);

fn flag<'a>(flag: bool) -> Cell<'a> {
    Cell::derived(Value::Flag(flag), "by the rules of eligibility")
}
