//! A configuration made ready: what it says of any product is found without parsing anything.

use std::collections::HashMap;

use commerce::{Product, Storefront, Variant};

use crate::{
    concept::{CONCEPTS, Concept},
    item::{Item, Siblings, shared},
    settings::{Given, Rule, Settings, SettingsError, parse_key, parse_values},
    value::{Cell, Value},
};

/// What one store's feeds are made by: its configuration, and what its platform says of it.
#[derive(Debug)]
pub struct Plan {
    pub(crate) storefront: Storefront,
    pub(crate) group_prefix: String,
    pub(crate) net_weight: bool,
    pub(crate) product_dimensions: bool,
    /// Who has a say in a field, by concept.
    says: Vec<Say>,
    /// By concept.
    defaults: Vec<Option<Value<'static>>>,
    /// Keys of added fields, by concept.
    meta: Vec<Vec<String>>,
    /// What a trait of that name, in lower case, stands for, by the length of the name. Every row
    /// asks for some, and hashing one would take longer than finding it among a few.
    roles: Vec<Vec<(String, Concept)>>,
    /// The least telling first.
    rules: Vec<Compiled>,
    /// What stands before an item's id in its offer's id.
    pub(crate) offer_prefix: Option<String>,
}

/// Who has a say in a field.
#[derive(Debug)]
pub(crate) enum Say {
    /// The configuration has none: it is as the platform has it.
    Platform,
    /// No product has one: every row has this.
    NoProduct(Cell<'static>),
    /// Both have one.
    Both,
}

#[derive(Debug)]
struct Compiled {
    rule: Rule,
    number: usize,
    given: Given,
}

/// What a rule says of one product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Override<'a> {
    pub(crate) concept: Concept,
    /// `None` where the field is to be empty.
    pub(crate) value: Option<&'a Value<'static>>,
    pub(crate) rule: usize,
}

/// Names of traits that need no configuration, in the languages that stores are most often in.
const ROLES: &[(Concept, &[&str])] = &[
    (Concept::Color, &["color", "colour", "farbe", "couleur", "colore", "kleur", "cor", "färg"]),
    (Concept::Size, &["size", "größe", "taille", "taglia", "talla", "maat", "tamanho", "storlek"]),
    (Concept::Material, &["material", "fabric", "matière", "materiale", "materiaal", "stoff"]),
    (Concept::Gender, &["gender", "geschlecht", "sexe", "genere", "género", "geslacht"]),
    (Concept::AgeGroup, &["age group", "age-group", "age_group", "altersgruppe"]),
    (Concept::Pattern, &["pattern", "muster", "motif"]),
    (Concept::SizeType, &["size type", "size-type", "size_type", "fit"]),
    (Concept::Brand, &["brand", "marke", "marque", "marca", "merk"]),
];

impl Plan {
    /// Reads the configuration. Fails at the first thing in it that cannot be meant.
    pub fn new(settings: &Settings, storefront: Storefront) -> Result<Self, SettingsError> {
        let mut defaults = vec![None; CONCEPTS.len()];
        for (concept, value) in parse_values("defaults", &settings.defaults)? {
            defaults[concept as usize] = value;
        }
        let mut meta = vec![Vec::new(); CONCEPTS.len()];
        for (key, keys) in &settings.meta {
            meta[parse_key("meta", key)? as usize].clone_from(keys);
        }
        let mut plan = Self {
            storefront,
            group_prefix: settings.group_prefix.clone(),
            net_weight: settings.net_weight,
            product_dimensions: settings.product_dimensions,
            says: Vec::new(),
            defaults,
            meta,
            roles: roles(settings)?,
            rules: rules(settings)?,
            offer_prefix: None,
        };
        let seller = plan.default(Concept::SellerName).and_then(|value| match value {
            Value::Text(name) => Some(name.to_string()),
            _ => None,
        });
        let seller = seller.or_else(|| plan.storefront.name.clone());
        plan.offer_prefix = seller.map(|name| slug(&name)).filter(|slug| !slug.is_empty());
        plan.says = CONCEPTS.iter().map(|concept| plan.say_of(*concept)).collect();
        Ok(plan)
    }

    /// What holds for everything the store sells, as its platform says.
    pub fn storefront(&self) -> &Storefront {
        &self.storefront
    }

    /// What is known of one variant, and what the configuration makes of it.
    pub fn item<'a>(&'a self, product: &'a Product, variant: &'a Variant) -> Item<'a> {
        Item::new(self, product, variant, Siblings::of(product))
    }

    /// The same of all its variants: what they have in common is found once.
    pub(crate) fn items<'a>(&'a self, product: &'a Product) -> impl Iterator<Item = Item<'a>> {
        let siblings = Siblings::of(product);
        let variants = product.variants.iter();
        variants.map(move |variant| Item::new(self, product, variant, siblings.clone()))
    }

    /// The keys of added fields that the configuration asks for: what a connector has to bring.
    pub fn meta_keys(&self) -> impl Iterator<Item = &str> {
        self.meta.iter().flatten().map(String::as_str)
    }

    /// The country that is sold to first.
    pub(crate) fn market(&self) -> Option<&str> {
        if let Some(Value::Texts(countries)) = self.default(Concept::TargetCountries) {
            return countries.first().map(|country| &**country);
        }
        let store = &self.storefront;
        store.countries.first().or(store.country.as_ref()).map(String::as_str)
    }

    /// Who has a say in a field.
    pub(crate) fn say(&self, concept: Concept) -> &Say {
        &self.says[concept as usize]
    }

    fn say_of(&self, concept: Concept) -> Say {
        let has_rule =
            self.rules.iter().flat_map(|rule| &rule.given).any(|(one, _)| *one == concept);
        if has_rule || !self.meta_of(concept).is_empty() {
            return Say::Both;
        }
        match shared(self, concept) {
            Some(cell) => Say::NoProduct(cell),
            None if self.default(concept).is_some() => Say::Both,
            None => Say::Platform,
        }
    }

    pub(crate) fn default(&self, concept: Concept) -> Option<&Value<'static>> {
        self.defaults[concept as usize].as_ref()
    }

    pub(crate) fn meta_of(&self, concept: Concept) -> &[String] {
        &self.meta[concept as usize]
    }

    /// What a trait stands for, by its name.
    pub(crate) fn role(&self, name: &str) -> Option<Concept> {
        let name = name.trim();
        if name.is_ascii() { self.find_role(name) } else { self.find_role(&name.to_lowercase()) }
    }

    fn find_role(&self, name: &str) -> Option<Concept> {
        let mut roles = self.roles.get(name.len())?.iter();
        roles.find(|(one, _)| one.eq_ignore_ascii_case(name)).map(|(_, concept)| *concept)
    }

    /// What the rules say of a variant, the most telling last.
    pub(crate) fn overrides(&self, product: &Product, variant: &Variant) -> Vec<Override<'_>> {
        let mut found = Vec::new();
        for compiled in self.rules.iter().filter(|one| one.rule.is_about(product, variant)) {
            found.extend(compiled.given.iter().map(|(concept, value)| Override {
                concept: *concept,
                value: value.as_ref(),
                rule: compiled.number,
            }));
        }
        found
    }
}

impl Rule {
    fn is_about(&self, product: &Product, variant: &Variant) -> bool {
        let is = |wanted: &Option<String>, test: &dyn Fn(&str) -> bool| {
            wanted.as_deref().is_none_or(test)
        };
        is(&self.product, &|id| product.id.as_str() == id || variant.item.as_str() == id)
            && is(&self.tag, &|tag| product.tags.iter().any(|one| one.eq_ignore_ascii_case(tag)))
            && is(&self.category, &|name| {
                product.categories.iter().any(|one| stands_in(&one.path, name))
            })
    }

    /// How narrow it is: a product before a tag, a tag before a category.
    fn narrowness(&self) -> u8 {
        match self {
            Self { product: Some(_), .. } => 3,
            Self { tag: Some(_), .. } => 2,
            Self { category: Some(_), .. } => 1,
            _ => 0,
        }
    }
}

/// Whether a path leads through a category, named alone or by its own path.
pub(crate) fn stands_in(path: &[String], name: &str) -> bool {
    let wanted: Vec<&str> = name.split('>').map(str::trim).collect();
    let is_same = |(one, other): (&String, &&str)| one.to_lowercase() == other.to_lowercase();
    match wanted.as_slice() {
        [_] => path.iter().any(|step| is_same((step, &wanted[0]))),
        _ => path.len() >= wanted.len() && path.iter().zip(&wanted).all(is_same),
    }
}

fn roles(settings: &Settings) -> Result<Vec<Vec<(String, Concept)>>, SettingsError> {
    let mut roles = HashMap::new();
    for (concept, names) in ROLES {
        roles.extend(names.iter().map(|name| ((*name).to_owned(), *concept)));
    }
    for (key, names) in &settings.traits {
        let concept = ROLES.iter().map(|(concept, _)| *concept).find(|one| one.key() == key);
        let concept = concept.ok_or_else(|| SettingsError::UnknownTrait(key.clone()))?;
        roles.extend(names.iter().map(|name| (name.trim().to_lowercase(), concept)));
    }
    let longest = roles.keys().map(String::len).max().unwrap_or_default();
    let mut by_length = vec![Vec::new(); longest + 1];
    for (name, concept) in roles {
        by_length[name.len()].push((name, concept));
    }
    Ok(by_length)
}

fn rules(settings: &Settings) -> Result<Vec<Compiled>, SettingsError> {
    let mut rules = Vec::with_capacity(settings.rules.len());
    for (at, rule) in settings.rules.iter().enumerate() {
        let given = parse_values(&format!("rules[{at}].set"), &rule.set)?;
        rules.push(Compiled { rule: rule.clone(), number: at + 1, given });
    }
    rules.sort_by_key(|compiled| compiled.rule.narrowness());
    Ok(rules)
}

/// `Kattegat Wear & Co.` as `kattegat-wear-co`.
fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}
