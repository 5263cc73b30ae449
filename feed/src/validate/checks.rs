//! The rules that a row keeps by itself.

use serde_json::Value;

use super::{Field, Fields, Finding, merely_required};
use crate::{
    concept::{Concept, Kind},
    gtin::{is_restricted, parse_gtin},
    profile::Profile,
    settings::is_link,
};

mod offer;

const PLACEHOLDERS: &[&str] =
    &["null", "n/a", "na", "none", "unknown", "undefined", "test", "tbd", "lorem ipsum", "-"];
const BRANDS: &[&str] = &["generic", "unbranded", "no brand", "brand"];

/// All that is wrong with a row by itself.
pub(super) fn row(profile: Profile, fields: &Fields<'_>) -> Vec<Finding> {
    let mut checks = Checks { profile, fields, found: Vec::new() };
    checks.identity();
    checks.texts();
    checks.links();
    checks.pictures();
    checks.prices();
    checks.shipping();
    checks.stock();
    checks.variants();
    checks.words();
    checks.identifiers();
    checks.measures();
    checks.flags();
    checks.terms();
    checks.countries();
    checks.found
}

/// The options of a row, by name; `None` if they are no object of texts.
pub(super) fn options(field: &Field<'_>) -> Option<Vec<(String, String)>> {
    let parsed: Value;
    let map = match field.value {
        Value::Object(map) => map,
        Value::String(text) => {
            parsed = serde_json::from_str(text).ok()?;
            parsed.as_object()?
        }
        _ => return None,
    };
    map.iter().map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

struct Checks<'c> {
    profile: Profile,
    fields: &'c Fields<'c>,
    found: Vec<Finding>,
}

impl<'c> Checks<'c> {
    fn get(&self, concept: Concept) -> Option<&'c Field<'c>> {
        self.fields.get(concept)
    }

    fn text(&self, concept: Concept) -> Option<&'c str> {
        self.fields.text(concept)
    }

    /// A rule is broken by a field, or by its want.
    fn broken(&mut self, rule: &'static str, concept: Concept, reason: impl Into<String>) {
        let finding = Finding::new(rule, self.profile, reason);
        let column = self.profile.column(concept).map(|column| column.name);
        let finding = match self.get(concept) {
            Some(field) => finding.in_field(field.name, &field.text),
            None => finding.in_field(column.unwrap_or(concept.key()), ""),
        };
        self.found.push(finding);
    }

    fn wants(&mut self, rule: &'static str, concept: Concept) {
        if self.profile.must_have(concept) && self.get(concept).is_none() {
            self.broken(rule, concept, "it is missing");
        }
    }

    fn identity(&mut self) {
        self.wants("I01", Concept::ItemId);
        if let Some(id) = self.text(Concept::ItemId) {
            if id.trim() != id || id.chars().count() > 100 || id.chars().any(char::is_control) {
                self.broken("I01", Concept::ItemId, "it has spaces around it, or is too long");
            }
            let is_power = id.split_once("E+").is_some_and(|(head, power)| {
                let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                !head.is_empty() && digits(head) && !power.is_empty() && digits(power)
            });
            if is_power {
                self.broken("I02", Concept::ItemId, "a spreadsheet has rounded it");
            }
        }
        if self.text(Concept::GroupId).is_some_and(|id| id.chars().count() > 70) {
            self.broken("I03l", Concept::GroupId, "it is too long");
        }
        let price = self.text(Concept::Price).and_then(|price| price.split(' ').next());
        if let (Some(offer), Some(price)) = (self.text(Concept::OfferId), price)
            && price.contains('.')
            && offer.contains(price)
        {
            self.broken("I04", Concept::OfferId, "the price is in it");
        }
        for column in merely_required(self.profile) {
            let has_own_rule =
                matches!(column.concept, Concept::TargetCountries | Concept::StoreCountry);
            if self.get(column.concept).is_none() && !has_own_rule {
                self.broken("P09", column.concept, "it is missing");
            }
        }
    }

    fn texts(&mut self) {
        self.wants("T01", Concept::Title);
        self.wants("T04", Concept::Description);
        self.wants("T08", Concept::Brand);
        self.wants("T09", Concept::SellerName);
        for (concept, most) in [(Concept::Title, 150), (Concept::Description, 5_000)] {
            if self.text(concept).is_some_and(|text| text.chars().count() > most) {
                self.broken("T02", concept, format!("it has more than {most} characters"));
            }
        }
        if let Some(title) = self.text(Concept::Title) {
            let letters = title.chars().filter(|c| c.is_alphabetic());
            if letters.clone().count() > 8 && letters.clone().all(char::is_uppercase) {
                self.broken("T03", Concept::Title, "it is all capitals");
            }
            if title.contains("!!") {
                self.broken("T03", Concept::Title, "it shouts");
            }
            if self.text(Concept::Mpn) == Some(title) {
                self.broken("T03", Concept::Title, "it is a number, not a name");
            }
            if self.text(Concept::Description) == Some(title) {
                self.broken("T04t", Concept::Description, "it is the title");
            }
        }
        for concept in [Concept::Title, Concept::Description, Concept::Brand, Concept::Material] {
            let Some(text) = self.text(concept) else { continue };
            if has_markup(text) {
                self.broken("T05", concept, "there is markup in it");
            }
            if text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{FFFD}') {
                self.broken("T06", concept, "there are characters in it that nobody can see");
            }
        }
        self.placeholders();
        if let Some(brand) = self.text(Concept::Brand) {
            if BRANDS.contains(&brand.to_lowercase().as_str()) {
                self.broken("T08p", Concept::Brand, "it is no brand");
            }
            if brand.chars().count() > 70 {
                self.broken("T08p", Concept::Brand, "it has more than 70 characters");
            }
        }
        if self.text(Concept::SellerName).is_some_and(|name| name.chars().count() > 70) {
            self.broken("T09l", Concept::SellerName, "it has more than 70 characters");
        }
    }

    fn placeholders(&mut self) {
        let all = self.profile.columns().iter().map(|column| column.concept);
        for concept in all.filter(|concept| *concept != Concept::Availability) {
            let Some(text) = self.text(concept) else { continue };
            if PLACEHOLDERS.contains(&text.trim().to_lowercase().as_str()) {
                let rule = if self.profile.must_have(concept) { "T07r" } else { "T07" };
                self.broken(rule, concept, "it stands in for a value");
            }
        }
    }

    fn links(&mut self) {
        if self.profile != Profile::Acp {
            self.wants("L01", Concept::Url);
        }
        let links = self.profile.columns().iter().map(|column| column.concept);
        for concept in links.filter(|concept| concept.kind() == Kind::Link) {
            let Some(text) = self.text(concept) else { continue };
            let authority = text.split("://").nth(1).and_then(|rest| rest.split(['/', '?']).next());
            if authority.is_some_and(|authority| authority.contains('@')) {
                self.broken("L03", concept, "there is a user in it");
            } else if !is_link(text) {
                let refuses = matches!(concept, Concept::Url | Concept::ImageUrl);
                let rule = if refuses { "L01" } else { "L01o" };
                self.broken(rule, concept, "it is no absolute address");
                continue;
            }
            if text.starts_with("http://") {
                self.broken("L02", concept, "it is http");
            }
            if matches!(concept, Concept::Url | Concept::ImageUrl) && is_private(text) {
                self.broken("L04", concept, "only your own network can reach it");
            }
        }
        for concept in [Concept::PrivacyPolicy, Concept::TermsOfService, Concept::ReturnPolicy] {
            let Some(text) = self.text(concept) else { continue };
            if text.trim_end_matches('/').matches('/').count() <= 2 && is_link(text) {
                self.broken("L10", concept, "it is the front page");
            }
        }
        let is_variant = self.text(Concept::HasVariations) == Some("true");
        let leads = |url: &str| url.contains(['?', '#']);
        if is_variant && self.text(Concept::Url).is_some_and(|url| !leads(url)) {
            self.broken("L06", Concept::Url, "no variant is selected in it");
        }
    }

    fn pictures(&mut self) {
        self.wants("L07", Concept::ImageUrl);
        let image = self.text(Concept::ImageUrl);
        if image
            .is_some_and(|url| url.contains("woocommerce-placeholder") || url.contains("no-image"))
        {
            self.broken("L07", Concept::ImageUrl, "it is the platform's placeholder");
        }
        let Some(field) = self.get(Concept::AdditionalImageUrls) else { return };
        let urls: Vec<&str> = match field.value {
            Value::Array(urls) => urls.iter().filter_map(Value::as_str).collect(),
            _ => field.text.split(',').collect(),
        };
        let mut seen = std::collections::BTreeSet::new();
        if urls.iter().any(|url| !is_link(url) || url.contains(';')) {
            self.broken("L09", Concept::AdditionalImageUrls, "one of them is no address");
        } else if urls.iter().any(|url| !seen.insert(url) || Some(*url) == image) {
            self.broken("L09", Concept::AdditionalImageUrls, "one of them stands there twice");
        }
    }

    fn variants(&mut self) {
        // The protocol and the others have no flag for it.
        if !self.profile.has_flags() {
            return;
        }
        let knows = |concept| self.profile.column(concept).is_some();
        let given = [Concept::GroupId, Concept::VariantDict].map(|one| self.get(one).is_some());
        let is_marked = self.text(Concept::HasVariations) == Some("true");
        if knows(Concept::HasVariations) && knows(Concept::VariantDict) {
            let is_variant = is_marked || given[1];
            if is_variant && !(is_marked && given[0] && given[1]) {
                self.broken("V01", Concept::VariantDict, "one of the three is missing");
            }
        }
        if self.profile == Profile::OpenAi && self.get(Concept::VariantDict).is_some() {
            let pairs = [Concept::Custom1Category, Concept::Custom1Option];
            if pairs.iter().any(|pair| self.get(*pair).is_some()) {
                self.broken("F06", Concept::Custom1Category, "variant_dict says it");
            }
        }
        let Some(field) = self.get(Concept::VariantDict) else { return };
        let Some(options) = options(field).filter(|options| {
            !options.is_empty() && options.iter().all(|(k, v)| !k.is_empty() && !v.is_empty())
        }) else {
            return self.broken("V02", Concept::VariantDict, "it is no object of texts");
        };
        for concept in [Concept::Color, Concept::Size, Concept::Material] {
            let option = options.iter().find(|(name, _)| name.eq_ignore_ascii_case(concept.key()));
            if let (Some((_, option)), Some(text)) = (option, self.text(concept))
                && option != text
            {
                self.broken("V05", concept, format!("its option says {option:?}"));
            }
        }
    }

    fn words(&mut self) {
        for (concept, most) in [(Concept::Color, 40), (Concept::Size, 20), (Concept::Material, 100)]
        {
            if self.text(concept).is_some_and(|text| text.chars().count() > most) {
                self.broken("V07", concept, format!("it has more than {most} characters"));
            }
        }
        let all = self.profile.columns().iter().map(|column| column.concept);
        for concept in all {
            let (Kind::Word(words), Some(text)) = (concept.kind(), self.text(concept)) else {
                continue;
            };
            let has_own_rule = matches!(
                concept,
                Concept::Availability | Concept::WeightUnit | Concept::DimensionsUnit
            );
            let is_worn = concept == Concept::Condition && self.profile == Profile::Acp;
            if !has_own_rule && !is_worn && !words.contains(&text) {
                self.broken("V08", concept, format!("it is none of {}", words.join(", ")));
            }
        }
    }

    fn identifiers(&mut self) {
        let gtin = self.text(Concept::Gtin);
        let is_valid = gtin.is_some_and(|gtin| parse_gtin(gtin).as_deref() == Some(gtin));
        if gtin.is_some() && !is_valid {
            self.broken("G01", Concept::Gtin, "its length or its check digit is wrong");
        }
        if gtin.is_some_and(|gtin| is_valid && is_restricted(gtin)) {
            self.broken("G02", Concept::Gtin, "stores give such numbers to themselves");
        }
        if let Some(mpn) = self.text(Concept::Mpn)
            && self.text(Concept::ItemId) == Some(mpn)
        {
            self.broken("G04", Concept::Mpn, "it is the item's id");
        }
        let exists_not =
            matches!(self.text(Concept::IdentifierExists), Some("no" | "false" | "False"));
        let has_one = is_valid || self.get(Concept::Mpn).is_some();
        if self.profile == Profile::Google && !has_one && !exists_not {
            self.broken("G05", Concept::Gtin, "there is neither GTIN nor part number");
        }
    }
}

/// `<b>`, `&amp;`, `[gallery]`, `{{name}}`.
fn has_markup(text: &str) -> bool {
    let opens = |mark: char, end: char| {
        text.split(mark).skip(1).any(|rest| {
            let name: String = rest.chars().take_while(|c| *c != end).collect();
            let is_tag =
                name.trim_start_matches('/').starts_with(|c: char| c.is_ascii_alphabetic());
            is_tag && name.len() < rest.len() && name.len() < 40 && !name.contains('\n')
        })
    };
    let is_word = |name: &str| {
        (2..=8).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#')
    };
    let has_entity = text
        .split('&')
        .skip(1)
        .any(|rest| rest.split_once(';').is_some_and(|(name, _)| is_word(name)));
    let has_code = text.split('[').skip(1).any(|rest| {
        rest.split_once(']').is_some_and(|(name, _)| name.contains('=') || name.starts_with('/'))
    });
    opens('<', '>') || has_entity || has_code || text.contains("{{")
}

fn is_private(url: &str) -> bool {
    let authority = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next());
    let host = authority.and_then(|authority| authority.rsplit('@').next());
    let host = host.and_then(|host| host.split(':').next()).unwrap_or_default();
    let octets: Vec<u8> = host.split('.').filter_map(|part| part.parse().ok()).collect();
    let is_private = matches!(
        octets.as_slice(),
        [10 | 127, _, _, _] | [192, 168, _, _] | [172, 16..=31, _, _] | [169, 254, _, _]
    );
    is_private
        || host == "localhost"
        || !host.contains('.')
        || [".local", ".test", ".internal", ".localhost"].iter().any(|end| host.ends_with(end))
}
