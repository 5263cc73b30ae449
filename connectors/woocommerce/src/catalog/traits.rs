//! What a store calls color, size and the like, in the languages that stores speak.

use commerce::{AgeGroup, Details, Gender, Trait, plain_text};

use super::wire::Attribute;
use crate::cart::text_of;

const COLOR: &[&str] =
    &["color", "colour", "farbe", "couleur", "colore", "cor", "kleur", "kolor", "färg", "farve"];
const SIZE: &[&str] = &[
    "size",
    "größe",
    "groesse",
    "taille",
    "talla",
    "taglia",
    "tamanho",
    "maat",
    "rozmiar",
    "storlek",
    "størrelse",
];
const MATERIAL: &[&str] = &[
    "material",
    "materials",
    "matière",
    "matiere",
    "materiale",
    "materiaal",
    "materiał",
    "fabric",
    "stoff",
];
const GENDER: &[&str] =
    &["gender", "sex", "geschlecht", "genre", "género", "genero", "genere", "geslacht", "płeć"];
const AGE: &[&str] = &[
    "age group",
    "age",
    "altersgruppe",
    "alter",
    "tranche d'âge",
    "edad",
    "età",
    "idade",
    "leeftijd",
];
const BRAND: &[&str] =
    &["brand", "brands", "marke", "marque", "marca", "merk", "marka", "manufacturer", "hersteller"];
const WOMEN: &[&str] = &[
    "female", "women", "woman", "womens", "women's", "damen", "frauen", "femme", "femmes", "mujer",
    "donna", "dames", "f",
];
const MEN: &[&str] = &[
    "male", "men", "man", "mens", "men's", "herren", "männer", "homme", "hommes", "hombre", "uomo",
    "heren", "m",
];
const EVERYBODY: &[&str] = &["unisex", "all", "mixte", "unisexe"];

/// Writes down what a trait with one value says, where it is one that feeds know.
pub(super) fn note(details: &mut Details, name: &str, value: &str) {
    let name = word(name);
    let is = |names: &[&str]| names.contains(&name.as_str());
    let text = || Some(value.to_owned());
    if is(COLOR) {
        details.color = text();
    } else if is(SIZE) {
        details.size = text();
    } else if is(MATERIAL) {
        details.material = text();
    } else if is(GENDER) {
        details.gender = gender(value);
    } else if is(AGE) {
        details.age_group = age_group(value);
    }
}

/// What all variants of a product share: its traits with a single value, and all by the owner's
/// names.
pub(super) fn shared(details: &mut Details, attributes: &[Attribute]) {
    for attribute in attributes.iter().filter(|attribute| !attribute.variation) {
        let (name, values) = (plain_text(&attribute.name), values(attribute));
        if let [value] = values.as_slice() {
            note(details, &name, value);
        }
        if attribute.visible && !values.is_empty() {
            details.traits.push(Trait { name, values });
        }
    }
}

/// The maker, where the store keeps it as a trait.
pub(super) fn brand(attributes: &[Attribute]) -> Option<String> {
    let named = attributes.iter().find(|one| BRAND.contains(&word(&one.name).as_str()))?;
    values(named).into_iter().next()
}

fn values(attribute: &Attribute) -> Vec<String> {
    let words = attribute.options.iter().map(|option| plain_text(&text_of(option)));
    words.filter(|value| !value.is_empty()).collect()
}

/// As it is compared: `pa_color`, `Color:` and `COLOR` are one.
fn word(name: &str) -> String {
    let lower = name.trim().trim_end_matches(':').to_lowercase();
    lower.strip_prefix("pa_").unwrap_or(&lower).replace(['-', '_'], " ")
}

fn gender(value: &str) -> Option<Gender> {
    let value = value.trim().to_lowercase();
    let is = |names: &[&str]| names.contains(&value.as_str());
    if is(WOMEN) {
        Some(Gender::Female)
    } else if is(MEN) {
        Some(Gender::Male)
    } else {
        is(EVERYBODY).then_some(Gender::Unisex)
    }
}

fn age_group(value: &str) -> Option<AgeGroup> {
    Some(match value.trim().to_lowercase().as_str() {
        "newborn" | "neugeborene" | "nouveau-né" => AgeGroup::Newborn,
        "infant" | "infants" | "baby" | "babies" | "bébé" => AgeGroup::Infant,
        "toddler" | "toddlers" | "kleinkind" | "kleinkinder" => AgeGroup::Toddler,
        "kids" | "kid" | "children" | "child" | "kinder" | "enfant" | "enfants" => AgeGroup::Kids,
        "adult" | "adults" | "erwachsene" | "adulte" | "adultes" => AgeGroup::Adult,
        _ => return None,
    })
}
