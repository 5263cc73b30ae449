//! What a payment is described with, and the parameters that say it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{errors::Refusal, form::Form};

const CURRENCIES: &str = "usd aed ars aud bgn brl cad chf clp cny cop czk dkk egp eur gbp hkd huf \
                          idr ils inr isk jpy krw kwd mxn myr nok nzd pen php pln ron sar sek sgd \
                          thb try twd uah vnd zar";
/// Members that are plain text and may be set at any time.
const TEXTS: [&str; 5] = [
    "description",
    "receipt_email",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
];
const AMOUNT_MAX: i64 = 99_999_999;

/// What describes a payment and moves no money.
pub(super) struct Details {
    pub(super) metadata: Vec<(String, String)>,
    pub(super) references: BTreeMap<&'static str, String>,
    pub(super) shipping: Option<Value>,
    pub(super) texts: Vec<(&'static str, String)>,
}

impl Details {
    pub(super) fn read(form: &mut Form) -> Result<Self, Refusal> {
        let mut texts = Vec::new();
        for name in TEXTS {
            texts.extend(form.text(name)?.map(|text| (name, text)));
        }
        let shipping = form.hash("shipping")?.map(shipping).transpose()?;
        let references = references(form)?;
        Ok(Self { metadata: form.metadata("metadata")?, references, shipping, texts })
    }
}

/// Who chooses the payment methods; without a word of the caller's it is Stripe.
pub(super) fn automatic(form: &mut Form) -> Result<Option<&'static str>, Refusal> {
    let types = form.list("payment_method_types")?;
    let Some(mut hash) = form.hash("automatic_payment_methods")? else {
        return match types.iter().find(|kind| kind.as_str() != "card") {
            Some(_) => Err(Refusal::parameter(
                "The payment method type provided is invalid. Please ensure the provided type is \
                 activated in your dashboard.",
                "payment_method_types",
            )
            .code("payment_intent_invalid_parameter")),
            None => Ok(types.is_empty().then_some("always")),
        };
    };
    let enabled = hash.boolean("enabled")?.ok_or_else(|| hash.missing("enabled"))?;
    let redirects = hash.choice("allow_redirects", &["always", "never"])?.unwrap_or("always");
    hash.end()?;
    if enabled && !types.is_empty() {
        let words = "You may only specify one of these parameters: automatic_payment_methods, \
                     payment_method_types.";
        return Err(Refusal::parameter(words, "automatic_payment_methods"));
    }
    Ok(enabled.then_some(redirects))
}

/// What the seller calls the payment. Of all its details no other is emulated.
pub(super) fn references(form: &mut Form) -> Result<BTreeMap<&'static str, String>, Refusal> {
    let mut references = BTreeMap::new();
    let Some(mut details) = form.hash("payment_details")? else { return Ok(references) };
    for name in ["customer_reference", "order_reference"] {
        references.extend(details.text(name)?.map(|text| (name, text)));
    }
    details.end()?;
    Ok(references)
}

fn shipping(mut form: Form) -> Result<Value, Refusal> {
    let mut address = form.hash("address")?.ok_or_else(|| form.missing("address"))?;
    let name = form.text("name")?.ok_or_else(|| form.missing("name"))?;
    let view = json!({
        "address": {
            "city": address.text("city")?,
            "country": address.text("country")?,
            "line1": address.text("line1")?,
            "line2": address.text("line2")?,
            "postal_code": address.text("postal_code")?,
            "state": address.text("state")?,
        },
        "carrier": form.text("carrier")?,
        "name": name,
        "phone": form.text("phone")?,
        "tracking_number": form.text("tracking_number")?,
    });
    address.end()?;
    form.end()?;
    Ok(view)
}

pub(super) fn check_amount(amount: i64, currency: &str) -> Result<(), Refusal> {
    if !CURRENCIES.split_whitespace().any(|known| known == currency) {
        let words = format!("Invalid currency: {currency}.");
        return Err(Refusal::parameter(&words, "currency"));
    }
    let least = match currency {
        "usd" | "eur" | "cad" | "aud" | "chf" | "nzd" | "sgd" | "brl" | "jpy" => 50,
        "gbp" => 30,
        _ => 1,
    };
    if amount < least {
        let words = format!("Amount must be at least {least} of the smallest unit of {currency}");
        return Err(Refusal::parameter(&words, "amount").code("amount_too_small"));
    }
    if amount > AMOUNT_MAX {
        let words = format!("Amount must be no more than {AMOUNT_MAX}");
        return Err(Refusal::parameter(&words, "amount").code("amount_too_large"));
    }
    Ok(())
}
