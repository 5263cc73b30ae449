//! Running one operation: its token, its points, its answer.

use std::sync::{Mutex, PoisonError};

use commerce::{ConnectorError, Effect};
use http::{HeaderName, Method, StatusCode};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::{debug, warn};
use upstream::{Answer, Call, Upstream};

use crate::{
    Settings,
    auth::{Auth, Token},
    budget::{Budget, Cost},
    error::{Problem, exhausted, failed, nonsense, nothing, refuse, unreachable, unreadable},
    operation::Operation,
};

const TOKEN: HeaderName = HeaderName::from_static("x-shopify-access-token");
/// How often one operation is sent, whatever the reasons.
const TRIES_MAX: u32 = 4;

/// How a store is called.
pub(crate) struct Client {
    upstream: Upstream,
    auth: Auth,
    budget: Budget,
    path: String,
    version: String,
    seen: Mutex<Seen>,
}

/// What answers say of the API itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// The version that the store has answered in, which is another one than was asked for where
    /// that is not supported any more.
    pub(crate) version: Option<String>,
    /// Whether something that we ask for is to be removed.
    pub(crate) is_deprecated: bool,
}

/// A whole answer.
#[derive(Deserialize)]
struct Reply {
    #[serde(default)]
    data: Option<Value>,
    #[serde(default)]
    errors: Option<Value>,
    #[serde(default)]
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Extensions {
    cost: Option<Cost>,
    search: Vec<Search>,
}

/// What the store thinks of a filter.
#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    warnings: Vec<Value>,
}

/// What to do about an answer.
enum Next {
    Done(Value),
    /// The same once more; that is the end if it was the last time.
    Again(ConnectorError),
    Failed(ConnectorError),
}

impl Client {
    pub(crate) fn new(upstream: Upstream, settings: &Settings) -> Self {
        let version = settings.version.to_string();
        Self {
            upstream,
            auth: Auth::new(settings.access.clone()),
            budget: Budget::new(settings.points_wait_max),
            path: format!("/admin/api/{version}/graphql.json"),
            version,
            seen: Mutex::default(),
        }
    }

    /// Where the store is, without a trailing slash.
    pub(crate) fn url(&self) -> &str {
        self.upstream.base().as_str().trim_end_matches('/')
    }

    /// The host itself, for those whom it sends on to another one.
    pub(crate) const fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// Another text each time.
    pub(crate) fn mark(&self) -> String {
        format!("{:016x}", self.upstream.chance().below(u64::MAX))
    }

    /// The version that is asked for.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// What answers have said of the API so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs an operation. Fields that a missing scope denies are null, and the rest stands; a root
    /// field that is denied is an error, and so is a filter that the store did not understand.
    pub(crate) async fn run<A: DeserializeOwned>(
        &self,
        operation: &Operation,
        variables: &impl Serialize,
    ) -> Result<A, ConnectorError> {
        let variables = serde_json::to_value(variables);
        let variables = variables.map_err(|error| nonsense(operation.name, error))?;
        let body = json!({ "query": operation.text, "variables": variables });
        let effect = if operation.is_write { Effect::Unknown } else { Effect::None };
        let data = self.data(operation, &body, effect).await?;
        serde_json::from_value(data).map_err(|error| ConnectorError::Unreadable {
            call: operation.name,
            effect,
            source: error.into(),
        })
    }

    async fn data(
        &self,
        operation: &Operation,
        body: &Value,
        effect: Effect,
    ) -> Result<Value, ConnectorError> {
        let deadline = self.budget.deadline();
        let mut doubt = None;
        for nth in 1..=TRIES_MAX {
            let error = match self.attempt(operation, body, effect, deadline, nth).await {
                Next::Done(data) => return Ok(data),
                Next::Failed(error) => return Err(settle(error, doubt)),
                Next::Again(error) => error,
            };
            debug!(call = operation.name, %error, "once more");
            doubt = Some(settle(error, doubt));
        }
        Err(doubt.unwrap_or_else(|| nothing(operation.name, effect)))
    }

    async fn attempt(
        &self,
        operation: &Operation,
        body: &Value,
        effect: Effect,
        deadline: Instant,
        nth: u32,
    ) -> Next {
        let token = match self.auth.token(&self.upstream).await {
            Ok(token) => token,
            Err(error) => return Next::Failed(error),
        };
        let points = self.budget.take(operation.name, operation.points, deadline).await;
        let points = match points {
            Ok(points) => points,
            Err(wait) => return Next::Failed(exhausted(wait)),
        };
        let answer = match self.upstream.send(self.call(operation, &token, body)).await {
            Ok(answer) => answer,
            Err(error) => return Next::Failed(unreachable(error, operation.is_write)),
        };
        if !answer.status.is_success() {
            let refusal = refuse(operation.name, &answer, effect);
            let is_stranger = answer.status == StatusCode::UNAUTHORIZED && nth == 1;
            let is_renewed = is_stranger && self.auth.forget(&token).await;
            return if is_renewed { Next::Again(refusal) } else { Next::Failed(refusal) };
        }
        self.see(&answer);
        let reply: Reply = match answer.json() {
            Ok(reply) => reply,
            Err(error) => return Next::Failed(unreadable(operation.name, effect, error)),
        };
        let (cost, problems) = (reply.extensions.cost, problems(reply.errors.as_ref()));
        if problems.iter().any(Problem::is_throttled) {
            self.budget.was_refused(points, cost);
            return Next::Again(exhausted(self.budget.pause()));
        }
        points.settle(operation.name, cost);
        judge(operation, reply, &problems, effect)
    }

    fn call(&self, operation: &Operation, token: &Token, body: &Value) -> Call {
        Call::new(operation.name, Method::POST, self.path.as_str(), operation.kind)
            .secret_header(TOKEN, token.secret.expose_secret())
            .json(body)
    }

    /// Keeps what an answer says of the API, and says once what the owner should know.
    fn see(&self, answer: &Answer) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let served = answer.header("x-shopify-api-version");
        if served != seen.version.as_deref()
            && let Some(served) = served
        {
            if served != self.version {
                warn!(asked = self.version, served, "the store answers in another API version");
            }
            seen.version = Some(served.to_owned());
        }
        if !seen.is_deprecated && answer.header("x-shopify-api-deprecated-reason").is_some() {
            warn!(
                version = self.version,
                "something that is asked for will be removed from the API"
            );
            seen.is_deprecated = true;
        }
    }
}

/// A try that was lost may have happened, even if the next one certainly did not.
fn settle(error: ConnectorError, doubt: Option<ConnectorError>) -> ConnectorError {
    match doubt {
        Some(doubt) if error.had_no_effect() && !doubt.had_no_effect() => doubt,
        _ => error,
    }
}

/// What an answer that was not throttled means.
fn judge(operation: &Operation, reply: Reply, problems: &[Problem], effect: Effect) -> Next {
    let is_repeatable = operation.kind == upstream::Kind::Repeatable;
    if problems.iter().any(Problem::is_internal) && is_repeatable {
        return Next::Again(failed(operation.name, problems, effect));
    }
    if problems.iter().any(|problem| !(problem.is_denied() && problem.is_partial())) {
        return Next::Failed(failed(operation.name, problems, effect));
    }
    for denied in problems {
        debug!(call = operation.name, hint = denied.hint(), "a part of the answer is denied");
    }
    if let Some(warning) = reply.extensions.search.iter().flat_map(|search| &search.warnings).next()
    {
        let source = format!("the store does not understand the filter: {warning}");
        return Next::Failed(nonsense(operation.name, source));
    }
    match reply.data.filter(|data| !data.is_null()) {
        Some(data) => Next::Done(data),
        // A part that must not be empty was denied: what was written stays written.
        None if problems.is_empty() || operation.is_write => {
            Next::Failed(nothing(operation.name, effect))
        }
        None => Next::Failed(failed(operation.name, problems, effect)),
    }
}

/// A list, or one text where the whole call was refused.
fn problems(errors: Option<&Value>) -> Vec<Problem> {
    match errors {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => {
            list.iter().map(|error| Problem::deserialize(error).unwrap_or_default()).collect()
        }
        Some(other) => vec![Problem { message: other.to_string(), ..Problem::default() }],
    }
}

#[cfg(test)]
mod tests {
    use commerce::{ConnectorError, Effect};
    use serde_json::{Value, json};

    use super::{Next, Reply, judge, problems};
    use crate::scopes::READ;

    fn judged(reply: Value) -> Result<Value, ConnectorError> {
        let problems = problems(Some(&reply["errors"]));
        let reply: Reply = serde_json::from_value(reply).unwrap();
        match judge(&READ, reply, &problems, Effect::None) {
            Next::Done(data) => Ok(data),
            Next::Again(error) | Next::Failed(error) => Err(error),
        }
    }

    fn denied(path: &Value) -> Value {
        json!([{ "message": "no", "path": path, "extensions": { "code": "ACCESS_DENIED" } }])
    }

    #[test]
    fn what_a_scope_denies_is_empty_and_the_rest_stands() {
        let part = json!({ "data": { "order": { "note": null } }, "errors": denied(&json!(["order", "note"])) });
        assert_eq!(judged(part).unwrap(), json!({ "order": { "note": null } }));
        let root = json!({ "data": { "order": null }, "errors": denied(&json!(["order"])) });
        assert!(matches!(judged(root), Err(ConnectorError::Denied { .. })));
    }

    #[test]
    fn a_filter_that_is_passed_over_finds_nothing() {
        let search =
            json!([{ "path": ["orders"], "warnings": [{ "field": "tga", "message": "?" }] }]);
        let reply = json!({ "data": { "orders": {} }, "extensions": { "search": search } });
        assert!(matches!(judged(reply), Err(ConnectorError::Unreadable { .. })));
    }
}
