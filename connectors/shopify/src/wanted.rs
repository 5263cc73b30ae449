//! What a draft shall hold: what it holds, and a change to that. As Shopify takes it.

use commerce::{
    Address, Buyer, Change, ConnectorError, Currency, Destination, Line, Patch, RateId,
};
use serde::Serialize;

use crate::{
    attributes::{Attribute, Kept},
    countries::country,
    lines::row_of,
    shown::{EMPTY_ROW, Mailing, Shown},
};

/// More of one thing is refused: Shopify counts with 32 bits, and nobody buys it through an agent.
const QUANTITY_MAX: u32 = 1_000_000;

/// All that is written into a draft.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// What it is sold in: the store's currency when it was opened.
    pub(crate) currency: Currency,
    /// Variants and how many, each once.
    pub(crate) lines: Vec<(u64, u32)>,
    pub(crate) buyer: Buyer,
    /// Where it goes, if that is told.
    pub(crate) to: Option<MailingInput>,
    /// The buyer's choice, or the one before.
    pub(crate) rate: Option<RateId>,
    pub(crate) codes: Vec<String>,
    pub(crate) note: Option<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) kept: Kept,
}

/// What of a change cannot be taken over, in the agent's own words.
#[derive(Clone, Debug, Default)]
pub(crate) struct Misfits {
    /// Items that are no variant at all.
    pub(crate) items: Vec<commerce::ItemId>,
    /// Items of which so many are too many.
    pub(crate) quantities: Vec<commerce::ItemId>,
    /// Whether the country is none.
    pub(crate) country: bool,
}

/// `MailingAddressInput`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailingInput {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) first_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) last_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) company: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) address1: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) address2: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) city: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) province_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) country_code: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) zip: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) phone: String,
}

/// `DraftOrderInput`. What is null is taken away, what is absent stays.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DraftInput {
    line_items: Vec<RowInput>,
    email: Option<String>,
    phone: Option<String>,
    note: Option<String>,
    shipping_address: Option<MailingInput>,
    billing_address: Option<MailingInput>,
    shipping_line: Option<LineInput>,
    discount_codes: Vec<String>,
    accept_automatic_discounts: bool,
    presentment_currency_code: &'static str,
    tags: Vec<String>,
    custom_attributes: Vec<Attribute>,
    reserve_inventory_until: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RowInput {
    uuid: String,
    quantity: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_id: Option<String>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    custom: Option<CustomRow>,
}

/// A row that is in no catalog.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CustomRow {
    title: &'static str,
    original_unit_price_with_currency: MoneyInput,
    requires_shipping: bool,
    taxable: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct MoneyInput {
    amount: &'static str,
    currency_code: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LineInput {
    shipping_rate_handle: String,
}

/// `DraftOrderAvailableDeliveryOptionsInput`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OptionsInput {
    line_items: Vec<RowInput>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<MailingInput>,
    discount_codes: Vec<String>,
    accept_automatic_discounts: bool,
}

impl Wanted {
    /// Nothing yet.
    pub(crate) fn nothing(currency: Currency) -> Self {
        Self {
            currency,
            lines: Vec::new(),
            buyer: Buyer::default(),
            to: None,
            rate: None,
            codes: Vec::new(),
            note: None,
            tags: Vec::new(),
            kept: Kept::default(),
        }
    }

    /// What a draft holds.
    pub(crate) fn of(shown: &Shown) -> Result<Self, ConnectorError> {
        let rows = shown.rows().filter_map(|row| {
            let variant = row.variant.as_ref()?;
            Some((variant.id.0, row.quantity))
        });
        let kept = shown.kept();
        Ok(Self {
            currency: shown.total()?.currency(),
            lines: rows.collect(),
            buyer: buyer(shown).unwrap_or_default(),
            to: shown.address().map(MailingInput::of),
            rate: shown.shipping_line.as_ref().map(crate::shown::ShippingLine::rate_id),
            codes: shown.discount_codes.clone(),
            note: shown.note.clone().filter(|note| !note.is_empty()),
            tags: shown.tags.clone(),
            kept: kept.untied(),
        })
    }

    /// What it shall hold after a change, and what of that cannot be.
    pub(crate) fn change(&mut self, change: &Change) -> Misfits {
        let mut misfits = Misfits::default();
        if let Some(lines) = &change.lines {
            self.lines.clear();
            for line in lines {
                self.want(line, &mut misfits);
            }
        }
        match &change.buyer {
            Patch::Keep => {}
            Patch::Clear => self.buyer = Buyer::default(),
            Patch::Set(buyer) => self.buyer = buyer.clone(),
        }
        match &change.destination {
            Patch::Keep => {}
            Patch::Clear => self.to = None,
            Patch::Set(to) => {
                let told = MailingInput::to(to);
                misfits.country = told.is_err();
                self.to = told.unwrap_or_default();
            }
        }
        if let Some(codes) = &change.codes {
            self.codes.clone_from(codes);
        }
        match &change.note {
            Patch::Keep => {}
            Patch::Clear => self.note = None,
            Patch::Set(note) => self.note = Some(note.clone()).filter(|note| !note.is_empty()),
        }
        self.kept.facts.extend(change.facts.clone());
        misfits
    }

    fn want(&mut self, line: &Line, misfits: &mut Misfits) {
        let Some(variant) = crate::id::variant_of(&line.item) else {
            return misfits.items.push(line.item.clone());
        };
        let quantity = line.quantity.get();
        let known = self.lines.iter_mut().find(|(known, _)| *known == variant);
        let sum = known.as_ref().map_or(0, |(_, known)| *known).saturating_add(quantity);
        if sum > QUANTITY_MAX {
            return misfits.quantities.push(line.item.clone());
        }
        match known {
            Some((_, known)) => *known = sum,
            None => self.lines.push((variant, sum)),
        }
    }

    /// As a draft takes it, with the handle of a rate.
    pub(crate) fn input(&self, handle: Option<String>) -> DraftInput {
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        DraftInput {
            line_items: self.rows(),
            email: text(&self.buyer.email),
            phone: text(&self.buyer.phone),
            note: self.note.clone(),
            shipping_address: self.to.clone(),
            billing_address: self.billing(),
            shipping_line: handle.map(|handle| LineInput { shipping_rate_handle: handle }),
            discount_codes: self.codes.clone(),
            accept_automatic_discounts: true,
            presentment_currency_code: self.currency.code(),
            tags: self.tags.clone(),
            custom_attributes: self.kept.attributes(),
            reserve_inventory_until: None,
        }
    }

    /// The country where it goes, if that is told.
    pub(crate) fn country(&self) -> Option<&str> {
        self.to.as_ref().map(|to| to.country_code.as_str()).filter(|code| !code.is_empty())
    }

    /// What the ways to get there are asked for.
    pub(crate) fn options(&self) -> OptionsInput {
        OptionsInput {
            line_items: self.rows(),
            shipping_address: self.to.clone(),
            discount_codes: self.codes.clone(),
            accept_automatic_discounts: true,
        }
    }

    fn rows(&self) -> Vec<RowInput> {
        let row = |&(variant, quantity): &(u64, u32)| RowInput {
            uuid: row_of(variant),
            quantity,
            variant_id: Some(crate::id::Kind::ProductVariant.gid(variant)),
            custom: None,
        };
        if !self.lines.is_empty() {
            return self.lines.iter().map(row).collect();
        }
        let price = MoneyInput { amount: "0", currency_code: self.currency.code() };
        let empty = CustomRow {
            title: "Nothing yet",
            original_unit_price_with_currency: price,
            requires_shipping: false,
            taxable: false,
        };
        let custom = Some(empty);
        vec![RowInput { uuid: EMPTY_ROW.to_owned(), quantity: 1, variant_id: None, custom }]
    }

    /// The buyer, at the place where it goes: nobody has told of another.
    fn billing(&self) -> Option<MailingInput> {
        let Buyer { first_name, last_name, company, .. } = &self.buyer;
        if [first_name, last_name, company].iter().all(|part| part.is_empty()) {
            return self.to.clone();
        }
        Some(MailingInput {
            first_name: first_name.clone(),
            last_name: last_name.clone(),
            company: company.clone(),
            ..self.to.clone().unwrap_or_default()
        })
    }
}

impl DraftInput {
    /// The same, with its goods off the shelf until then.
    #[must_use]
    pub(crate) fn reserved(mut self, until: jiff::Timestamp) -> Self {
        self.reserve_inventory_until = Some(until.to_string());
        self
    }
}

impl MailingInput {
    /// An address that a draft holds.
    fn of(to: &Mailing) -> Self {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        Self {
            first_name: text(&to.first_name),
            last_name: text(&to.last_name),
            company: text(&to.company),
            address1: text(&to.address1),
            address2: text(&to.address2),
            city: text(&to.city),
            province_code: text(&to.province_code),
            country_code: text(&to.country_code_v2),
            zip: text(&to.zip),
            phone: text(&to.phone),
        }
    }

    /// Where something goes; an error where the country is none.
    fn to(to: &Destination) -> Result<Option<Self>, ()> {
        let Some(address) = &to.address else { return Ok(None) };
        let name = if address.name.trim().is_empty() { &to.name } else { &address.name };
        let (first_name, last_name) = split(name);
        let country_code = match address.country.trim() {
            "" => String::new(),
            code => country(code).ok_or(())?.to_owned(),
        };
        Ok(Some(Self {
            first_name,
            last_name,
            company: address.company.clone(),
            address1: address.line_one.clone(),
            address2: address.line_two.clone(),
            city: address.city.clone(),
            province_code: address.state.clone(),
            country_code,
            zip: address.postal_code.clone(),
            phone: to.phone.clone(),
        }))
    }
}

/// Everything before the last word, and that.
fn split(name: &str) -> (String, String) {
    let name = name.trim();
    let (first, last) = name.rsplit_once(char::is_whitespace).unwrap_or(("", name));
    (first.trim().to_owned(), last.to_owned())
}

/// Who pays, as far as told.
pub(crate) fn buyer(shown: &Shown) -> Option<Buyer> {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let billing = shown.billing_address.clone().unwrap_or_default();
    let email = shown.email.clone().filter(|email| !email.is_empty())?;
    Some(Buyer {
        first_name: text(&billing.first_name),
        last_name: text(&billing.last_name),
        email,
        phone: text(&shown.phone),
        company: text(&billing.company),
    })
}

/// Where it goes, as far as told.
pub(crate) fn destination(shown: &Shown) -> Option<Destination> {
    let to = shown.address()?;
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    Some(Destination {
        name: to.name(),
        phone: text(&to.phone),
        email: String::new(),
        address: Some(Address {
            name: to.name(),
            company: text(&to.company),
            line_one: text(&to.address1),
            line_two: text(&to.address2),
            city: text(&to.city),
            state: text(&to.province_code),
            postal_code: text(&to.zip),
            country: text(&to.country_code_v2),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn the_last_word_is_the_family() {
        let check = |name: &str, first: &str, last: &str| {
            assert_eq!(split(name), (first.to_owned(), last.to_owned()), "{name:?}");
        };
        check("Ada Lovelace", "Ada", "Lovelace");
        check(" Augusta Ada  King ", "Augusta Ada", "King");
        check("Plato", "", "Plato");
        check("", "", "");
    }
}
