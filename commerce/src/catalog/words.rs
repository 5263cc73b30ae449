//! What stores call color, size and the like, in the languages that they speak.

use super::{AgeGroup, Details, Gender};

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

impl Details {
    /// Writes down what a trait with one value says, where it is one that feeds know: color, size,
    /// material, gender or age group.
    pub fn note(&mut self, name: &str, value: &str) {
        let name = word(name);
        let is = |names: &[&str]| names.contains(&name.as_str());
        let text = || Some(value.to_owned());
        if is(COLOR) {
            self.color = text();
        } else if is(SIZE) {
            self.size = text();
        } else if is(MATERIAL) {
            self.material = text();
        } else if is(GENDER) {
            self.gender = Gender::from_word(value);
        } else if is(AGE) {
            self.age_group = AgeGroup::from_word(value);
        }
    }
}

impl Gender {
    /// For whom, in a store's own word.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase();
        let is = |names: &[&str]| names.contains(&word.as_str());
        if is(WOMEN) {
            Some(Self::Female)
        } else if is(MEN) {
            Some(Self::Male)
        } else {
            is(EVERYBODY).then_some(Self::Unisex)
        }
    }
}

impl AgeGroup {
    /// For what age, in a store's own word.
    pub fn from_word(word: &str) -> Option<Self> {
        Some(match word.trim().to_lowercase().as_str() {
            "newborn" | "neugeborene" | "nouveau-né" => Self::Newborn,
            "infant" | "infants" | "baby" | "babies" | "bébé" => Self::Infant,
            "toddler" | "toddlers" | "kleinkind" | "kleinkinder" => Self::Toddler,
            "kids" | "kid" | "children" | "child" | "kinder" | "enfant" | "enfants" => Self::Kids,
            "adult" | "adults" | "erwachsene" | "adulte" | "adultes" => Self::Adult,
            _ => return None,
        })
    }
}

/// Whether a trait of this name names the maker.
pub fn is_brand_word(name: &str) -> bool {
    BRAND.contains(&word(name).as_str())
}

/// As it is compared: `pa_color`, `Color:` and `COLOR` are one.
fn word(name: &str) -> String {
    let lower = name.trim().trim_end_matches(':').to_lowercase();
    lower.strip_prefix("pa_").unwrap_or(&lower).replace(['-', '_'], " ")
}
