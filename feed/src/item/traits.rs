//! What a thing is like: its traits, its measures, and what sets it apart from its siblings.

use commerce::{
    AgeGroup, Choice, Condition, Decimal, Dimensions, Gender, LengthUnit, Product, Variant, Weight,
    WeightUnit,
};

use super::{
    Item,
    known::{UNKNOWN, text, word},
    texts::is_blank,
};
use crate::{
    concept::{Concept, Kind},
    plan::Plan,
    settings::parse_text,
    text::{Text, clean},
    value::{Cell, Gap, Map, Origin, Value},
};

/// Traits that a field is made of.
const KNOWN: [Concept; 8] = [
    Concept::Color,
    Concept::Size,
    Concept::Material,
    Concept::Gender,
    Concept::AgeGroup,
    Concept::Pattern,
    Concept::SizeType,
    Concept::Brand,
];

/// What is known of a variant's traits.
#[derive(Debug, Default)]
pub(super) struct Traits<'a> {
    /// Name and value in the store of each known trait.
    known: [Option<(&'a str, &'a str)>; KNOWN.len()],
    /// The first options that no field holds.
    others: [Option<(&'a str, &'a str)>; OTHERS],
}

/// As many columns the older contracts have for them.
const OTHERS: usize = 3;

impl<'a> Traits<'a> {
    /// The variant's option first, then what it or its product has one value of.
    pub(super) fn find(plan: &Plan, product: &'a Product, variant: &'a Variant) -> Self {
        let mut found = Self::default();
        for Choice { name, value } in &variant.options {
            let Some(value) = value.as_deref().filter(|value| !is_blank(value)) else {
                continue;
            };
            if !found.put(plan, name, value)
                && let Some(free) = found.others.iter_mut().find(|other| other.is_none())
            {
                *free = Some((name, value));
            }
        }
        for one in variant.details.traits.iter().chain(&product.details.traits) {
            if let [only] = one.values.as_slice() {
                found.put(plan, &one.name, only);
            }
        }
        found
    }

    /// Whether it stands for a field.
    fn put(&mut self, plan: &Plan, name: &'a str, value: &'a str) -> bool {
        let concept = plan.role(name);
        let at = KNOWN.iter().position(|known| Some(*known) == concept);
        if let Some(at) = at {
            self.known[at].get_or_insert((name, value));
        }
        at.is_some()
    }

    fn get(&self, concept: Concept) -> Option<(&'a str, &'a str)> {
        self.known[KNOWN.iter().position(|known| *known == concept)?]
    }

    /// What the platform has a place for, or else the trait.
    pub(super) fn or(&self, concept: Concept, known: Cell<'a>) -> Cell<'a> {
        match (known, self.get(concept)) {
            (Cell::Empty(_), Some((name, value))) if !is_blank(value) => {
                Cell::Filled(Value::Text(clean(value)), Origin::Trait(name))
            }
            (known, _) => known,
        }
    }
}

impl<'a> Item<'a> {
    pub(super) fn condition(&self) -> Cell<'a> {
        let condition = self.variant.details.condition.or(self.product.details.condition);
        match condition {
            Some(Condition::New) => word("new", "details.condition"),
            Some(Condition::Refurbished) => word("refurbished", "details.condition"),
            Some(Condition::Used) => word("used", "details.condition"),
            None => UNKNOWN,
        }
    }

    pub(super) fn gender(&self) -> Cell<'a> {
        match self.variant.details.gender.or(self.product.details.gender) {
            Some(Gender::Female) => word("female", "details.gender"),
            Some(Gender::Male) => word("male", "details.gender"),
            Some(Gender::Unisex) => word("unisex", "details.gender"),
            None => self.worded(Concept::Gender, |text| {
                Some(match text {
                    "women" | "woman" | "womens" | "women's" | "ladies" | "damen" | "femme" => {
                        "female"
                    }
                    "men" | "man" | "mens" | "men's" | "herren" | "homme" => "male",
                    _ => return None,
                })
            }),
        }
    }

    pub(super) fn age_group(&self) -> Cell<'a> {
        match self.variant.details.age_group.or(self.product.details.age_group) {
            Some(AgeGroup::Newborn) => word("newborn", "details.age_group"),
            Some(AgeGroup::Infant) => word("infant", "details.age_group"),
            Some(AgeGroup::Toddler) => word("toddler", "details.age_group"),
            Some(AgeGroup::Kids) => word("kids", "details.age_group"),
            Some(AgeGroup::Adult) => word("adult", "details.age_group"),
            None => self.worded(Concept::AgeGroup, |text| {
                Some(match text {
                    "adults" | "erwachsene" | "adulte" => "adult",
                    "children" | "child" | "kinder" | "enfant" => "kids",
                    "baby" | "babies" => "infant",
                    _ => return None,
                })
            }),
        }
    }

    pub(super) fn size_system(&self) -> Cell<'a> {
        let (own, shared) = (&self.variant.details, &self.product.details);
        let Some(system) = own.size_system.as_deref().or(shared.size_system.as_deref()) else {
            return UNKNOWN;
        };
        match parse_text(Concept::SizeSystem.kind(), system) {
            Some(value) => Cell::platform(value, "details.size_system"),
            None => Cell::Empty(Gap::Refused("no reader knows these sizes")),
        }
    }

    pub(super) fn dimensions(&self) -> Cell<'a> {
        let sides = match self.sides() {
            Ok(sides) => sides,
            Err(gap) => return Cell::Empty(gap),
        };
        let mut map: Map<'a> = Vec::with_capacity(4);
        for (name, side) in ["length", "width", "height"].into_iter().zip(measured(sides)) {
            map.extend(side.map(|side| (name.into(), plain(side).into())));
        }
        map.push(("unit".into(), length_unit(sides.unit).into()));
        Cell::platform(Value::Map(map), "details.dimensions")
    }

    pub(super) fn side(
        &self,
        of: impl Fn(&Dimensions) -> Option<Decimal>,
        place: &'static str,
    ) -> Cell<'a> {
        match self.sides().map(of) {
            Ok(Some(side)) if is_positive(&side) => Cell::platform(Value::Decimal(side), place),
            Ok(_) => UNKNOWN,
            Err(gap) => Cell::Empty(gap),
        }
    }

    pub(super) fn dimensions_unit(&self) -> Cell<'a> {
        match self.sides() {
            Ok(sides) => word(length_unit(sides.unit), "details.dimensions"),
            Err(gap) => Cell::Empty(gap),
        }
    }

    /// Two sides or three, if they are known to be those of the product.
    pub(super) fn sides(&self) -> Result<&'a Dimensions, Gap> {
        let (own, shared) = (&self.variant.details, &self.product.details);
        let sides = own.dimensions.as_ref().or(shared.dimensions.as_ref()).ok_or(Gap::Unknown)?;
        if !self.plan.product_dimensions {
            return Err(Gap::Refused(
                "they may be those of the parcel: if they are the product's, set \
                 product_dimensions = true",
            ));
        }
        if measured(sides).into_iter().flatten().count() < 2 {
            return Err(Gap::Refused("fewer than two sides are known"));
        }
        Ok(sides)
    }

    pub(super) fn weight(&self) -> Cell<'a> {
        match self.net_weight() {
            Ok(weight) => Cell::platform(Value::Decimal(weight.value), "details.weight"),
            Err(gap) => Cell::Empty(gap),
        }
    }

    pub(super) fn weight_unit(&self) -> Cell<'a> {
        match self.net_weight() {
            Ok(weight) => word(weight_unit(weight.unit), "details.weight"),
            Err(gap) => Cell::Empty(gap),
        }
    }

    pub(super) fn net_weight(&self) -> Result<Weight, Gap> {
        let known = self.variant.details.weight.or(self.product.details.weight);
        let weight = known.filter(|weight| is_positive(&weight.value)).ok_or(Gap::Unknown)?;
        if self.plan.net_weight {
            return Ok(weight);
        }
        Err(Gap::Refused(
            "it may be that of the parcel: if it is the product's, set net_weight = true",
        ))
    }

    pub(super) fn group_id(&self) -> Cell<'a> {
        let id = self.product.id.as_str();
        let prefix = &self.plan.group_prefix;
        if prefix.is_empty() {
            return Cell::platform(Value::Text(id.into()), "product.id");
        }
        Cell::derived(Value::Text(format!("{prefix}{id}").into()), "group_prefix and product.id")
    }

    pub(super) fn variant_dict(&self) -> Cell<'a> {
        let map: Map<'a> = self.options().collect();
        if map.is_empty() {
            return Cell::Empty(Gap::Refused("none of its options has a value"));
        }
        Cell::platform(Value::Map(map), "variant.options")
    }

    /// Its settled options.
    pub(crate) fn options(&self) -> impl Iterator<Item = (Text<'a>, Text<'a>)> {
        let settled = self.variant.options.iter().filter_map(|choice| {
            let value = choice.value.as_deref()?;
            Some((clean(&choice.name), clean(value)))
        });
        settled.filter(|(name, value)| !name.is_empty() && !value.is_empty())
    }

    /// The options that no other column holds, for readers that know no `variant_dict`.
    pub(super) fn custom(&self, at: usize, of: impl Fn((&'a str, &'a str)) -> &'a str) -> Cell<'a> {
        match self.traits.others[at] {
            Some(option) => text(Some(of(option)), "variant.options"),
            None => Cell::Empty(Gap::Needless("its options are said otherwise")),
        }
    }

    /// A trait as one of the contract's words.
    fn worded(&self, concept: Concept, synonym: impl Fn(&str) -> Option<&'static str>) -> Cell<'a> {
        let Some((name, value)) = self.traits.get(concept) else { return UNKNOWN };
        let lower = value.trim().to_lowercase();
        let known = match concept.kind() {
            Kind::Word(words) => words.iter().copied().find(|word| *word == lower),
            _ => None,
        };
        match known.or_else(|| synonym(&lower)) {
            Some(word) => Cell::Filled(Value::Word(word), Origin::Trait(name)),
            None => Cell::Empty(Gap::Refused("the trait's value is none of the contract's words")),
        }
    }
}

/// Length, width and height, as far as they are known: none is nothing.
pub(super) fn measured(sides: &Dimensions) -> [Option<Decimal>; 3] {
    [sides.length, sides.width, sides.height].map(|side| side.filter(is_positive))
}

fn is_positive(number: &Decimal) -> bool {
    number.is_sign_positive() && !number.is_zero()
}

pub(super) fn plain(number: Decimal) -> String {
    let mut text = Vec::with_capacity(16);
    crate::write::decimal(&mut text, number);
    String::from_utf8(text).unwrap_or_default()
}

pub(super) fn length_unit(unit: LengthUnit) -> &'static str {
    match unit {
        LengthUnit::Millimeter => "mm",
        LengthUnit::Centimeter => "cm",
        LengthUnit::Meter => "m",
        LengthUnit::Inch => "in",
        LengthUnit::Foot => "ft",
    }
}

pub(super) fn weight_unit(unit: WeightUnit) -> &'static str {
    match unit {
        WeightUnit::Gram => "g",
        WeightUnit::Kilogram => "kg",
        WeightUnit::Ounce => "oz",
        WeightUnit::Pound => "lb",
    }
}
