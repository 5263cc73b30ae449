//! `wc/store/v1/batch`: up to 25 writes in order, each answered on its own.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::shop::Shop;
use super::store_api::missing_params;
use super::wire::{Answer, Body, Call, fatal, invalid_param};

const LIMIT: usize = 25;
const METHODS: [&str; 4] = ["POST", "PUT", "PATCH", "DELETE"];

impl Shop {
    /// Runs the parts. The token has to be outside and inside: outside says whose cart, inside
    /// lets the part write. Only inside is a PHP fatal.
    pub(super) fn batch(&mut self, call: &Call) -> Answer {
        let parts = match call.json().and_then(|body| parts(&body)) {
            Ok(parts) => parts,
            Err(answer) => return answer.with("allow", "POST"),
        };
        let outer = call.header("cart-token").map(str::to_owned);
        if outer.is_none() && parts.iter().any(|part| part.header("cart-token").is_some()) {
            let text = "Uncaught TypeError: Automattic\\WooCommerce\\StoreApi\\Utilities\\\
                JsonWebToken::from_base_64_url(): Argument #1 ($string) must be of type string, \
                null given";
            return fatal(text, "src/StoreApi/Utilities/JsonWebToken.php", 199);
        }
        let mut responses = Vec::new();
        let mut cookies = Vec::new();
        for mut part in parts {
            // The session is the outer token's, whatever token the part carries.
            let good = part.header("cart-token").is_some_and(|t| self.token_user(t).is_some());
            let token = outer.as_deref().and_then(|token| HeaderValue::from_str(token).ok());
            if let Some(token) = token.filter(|_| good) {
                part.headers.insert("cart-token", token);
            }
            let answer = self.store_api(&part);
            self.calls.push(format!("  {} {} -> {}", part.method, part.path, answer.status));
            let set = answer.headers.iter().filter(|(name, _)| *name == "set-cookie");
            let set: Vec<_> = set.cloned().collect();
            if !set.is_empty() {
                cookies = set;
            }
            responses.push(part_json(answer));
        }
        let mut answer = Answer::json(207, json!({ "responses": responses }))
            .with("nonce", self.nonce.clone())
            .with("nonce-timestamp", self.now().as_second().to_string())
            .with("user-id", "0")
            .with("allow", "POST");
        answer.headers.extend(cookies);
        answer
    }
}

/// Reads the parts, refusing what the schema refuses.
fn parts(body: &Value) -> Result<Vec<Call>, Answer> {
    let given = body.get("requests").ok_or_else(|| missing_params(&["requests"]))?;
    let wrong = |code: &str, text: &str| invalid_param("requests", code, text);
    let given = given
        .as_array()
        .ok_or_else(|| wrong("rest_invalid_type", "requests is not of type array."))?;
    if given.len() > LIMIT {
        let text = format!("requests must contain at most {LIMIT} items.");
        return Err(wrong("rest_too_many_items", &text));
    }
    let mut parts = Vec::new();
    for (at, part) in given.iter().enumerate() {
        let method = part["method"].as_str().unwrap_or("POST");
        if !METHODS.contains(&method) {
            let text =
                format!("requests[{at}][method] is not one of POST, PUT, PATCH, and DELETE.");
            return Err(wrong("rest_not_in_enum", &text));
        }
        let path = part["path"].as_str().ok_or_else(|| {
            let text = format!("path is a required property of requests[{at}].");
            wrong("rest_property_required", &text)
        })?;
        parts.push(part_call(method, path, part));
    }
    Ok(parts)
}

fn part_call(method: &str, path: &str, part: &Value) -> Call {
    let mut headers = HeaderMap::new();
    for (name, value) in part["headers"].as_object().into_iter().flatten() {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = value.as_str().and_then(|text| HeaderValue::from_str(text).ok());
        if let (Ok(name), Some(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let body = part.get("body").map(|body| body.to_string().into_bytes()).unwrap_or_default();
    Call {
        method: method.to_owned(),
        path: path.to_owned(),
        query: serde_urlencoded::from_str(query).unwrap_or_default(),
        headers,
        body,
        uri: format!("/wp-json{path}"),
    }
}

/// A part's answer, with the headers WordPress shows of it.
fn part_json(answer: Answer) -> Value {
    const SHOWN: [(&str, &str); 7] = [
        ("nonce", "Nonce"),
        ("nonce-timestamp", "Nonce-Timestamp"),
        ("user-id", "User-ID"),
        ("cart-token", "Cart-Token"),
        ("cart-hash", "Cart-Hash"),
        ("cache-control", "Cache-Control"),
        ("allow", "Allow"),
    ];
    let mut headers = json!({});
    for (name, shown) in SHOWN {
        if let Some((_, value)) = answer.headers.iter().find(|(known, _)| *known == name) {
            let number = matches!(shown, "Nonce-Timestamp" | "User-ID");
            let number = value.parse::<i64>().ok().filter(|_| number);
            headers[shown] = number.map_or(json!(value), |number| json!(number));
        }
    }
    let body = match answer.body {
        Body::Json(body) => body,
        _ => Value::Null,
    };
    json!({ "body": body, "status": answer.status, "headers": headers })
}
