//! What goes over the wire: tokens, documents, results.

use std::collections::BTreeSet;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::Operation;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::cost;
use super::execute::Run;
use super::judge;
use super::lint::deprecated_members;
use super::problem::Problem;
use super::shop::Shop;
use super::variables;
use super::versions;

/// One answer before it becomes HTTP.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) kind: &'static str,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        let kind = "application/json; charset=utf-8";
        Self { status, headers: Vec::new(), kind, body: body.to_string() }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, self.body).into_response();
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(HeaderName::from_static(name), value);
            }
        }
        response
    }
}

/// A part of a file, `bytes=0-1023`, as storage gives it out.
pub(super) fn part(file: &[u8], range: &str) -> Response {
    let bounds = range.strip_prefix("bytes=").and_then(|bounds| bounds.split_once('-'));
    let bounds = bounds.and_then(|(first, last)| Some((first.parse::<usize>().ok()?, last)));
    let Some((first, last)) = bounds.filter(|(first, _)| *first < file.len()) else {
        let all = format!("bytes */{}", file.len());
        return (StatusCode::RANGE_NOT_SATISFIABLE, [("content-range", all)]).into_response();
    };
    let last = last.parse().unwrap_or(usize::MAX).min(file.len() - 1);
    if last < first {
        return (StatusCode::RANGE_NOT_SATISFIABLE, ()).into_response();
    }
    let place = format!("bytes {first}-{last}/{}", file.len());
    let headers = [("content-range", place), ("content-type", "application/jsonl".to_owned())];
    (StatusCode::PARTIAL_CONTENT, headers, file[first..=last].to_vec()).into_response()
}

/// Operation and root fields of a body, for planned faults.
pub(super) fn names(body: &[u8]) -> Vec<String> {
    let call: Value = serde_json::from_slice(body).unwrap_or_default();
    judge::names(call["query"].as_str().unwrap_or_default())
}

/// What became of a document.
#[derive(Default)]
struct Outcome {
    body: Value,
    requested: u64,
    actual: Option<u64>,
    deprecated: BTreeSet<String>,
}

impl Outcome {
    /// Nothing ran.
    fn refused(mut self, problems: &[Problem]) -> Self {
        self.body = json!({ "errors": problems.iter().map(Problem::json).collect::<Vec<_>>() });
        self
    }

    /// Nothing ran, and the bucket is to blame, or at least asked.
    fn unpaid(self, problems: &[Problem], status: &Value) -> Self {
        let mut outcome = self.refused(problems);
        outcome.body["extensions"] = json!({ "cost": {
            "requestedQueryCost": outcome.requested,
            "actualQueryCost": null,
            "throttleStatus": status,
        } });
        outcome
    }
}

impl Shop {
    /// The token endpoint of the client credentials grant.
    pub(super) fn grant(&mut self, headers: &HeaderMap, body: &[u8]) -> Answer {
        let kind =
            headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let form: Map<String, Value> = if kind.contains("json") {
            serde_json::from_slice(body).unwrap_or_default()
        } else {
            let pairs: Vec<(String, String)> =
                serde_urlencoded::from_bytes(body).unwrap_or_default();
            pairs.into_iter().map(|(name, value)| (name, value.into())).collect()
        };
        let is = |name: &str, value: &str| form.get(name).and_then(Value::as_str) == Some(value);
        // The codes are OAuth's, the words are not recorded.
        let refuse = |status, error: &str, text: &str| {
            Answer::json(status, &json!({ "error": error, "error_description": text }))
        };
        let answer = if !is("grant_type", "client_credentials") {
            refuse(400, "unsupported_grant_type", "grant_type must be client_credentials")
        } else if !is("client_id", &self.app.client) || !is("client_secret", &self.app.secret) {
            refuse(401, "invalid_client", "The client credentials are not valid")
        } else if self.app.installed {
            let (token, life) = self.issue();
            let scope = self.app.scopes.join(",");
            let body = json!({ "access_token": token, "scope": scope, "expires_in": life });
            Answer::json(200, &body).with("cache-control", "no-store")
        } else {
            refuse(400, "shop_not_permitted", "The app is not installed on this shop")
        };
        self.journal.push(json!({ "call": "access_token", "status": answer.status }));
        answer
    }

    /// A file of a bulk operation. Whoever shows an access token here gives it to a stranger.
    pub(super) fn storage(&mut self, token: &str, headers: &HeaderMap) -> Answer {
        let leaked =
            headers.contains_key("x-shopify-access-token") || headers.contains_key("authorization");
        let found = if leaked { Err(400) } else { self.bulk_lines(token) };
        let answer = match found {
            Ok(body) => {
                Answer { status: 200, headers: Vec::new(), kind: "application/jsonl", body }
            }
            Err(status) => Answer {
                status,
                headers: Vec::new(),
                kind: "application/xml; charset=UTF-8",
                body:
                    "<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code></Error>"
                        .to_owned(),
            },
        };
        self.journal.push(json!({ "call": "bulk-results", "status": answer.status }));
        answer
    }

    /// `POST /admin/api/{version}/graphql.json`.
    pub(super) fn graphql(&mut self, asked: &str, headers: &HeaderMap, body: &[u8]) -> Answer {
        self.tick();
        let request = self.uuid();
        let Some(version) = versions::served(asked) else {
            return self.refuse(asked, 404, &json!({ "errors": "Not Found" }));
        };
        let header = |name: &str| {
            headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
        };
        if !self.admits(header("x-shopify-access-token")) {
            let text =
                "[API] Invalid API key or access token (unrecognized login or wrong password)";
            return self.refuse(asked, 401, &json!({ "errors": text }));
        }
        if !header("content-type").starts_with("application/json") {
            return self.refuse(asked, 415, &json!({ "errors": "Unsupported Media Type" }));
        }
        let Ok(call) = serde_json::from_slice::<Value>(body) else {
            return self.refuse(asked, 400, &json!({ "errors": "Bad Request" }));
        };
        let Some(query) = call["query"].as_str() else {
            let errors = json!({ "errors": { "query": "Required parameter missing or invalid" } });
            return self.refuse(asked, 400, &errors);
        };
        let outcome = self.run(query, &call);
        let empty = Vec::new();
        self.journal.push(json!({
            "call": "graphql",
            "version": asked,
            "names": names(body),
            "status": 200,
            "requested": outcome.requested,
            "actual": outcome.actual,
            "errors": outcome.body["errors"].as_array().unwrap_or(&empty).iter()
                .map(|error| error["extensions"]["code"].clone()).collect::<Vec<_>>(),
            "deprecated": outcome.deprecated,
            "variables": call["variables"],
        }));
        let answer = Answer::json(200, &outcome.body)
            .with("x-shopify-api-version", version)
            .with("x-request-id", request);
        if outcome.deprecated.is_empty() {
            return answer;
        }
        let reason = "https://shopify.dev/api/usage/versioning#deprecation-practices";
        answer.with("x-shopify-api-deprecated-reason", reason)
    }

    fn refuse(&mut self, asked: &str, status: u16, body: &Value) -> Answer {
        self.journal.push(json!({ "call": "graphql", "version": asked, "status": status }));
        let request = self.uuid();
        Answer::json(status, body).with("x-request-id", request)
    }

    /// Judges a document, and carries it out if there is nothing wrong with it.
    fn run(&mut self, query: &str, call: &Value) -> Outcome {
        let mut outcome = Outcome::default();
        let strict = !self.settings.quirks.deprecated_still_works;
        let judged = match judge::judged(query, strict) {
            Ok(judged) => judged,
            Err(problem) => return outcome.refused(&[problem]),
        };
        outcome.deprecated.clone_from(&judged.deprecated);
        let executable = match &judged.executable {
            Ok(executable) => executable,
            Err(problems) => return outcome.refused(problems),
        };
        let definition = match judged.operation(call["operationName"].as_str()) {
            Ok(definition) => definition,
            Err(problem) => return outcome.refused(&[problem]),
        };
        let empty = Map::new();
        let sent = call["variables"].as_object().unwrap_or(&empty);
        for variable in &definition.variables {
            if let Some(value) = sent.get(variable.name.as_str()) {
                deprecated_members(&variable.ty, value, &mut outcome.deprecated);
            }
        }
        let name = definition.name.as_ref().map(apollo_compiler::Name::as_str);
        let variables = variables::coerced(&judged.document, definition, sent, strict);
        match (variables, executable.operations.get(name)) {
            (Ok(variables), Ok(operation)) => {
                self.carry_out(outcome, executable, operation, &variables)
            }
            (Err(problems), _) => outcome.refused(&problems),
            (_, Err(_)) => outcome.refused(&[Problem::new("BAD_REQUEST", "No such operation")]),
        }
    }

    /// Pays for an operation and carries it out.
    fn carry_out(
        &mut self,
        mut outcome: Outcome,
        document: &ExecutableDocument,
        operation: &Operation,
        variables: &Map<String, Value>,
    ) -> Outcome {
        outcome.requested = cost::requested(document, operation, variables);
        if outcome.requested > cost::MOST {
            let problem = too_dear(outcome.requested);
            return outcome.refused(&[problem]);
        }
        let now = self.now();
        if !self.bucket.take(outcome.requested, now) {
            return outcome.unpaid(&[throttled()], &self.bucket.status());
        }
        let scopes = self.app.scopes.clone();
        let mut run = Run {
            shop: self,
            document,
            variables,
            scopes: &scopes,
            problems: Vec::new(),
            search: Vec::new(),
            lines: None,
        };
        let oversized = run.oversized(operation);
        if !oversized.is_empty() {
            return outcome.unpaid(&oversized, &self.bucket.status());
        }
        let data = run.operation(operation);
        let (problems, search) = (run.problems, run.search);
        let actual = cost::actual(document, operation, variables, &data).min(outcome.requested);
        self.bucket.give_back(outcome.requested - actual);
        let mut body = Map::new();
        if !problems.is_empty() {
            body.insert("errors".to_owned(), problems.iter().map(Problem::json).collect());
        }
        body.insert("data".to_owned(), data);
        let mut extensions = json!({ "cost": {
            "requestedQueryCost": outcome.requested,
            "actualQueryCost": actual,
            "throttleStatus": self.bucket.status(),
        } });
        if !search.is_empty() {
            extensions["search"] = search.into();
        }
        body.insert("extensions".to_owned(), extensions);
        outcome.actual = Some(actual);
        outcome.body = body.into();
        outcome
    }
}

/// The error of an empty bucket.
pub(super) fn throttled() -> Problem {
    let documentation = json!("https://shopify.dev/api/usage/rate-limits");
    Problem::with("Throttled", &[("code", json!("THROTTLED")), ("documentation", documentation)])
}

fn too_dear(cost: u64) -> Problem {
    let message = format!(
        "Query cost is {cost}, which exceeds the single query max cost limit ({}).\n\nSee \
         https://shopify.dev/concepts/about-apis/rate-limits for more information on how the\ncost of a \
         query is calculated.\n\nTo query larger amounts of data with fewer limits, bulk operations should \
         be used instead.\nSee https://shopify.dev/tutorials/perform-bulk-operations-with-admin-api for \
         usage details.\n",
        cost::MOST
    );
    let extensions = [
        ("code", json!("MAX_COST_EXCEEDED")),
        ("cost", json!(cost)),
        ("maxCost", json!(cost::MOST)),
        ("documentation", json!("https://shopify.dev/api/usage/rate-limits")),
    ];
    Problem::with(message, &extensions)
}
