//! What products refer to without saying it: the currency, the category tree, units.

use std::{collections::BTreeMap, sync::Arc};

use commerce::{
    Category, ConnectorError, Currency, Decimal, LengthUnit, Taxonomy, WeightUnit, plain_text,
};
use tracing::warn;

use super::wire::{Shown, Term};
use crate::{WooCommerce, catalog::PAGE, error::unreadable};

/// Most pages of categories: a bound, not an expectation.
const CATEGORY_PAGES_MAX: usize = 100;
/// Deeper trees are circles.
const DEPTH_MAX: usize = 20;

/// Read before a whole reading, and again when a product names a category that nobody knew.
#[derive(Debug)]
pub(crate) struct Surroundings {
    pub(super) currency: Currency,
    pub(super) weight_unit: Option<WeightUnit>,
    /// What lengths are counted in, and how many of those make one of the store's.
    pub(super) length_unit: Option<(LengthUnit, Decimal)>,
    categories: BTreeMap<u64, Term>,
}

impl Surroundings {
    /// Where a category stands, outermost first.
    pub(super) fn category(&self, term: &Term) -> Category {
        let mut path = vec![plain_text(&term.name)];
        let mut at = self.categories.get(&term.id).map_or(0, |known| known.parent);
        while let Some(above) = self.categories.get(&at) {
            path.insert(0, plain_text(&above.name));
            at = above.parent;
            if path.len() > DEPTH_MAX {
                break;
            }
        }
        Category { path, taxonomy: Taxonomy::Store }
    }

    /// A store that weighs in kilograms and measures in yards.
    #[cfg(test)]
    pub(super) fn of_a_test(currency: Currency, categories: &serde_json::Value) -> Self {
        let terms: Vec<Term> = serde_json::from_value(categories.clone()).unwrap();
        Self {
            currency,
            weight_unit: weight_unit("kg"),
            length_unit: length_unit("yd"),
            categories: terms.into_iter().map(|term| (term.id, term)).collect(),
        }
    }

    /// Whether every category of these products has its place in the tree.
    pub(super) fn knows(&self, products: &[Shown]) -> bool {
        let mut named = products.iter().flat_map(|product| &product.categories);
        named.all(|term| self.categories.contains_key(&term.id))
    }
}

impl WooCommerce {
    /// As they are known, or read now.
    pub(super) async fn surroundings(&self) -> Result<Arc<Surroundings>, ConnectorError> {
        if let Some(known) = self.reading.surroundings.lock().await.clone() {
            return Ok(known);
        }
        self.read_surroundings().await
    }

    /// Reads them afresh. Without its settings or categories a catalog is poorer, and still one.
    pub(super) async fn read_surroundings(&self) -> Result<Arc<Surroundings>, ConnectorError> {
        let currency = self.current_currency().await?;
        let settings = absent_if_refused(self.settings_of("products").await, "units")?;
        let unit = |id: &str| settings.get(id).map(String::as_str);
        let read = Arc::new(Surroundings {
            currency,
            weight_unit: unit("woocommerce_weight_unit").and_then(weight_unit),
            length_unit: unit("woocommerce_dimension_unit").and_then(length_unit),
            categories: absent_if_refused(self.category_tree().await, "categories")?,
        });
        *self.reading.surroundings.lock().await = Some(Arc::clone(&read));
        Ok(read)
    }

    async fn category_tree(&self) -> Result<BTreeMap<u64, Term>, ConnectorError> {
        const NAME: &str = "category.list";

        let mut tree = BTreeMap::new();
        for page in 1..=CATEGORY_PAGES_MAX {
            let path = format!(
                "/products/categories?per_page={PAGE}&page={page}&orderby=id&order=asc\
                 &_fields=id,name,parent"
            );
            let answer = self.client.get_answer(NAME, &path).await?;
            let found: Vec<Term> =
                answer.json().map_err(|error| unreadable(NAME, commerce::Effect::None, error))?;
            let is_last = found.len() < PAGE;
            tree.extend(found.into_iter().map(|term| (term.id, term)));
            if is_last {
                break;
            }
        }
        Ok(tree)
    }
}

fn absent_if_refused<T: Default>(
    read: Result<T, ConnectorError>,
    what: &'static str,
) -> Result<T, ConnectorError> {
    match read {
        Err(error @ (ConnectorError::Denied { .. } | ConnectorError::NotFound { .. })) => {
            warn!(what, %error, "not readable; products are shown without");
            Ok(T::default())
        }
        read => read,
    }
}

fn weight_unit(text: &str) -> Option<WeightUnit> {
    Some(match text {
        "g" => WeightUnit::Gram,
        "kg" => WeightUnit::Kilogram,
        "oz" => WeightUnit::Ounce,
        "lb" | "lbs" => WeightUnit::Pound,
        _ => return None,
    })
}

fn length_unit(text: &str) -> Option<(LengthUnit, Decimal)> {
    let unit = match text {
        "mm" => LengthUnit::Millimeter,
        "cm" => LengthUnit::Centimeter,
        "m" => LengthUnit::Meter,
        "in" => LengthUnit::Inch,
        // Feeds know no yards.
        "yd" => return Some((LengthUnit::Foot, Decimal::from(3))),
        _ => return None,
    };
    Some((unit, Decimal::ONE))
}
