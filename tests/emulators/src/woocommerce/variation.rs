//! Which variation a buyer means, and the attributes left open.

use serde_json::Value;

use super::catalog::{Attribute, Kind, Product, Term};
use super::shop::Shop;
use super::wire::{Answer, problem};

/// The variation's attributes with a value each.
pub(super) type Values = Vec<(Attribute, Term)>;

impl Shop {
    /// The product to put into the cart for the one asked for, and its values.
    pub(super) fn pick_variation<'a>(
        &'a self,
        asked: &'a Product,
        body: &Value,
    ) -> Result<(&'a Product, Values), Answer> {
        match asked.kind {
            Kind::Variation => {
                let values = fill(asked, self.catalog.family(asked), body)?;
                Ok((asked, values))
            }
            Kind::Variable => {
                let variation = self.match_variation(asked, body)?;
                let values = fill(variation, asked, body)?;
                Ok((variation, values))
            }
            _ => Ok((asked, Vec::new())),
        }
    }

    /// The first variation all of whose fixed values were given.
    fn match_variation<'a>(
        &'a self,
        parent: &'a Product,
        body: &Value,
    ) -> Result<&'a Product, Answer> {
        if body["variation"].as_array().is_none_or(Vec::is_empty) {
            let text = "Missing attributes for variable product.";
            return Err(problem(400, "woocommerce_rest_missing_attributes", text));
        }
        let fits = |variation: &&Product| {
            variation.values.iter().all(|(attribute, term)| {
                term.is_none_or(|term| {
                    given(body, attribute).is_some_and(|word| named(&term, word))
                })
            })
        };
        self.catalog.children(parent).find(fits).ok_or_else(|| {
            let code = "woocommerce_rest_variation_id_from_variation_data";
            problem(400, code, "No matching variation found.")
        })
    }
}

/// Fixed values as they are, open ones from the request, which must name an option.
fn fill(variation: &Product, parent: &Product, body: &Value) -> Result<Values, Answer> {
    let mut values = Vec::new();
    let mut missing = Vec::new();
    for (attribute, fixed) in &variation.values {
        let options = parent.attributes.iter().find(|a| a.slug == attribute.slug);
        let options = options.map_or(&[][..], |attribute| &attribute.options);
        match (fixed, given(body, attribute)) {
            (Some(term), None) => values.push((attribute.clone(), *term)),
            (Some(term), Some(word)) if named(term, word) => {
                values.push((attribute.clone(), *term));
            }
            (Some(term), Some(_)) => return Err(bad_value(attribute, &[*term])),
            (None, None) => missing.push(attribute.name),
            (None, Some(word)) => {
                let term = options.iter().find(|term| named(term, word));
                values
                    .push((attribute.clone(), *term.ok_or_else(|| bad_value(attribute, options))?));
            }
        }
    }
    if missing.is_empty() {
        return Ok(values);
    }
    let fields = missing.join(", ");
    let word = if missing.len() == 1 { "is a required field" } else { "are required fields" };
    let text = format!("Missing variation data for variable product. {fields} {word}");
    Err(problem(400, "woocommerce_rest_missing_variation_data", &text))
}

/// What the request says of an attribute, by slug, by `attribute_` slug or by label.
fn given<'a>(body: &'a Value, attribute: &Attribute) -> Option<&'a str> {
    let posted = body["variation"].as_array()?;
    let about = |entry: &&Value| {
        let name = entry["attribute"].as_str().unwrap_or_default();
        let name = name.strip_prefix("attribute_").unwrap_or(name);
        name.eq_ignore_ascii_case(attribute.slug) || name.eq_ignore_ascii_case(attribute.name)
    };
    posted.iter().find(about)?["value"].as_str().filter(|value| !value.is_empty())
}

fn named(term: &Term, word: &str) -> bool {
    term.slug.eq_ignore_ascii_case(word) || term.name.eq_ignore_ascii_case(word)
}

fn bad_value(attribute: &Attribute, options: &[Term]) -> Answer {
    let allowed: Vec<_> = options.iter().map(|term| term.slug).collect();
    let name = attribute.name;
    let allowed = allowed.join(", ");
    let text = format!("Invalid value posted for {name}. Allowed values: {allowed}");
    problem(400, "woocommerce_rest_invalid_variation_data", &text)
}
