//! What goes over the wire: a call as PHP sees it, an answer, and WordPress's error body.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Value, json};

/// One request, read whole.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Upper-case method.
    pub(super) method: String,
    /// Path below `/wp-json`, or the whole path for a page.
    pub(super) path: String,
    /// Query parameters, decoded.
    pub(super) query: Vec<(String, String)>,
    /// Request headers.
    pub(super) headers: HeaderMap,
    /// Raw body.
    pub(super) body: Vec<u8>,
    /// What stands in PHP's `REQUEST_URI`.
    pub(super) uri: String,
}

impl Call {
    /// The path's segments.
    pub(super) fn segments(&self) -> Vec<&str> {
        self.path.split('/').filter(|part| !part.is_empty()).collect()
    }

    /// A query parameter.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header as text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as a JSON object; an empty body is an empty object, a form becomes strings.
    pub(super) fn json(&self) -> Result<Value, Answer> {
        if self.body.is_empty() {
            return Ok(json!({}));
        }
        if self.header("content-type").is_some_and(|kind| kind.contains("urlencoded")) {
            let pairs: Vec<(String, String)> =
                serde_urlencoded::from_bytes(&self.body).unwrap_or_default();
            return Ok(pairs.into_iter().map(|(key, value)| (key, json!(value))).collect());
        }
        serde_json::from_slice(&self.body).map_err(|_| {
            let mut data = status_data(400);
            data["json_error_code"] = json!(4);
            data["json_error_message"] = json!("Syntax error");
            Answer::error(400, "rest_invalid_json", "Invalid JSON body passed.", data)
        })
    }
}

/// What an answer carries.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// A JSON document.
    Json(Value),
    /// A page or picture with its media type.
    Page(&'static str, Vec<u8>),
    /// Nothing (204).
    Empty,
}

/// One answer before it becomes HTTP.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// HTTP status.
    pub(super) status: u16,
    /// Headers on top of those WordPress always sends.
    pub(super) headers: Vec<(&'static str, String)>,
    /// The body.
    pub(super) body: Body,
}

impl Answer {
    /// A JSON answer.
    pub(super) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body: Body::Json(body) }
    }

    /// WordPress's error body with this `data`.
    pub(super) fn error(status: u16, code: &str, message: &str, data: Value) -> Self {
        let mut body = json!({ "code": code, "message": message });
        body["data"] = data;
        Self::json(status, body)
    }

    /// The same answer with one more header.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The HTTP response; `noise` is what PHP prints in front of a JSON body.
    pub(super) fn into_response(self, noise: &str) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (kind, bytes) = match self.body {
            Body::Json(value) => ("application/json; charset=UTF-8", json_bytes(&value, noise)),
            Body::Page(kind, bytes) => (kind, bytes),
            Body::Empty => ("application/json; charset=UTF-8", Vec::new()),
        };
        let mut response = (status, bytes).into_response();
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(kind));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// What PHP's `display_errors` spoils a document with.
pub(super) const NOTICE: &str = "<br />\n<b>Notice</b>:  Undefined index: theme in \
    <b>/var/www/store/wp-content/themes/shop/functions.php</b> on line <b>12</b><br />\n";

/// WordPress escapes slashes.
fn json_bytes(value: &Value, noise: &str) -> Vec<u8> {
    format!("{noise}{}", value.to_string().replace('/', "\\/")).into_bytes()
}

/// The same with every number as a text and every text that is a number as one.
pub(super) fn swap_types(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.to_string()),
        Value::String(text) => {
            let is_plain = text.len() < 16
                && (text == "0" || text.starts_with("0.") || !text.starts_with(['0', '+', ' ']))
                && !text.ends_with('.');
            let number = if is_plain { serde_json::from_str::<Value>(&text).ok() } else { None };
            number.filter(Value::is_number).unwrap_or(Value::String(text))
        }
        Value::Array(items) => items.into_iter().map(swap_types).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, member)| (name, swap_types(member))).collect()
        }
        other => other,
    }
}

/// `{"status": …}`, the usual `data` of an error.
pub(super) fn status_data(status: u16) -> Value {
    json!({ "status": status })
}

/// The usual error: `{code, message, data: {status}}`.
pub(super) fn problem(status: u16, code: &str, message: &str) -> Answer {
    Answer::error(status, code, message, status_data(status))
}

/// 400 `rest_invalid_param` for one parameter.
pub(super) fn invalid_param(name: &str, code: &str, message: &str) -> Answer {
    let data = json!({
        "status": 400,
        "params": { name: message },
        "details": { name: { "code": code, "message": message, "data": null } },
    });
    Answer::error(400, "rest_invalid_param", &format!("Invalid parameter(s): {name}"), data)
}

/// 400 for a value outside an enumeration, worded as WordPress words it.
pub(super) fn not_in_enum(name: &str, words: &[&str]) -> Answer {
    let (last, first) = words.split_last().map_or(("", &[][..]), |(last, first)| (*last, first));
    let listed = format!("{}, and {last}", first.join(", "));
    invalid_param(name, "rest_not_in_enum", &format!("{name} is not one of {listed}."))
}

/// 404 for a path or method nobody serves.
pub(super) fn no_route() -> Answer {
    problem(404, "rest_no_route", "No route was found matching the URL and request method.")
}

/// A PHP fatal, with the file paths WordPress prints.
pub(super) fn fatal(message: &str, file: &str, line: u32) -> Answer {
    let file = format!("/var/www/store/wp-content/plugins/woocommerce/{file}");
    let error = json!({ "type": 1, "message": message, "file": file, "line": line });
    let text = "<p>There has been a critical error on this website.</p><p><a href=\"https://\
        wordpress.org/documentation/article/faq-troubleshooting/\">Learn more about \
        troubleshooting WordPress.</a></p>";
    let data = json!({ "status": 500, "error": error });
    let mut answer = Answer::error(500, "internal_server_error", text, data);
    if let Body::Json(body) = &mut answer.body {
        body["additional_errors"] = json!([]);
    }
    uncached(answer)
}

/// Tells every cache to keep away, as WordPress does for whoever is signed in, and on a fatal.
pub(super) fn uncached(answer: Answer) -> Answer {
    answer
        .with("expires", "Wed, 11 Jan 1984 05:00:00 GMT")
        .with("cache-control", "no-cache, must-revalidate, max-age=0, no-store, private")
}

/// Escapes the quotes of a message, as most WooCommerce texts arrive.
pub(super) fn quoted(name: &str) -> String {
    format!("&quot;{name}&quot;")
}
