//! Values as single readers want them.

use std::fmt::Write;

use super::{
    Item,
    traits::{length_unit, measured, weight_unit},
};
use crate::{
    concept::Concept,
    profile::Form,
    value::{Cell, Gap, Value},
    write::decimal,
};

impl<'a> Item<'a> {
    pub(super) fn formed(&self, concept: Concept, form: Form) -> Cell<'a> {
        match form {
            Form::Own => self.field(concept),
            Form::WithUnit => self.with_unit(concept),
            Form::Sides => self.sides_text(),
            Form::Preorder => match self.field(concept) {
                Cell::Filled(Value::Word("pre_order"), origin) => {
                    Cell::Filled(Value::Word("preorder"), origin)
                }
                Cell::Filled(Value::Word("unknown"), _) => Cell::Empty(Gap::Unknown),
                cell => cell,
            },
            Form::Instants => match self.sale_instants() {
                Ok((from, to)) => {
                    Cell::platform(Value::Instants(from, to), "variant.sale_start, sale_end")
                }
                Err(gap) => Cell::Empty(gap),
            },
            Form::Prose => self.prose(concept),
            Form::Alone => match self.field(Concept::ShippingPrice) {
                Cell::Filled(..) => Cell::Empty(Gap::Needless("shipping_price says it")),
                Cell::Empty(_) => self.field(concept),
            },
        }
    }

    fn with_unit(&self, concept: Concept) -> Cell<'a> {
        let unit = if concept == Concept::Weight {
            self.net_weight().map(|weight| weight_unit(weight.unit))
        } else {
            self.sides().map(|sides| length_unit(sides.unit))
        };
        match (self.field(concept), unit) {
            (Cell::Filled(Value::Decimal(number), origin), Ok(unit)) => {
                Cell::Filled(Value::Measure(number, unit), origin)
            }
            (empty @ Cell::Empty(_), _) => empty,
            (_, Err(gap)) => Cell::Empty(gap),
            (Cell::Filled(..), Ok(_)) => Cell::Empty(Gap::Unknown),
        }
    }

    /// `31x22x4 cm`: all three or none.
    fn sides_text(&self) -> Cell<'a> {
        let sides = match self.sides() {
            Ok(sides) => sides,
            Err(gap) => return Cell::Empty(gap),
        };
        match measured(sides) {
            [Some(length), Some(width), Some(height)] => {
                let mut text = Vec::with_capacity(48);
                for (side, after) in [(length, "x"), (width, "x"), (height, " ")] {
                    decimal(&mut text, side);
                    text.extend_from_slice(after.as_bytes());
                }
                text.extend_from_slice(length_unit(sides.unit).as_bytes());
                let text = String::from_utf8(text).unwrap_or_default();
                Cell::platform(Value::Text(text.into()), "details.dimensions")
            }
            _ => Cell::Empty(Gap::Refused("not all three sides are known")),
        }
    }

    /// Questions or reviews as one text.
    fn prose(&self, concept: Concept) -> Cell<'a> {
        let (maps, origin) = match self.field(concept) {
            Cell::Filled(Value::Maps(maps), origin) => (maps, origin),
            other => return other,
        };
        let mut text = String::new();
        for map in &maps {
            for (name, value) in map.iter().filter(|(name, _)| !name.ends_with("Rating")) {
                let before = if text.is_empty() { "" } else { "\n" };
                // Writing to a text cannot fail.
                let _written = match &**name {
                    "q" => write!(text, "{before}Q: {value}"),
                    "a" => write!(text, "{before}A: {value}"),
                    "rating" => write!(text, " ({value}/5)"),
                    _ => write!(text, "{before}{value}"),
                };
            }
        }
        Cell::Filled(Value::Text(text.into()), origin)
    }
}
