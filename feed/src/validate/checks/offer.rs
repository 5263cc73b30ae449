//! What a row says of the offer: price, shipping, stock, measures, flags and terms.

use commerce::{Currency, Decimal};
use serde_json::Value;

use super::{Checks, options};
use crate::{
    concept::{Concept, Kind},
    profile::{Form, Profile},
    settings::parse_money,
    validate::Field,
};

impl Checks<'_> {
    pub(super) fn prices(&mut self) {
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

    pub(super) fn shipping(&mut self) {
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

    pub(super) fn stock(&mut self) {
        self.wants("S01", Concept::Availability);
        let preorder = if self
            .profile
            .column(Concept::Availability)
            .is_some_and(|column| column.form == Form::Own)
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

    pub(super) fn measures(&mut self) {
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

    pub(super) fn flags(&mut self) {
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

    pub(super) fn terms(&mut self) {
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

    pub(super) fn countries(&mut self) {
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
