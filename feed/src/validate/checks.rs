//! The rules that a row keeps by itself.

use commerce::{Currency, Decimal};
use serde_json::Value;

use super::{Field, Fields, Finding, merely_required};
use crate::{
    concept::{Concept, Kind},
    gtin::{is_restricted, parse_gtin},
    profile::Profile,
    settings::{is_link, parse_money},
};

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

    fn prices(&mut self) {
        self.wants("M01", Concept::Price);
        if let Some(field) = self.get(Concept::Price)
            && let Err((rule, why)) = check_money(field)
        {
            self.broken(rule, Concept::Price, why);
        }
        let price = self.text(Concept::Price).and_then(parse_money);
        if price.is_some_and(commerce::Money::is_zero)
            && self.get(Concept::SubscriptionCost).is_none()
        {
            self.broken("M04", Concept::Price, "it is zero");
        }
        if let Some(field) = self.get(Concept::SalePrice) {
            let sale = Some(field).filter(|field| check_money(field).is_ok());
            let sale = sale.and_then(|field| parse_money(&field.text));
            let is_lower = sale.zip(price).is_some_and(|(sale, price)| {
                sale.currency() == price.currency()
                    && sale.minor() > 0
                    && sale.minor() < price.minor()
            });
            if !is_lower {
                self.broken("M05", Concept::SalePrice, "it is no price below the regular one");
            }
        }
        if let (Some(from), Some(to)) = (self.text(Concept::SaleStart), self.text(Concept::SaleEnd))
            && from > to
        {
            self.broken("M06", Concept::SaleStart, "the sale begins after its end");
        }
        if let Some(period) = self.text(Concept::SalePeriod) {
            let days = period.split_once('/').map(|(from, to)| (from.trim(), to.trim()));
            if days.is_none_or(|(from, to)| from.is_empty() || from >= to) {
                self.broken("M06", Concept::SalePeriod, "it is not two days in their order");
            }
        }
    }

    fn shipping(&mut self) {
        let currency = self.text(Concept::Price).and_then(|price| price.split_once(' '));
        if let Some(field) = self.get(Concept::ShippingPrice) {
            let same =
                field.text.split_once(' ').map(|(_, code)| code) == currency.map(|(_, code)| code);
            if check_money(field).is_err() || !same {
                self.broken(
                    "M08",
                    Concept::ShippingPrice,
                    "it is no money in the price's currency",
                );
            }
            if self.get(Concept::Shipping).is_some() {
                self.broken("M09", Concept::Shipping, "shipping_price stands beside it");
            }
        }
        if let Some(tuple) = self.text(Concept::Shipping) {
            let parts: Vec<&str> = tuple.split(':').collect();
            let is_good =
                parts.len() == 4 && is_country(parts[0]) && parse_money(parts[3]).is_some();
            if !is_good {
                self.broken("M09", Concept::Shipping, "it is not country:region:service:price");
            }
        }
    }

    fn stock(&mut self) {
        self.wants("S01", Concept::Availability);
        let preorder = if self
            .profile
            .column(Concept::Availability)
            .is_some_and(|column| column.form == crate::profile::Form::Own)
            && self.profile != Profile::Acp
        {
            "pre_order"
        } else {
            "preorder"
        };
        let Some(word) = self.text(Concept::Availability) else { return };
        match word {
            "in_stock" | "out_of_stock" | "backorder" => {}
            word if word == preorder => {}
            "unknown" if self.profile.has_flags() => {}
            "limited_stock" | "discontinued" if self.profile == Profile::Acp => {}
            "pre_order" | "preorder" => {
                self.broken("S02", Concept::Availability, format!("here it is {preorder}"));
            }
            _ => self.broken("S01", Concept::Availability, "it is none of the profile's words"),
        }
        let waits = word == preorder || (self.profile == Profile::Google && word == "backorder");
        let has_date = self.profile.column(Concept::AvailabilityDate).is_some();
        if waits && has_date && self.get(Concept::AvailabilityDate).is_none() {
            self.broken("S03", Concept::AvailabilityDate, "it is missing");
        }
        if word == "in_stock" && self.text(Concept::InventoryQuantity) == Some("0") {
            self.broken("S04", Concept::Availability, "none is left");
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

    fn measures(&mut self) {
        let units = ["in", "cm", "ft", "m", "mm"];
        if let Some(field) = self.get(Concept::Dimensions)
            && self.profile == Profile::OpenAi
        {
            let sides = options(field).unwrap_or_default();
            let (unit, sides): (Vec<_>, Vec<_>) =
                sides.into_iter().partition(|(name, _)| name == "unit");
            let is_good = unit.first().is_some_and(|(_, unit)| units.contains(&unit.as_str()))
                && (2..=3).contains(&sides.len())
                && sides.iter().all(|(name, side)| {
                    ["length", "width", "height"].contains(&name.as_str()) && is_positive(side)
                });
            if !is_good {
                self.broken("D01", Concept::Dimensions, "it is not two or three sides and a unit");
            }
        }
        if self.profile != Profile::OpenAi && self.profile != Profile::OpenAiExtended {
            return;
        }
        let unit = self.text(Concept::DimensionsUnit).is_some_and(|unit| units.contains(&unit));
        for side in [Concept::Length, Concept::Width, Concept::Height] {
            if self.text(side).is_some_and(|text| !is_positive(text) || !unit) {
                self.broken("D01", side, "it is no positive number, or its unit is missing");
            }
        }
        let unit = self.text(Concept::WeightUnit);
        let unit = unit.is_some_and(|unit| ["g", "kg", "oz", "lb"].contains(&unit));
        if self.text(Concept::Weight).is_some_and(|text| !is_positive(text) || !unit) {
            self.broken("D02", Concept::Weight, "it is no positive number, or its unit is missing");
        }
    }

    fn flags(&mut self) {
        let all = self.profile.columns().iter().map(|column| column.concept);
        for concept in all.filter(|concept| concept.kind() == Kind::Flag) {
            let Some(field) = self.get(concept) else { continue };
            let is_flag = match field.value {
                Value::Bool(_) => true,
                Value::String(text) => text == "true" || text == "false",
                _ => false,
            };
            if !is_flag {
                self.broken("P01", concept, "it is neither true nor false");
            }
        }
        if self.text(Concept::EligibleCheckout) == Some("true") {
            if self.text(Concept::EligibleSearch) == Some("false") {
                self.broken("P02", Concept::EligibleCheckout, "it may not be shown");
            }
            let terms = [Concept::PrivacyPolicy, Concept::TermsOfService];
            if let Some(missing) = terms.into_iter().find(|term| self.get(*term).is_none()) {
                self.broken("P03", Concept::EligibleCheckout, format!("{missing} is missing"));
            }
        }
        if let Some(field) = self.get(Concept::AdsMetadata)
            && options(field).is_none()
        {
            self.broken("P07", Concept::AdsMetadata, "it is no object of texts");
        }
    }

    fn terms(&mut self) {
        if let Some(days) = self.text(Concept::ReturnDays) {
            let is_positive = days.parse::<u64>().is_ok_and(|days| days > 0);
            let accepts = self.text(Concept::AcceptsReturns);
            let knows = self.profile.column(Concept::AcceptsReturns).is_some();
            if !is_positive || (knows && accepts != Some("true")) {
                self.broken(
                    "P04",
                    Concept::ReturnDays,
                    "it is not positive, or returns are not accepted",
                );
            }
        }
        for (rating, count) in [
            (Concept::StarRating, Concept::ReviewCount),
            (Concept::StoreStarRating, Concept::StoreReviewCount),
        ] {
            let five = Decimal::from(5);
            let is_good = |text: &str| {
                text.parse::<Decimal>().is_ok_and(|stars| stars >= Decimal::ZERO && stars <= five)
            };
            if self.text(rating).is_some_and(|text| !is_good(text)) {
                self.broken("P05", rating, "it is not 0 to 5");
            }
            if self.get(rating).is_some() && self.get(count).is_none() {
                self.broken("P05", rating, "nobody says how many reviews there are");
            }
            if self.text(count).is_some_and(|text| text.parse::<u64>().is_err()) {
                self.broken("P05", count, "it is no whole number");
            }
        }
    }

    fn countries(&mut self) {
        for concept in [Concept::TargetCountries, Concept::StoreCountry] {
            if self.profile.column(concept).is_none() {
                continue;
            }
            match self.text(concept) {
                None => self.broken("P06", concept, "it is missing"),
                Some(text) if !text.split(',').all(is_country) => {
                    self.broken("P06w", concept, "it is not two capitals");
                }
                Some(_) => {}
            }
        }
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn is_positive(text: &str) -> bool {
    text.parse::<Decimal>().is_ok_and(|number| number > Decimal::ZERO)
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

fn check_money(field: &Field<'_>) -> Result<(), (&'static str, &'static str)> {
    let form = ("M01", "it is not written as 12.34 USD");
    let Value::String(text) = field.value else { return Err(form) };
    let (amount, code) = text.split_once(' ').ok_or(form)?;
    let (whole, fraction) = amount.split_once('.').unwrap_or((amount, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(form);
    }
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(form);
    }
    Currency::from_code(code).ok_or(("M02", "nobody knows the currency"))?;
    parse_money(text).map(|_| ()).ok_or(("M03", "its currency has fewer decimals"))
}
