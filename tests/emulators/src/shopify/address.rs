//! Addresses as they are sent and as they are shown.

use serde_json::{Value, json};

/// Codes and names.
type Provinces = &'static [(&'static str, &'static str)];

/// Countries and their provinces, as far as the shop sells there.
const COUNTRIES: [(&str, &str, Provinces); 6] = [
    (
        "US",
        "United States",
        &[
            ("CA", "California"),
            ("NY", "New York"),
            ("OR", "Oregon"),
            ("TX", "Texas"),
            ("WA", "Washington"),
            ("IL", "Illinois"),
            ("DC", "District of Columbia"),
        ],
    ),
    (
        "CA",
        "Canada",
        &[("ON", "Ontario"), ("QC", "Quebec"), ("BC", "British Columbia"), ("AB", "Alberta")],
    ),
    ("DE", "Germany", &[]),
    ("FR", "France", &[]),
    ("GB", "United Kingdom", &[("ENG", "England"), ("SCT", "Scotland")]),
    ("JP", "Japan", &[("JP-13", "Tokyo"), ("JP-27", "Osaka")]),
];

/// A country's name.
pub(super) fn country(code: &str) -> Option<&'static str> {
    COUNTRIES.iter().find(|(known, ..)| *known == code).map(|(_, name, _)| *name)
}

fn province(country: &str, code: &str) -> Option<&'static str> {
    let provinces = COUNTRIES.iter().find(|(known, ..)| *known == country)?.2;
    provinces.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
}

/// `MailingAddress` from its input.
pub(super) fn view(input: &Value, id: u64) -> Value {
    let text = |name: &str| input[name].as_str().filter(|text| !text.is_empty());
    let code = text("countryCode").unwrap_or_default();
    let region = text("provinceCode");
    let names = [text("firstName"), text("lastName")];
    let name: Vec<&str> = names.into_iter().flatten().collect();
    let parts = ["address1", "address2", "city", "zip"].into_iter();
    let formatted: Vec<&str> = parts.filter_map(text).collect();
    json!({
        "id": format!("gid://shopify/MailingAddress/{id}?model_name=Address"),
        "firstName": text("firstName"),
        "lastName": text("lastName"),
        "name": if name.is_empty() { Value::Null } else { json!(name.join(" ")) },
        "company": text("company"),
        "address1": text("address1"),
        "address2": text("address2"),
        "city": text("city"),
        "province": region.and_then(|region| province(code, region)),
        "provinceCode": region,
        "country": country(code),
        "countryCode": text("countryCode"),
        "countryCodeV2": text("countryCode"),
        "zip": text("zip"),
        "phone": text("phone"),
        "formatted": formatted,
        "formattedArea": text("city"),
        "coordinatesValidated": false,
        "latitude": null,
        "longitude": null,
        "timeZone": null,
        "validationResultSummary": null,
    })
}

/// Whether a parcel can be sent there: everything but a company and a second line.
pub(super) fn is_complete(view: &Value) -> bool {
    let has = |name: &str| view[name].is_string();
    let code = view["countryCodeV2"].as_str().unwrap_or_default();
    let region = view["provinceCode"].as_str();
    let provinces = COUNTRIES.iter().find(|(known, ..)| *known == code).map_or(&[][..], |c| c.2);
    let fits =
        provinces.is_empty() || region.is_some_and(|region| province(code, region).is_some());
    has("countryCodeV2") && has("address1") && has("city") && has("zip") && fits
}

/// What an order's address lacks: field and message.
pub(super) fn faults(view: &Value) -> Vec<(&'static str, String)> {
    let mut faults = Vec::new();
    let code = view["countryCodeV2"].as_str().unwrap_or_default();
    if !view["lastName"].is_string() {
        faults.push(("lastName", "Enter a last name".to_owned()));
    }
    if !view["zip"].is_string() {
        faults.push(("zip", "Enter a ZIP code".to_owned()));
    }
    let region = view["provinceCode"].as_str();
    if let (Some(region), Some(name)) = (region, country(code))
        && province(code, region).is_none()
    {
        faults.push(("province", format!("State is not a valid state in {name}")));
    }
    faults
}

/// Whether mail could be sent there.
pub(super) fn is_email(text: &str) -> bool {
    let (name, domain) = text.split_once('@').unwrap_or_default();
    let plain = !text.contains(char::is_whitespace) && !domain.contains('@');
    plain
        && !name.is_empty()
        && domain.split('.').count() > 1
        && domain.split('.').all(|part| !part.is_empty())
}

/// A telephone number, as far as Shopify looks.
pub(super) fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 7 && text.bytes().all(|byte| byte.is_ascii_digit() || b" +-().".contains(&byte))
}
