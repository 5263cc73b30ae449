//! Scripted faults in front of any emulator: the network and its servers on a bad day.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use http_body_util::{BodyExt, Collected};
use serde_json::Value;

use crate::script::Script;

mod body;

/// What goes wrong with a call.
#[derive(Clone, Debug)]
pub enum Fault {
    /// The call arrives this late.
    Delay(Duration),
    /// The call is carried out at once; its answer is this late.
    DelayAfter(Duration),
    /// That status without a body, in place of the call.
    Status(u16),
    /// That status with a `Retry-After` of so many seconds, in place of the call.
    StatusWithRetryAfter(u16, u32),
    /// The 400 of WooCommerce's own limit, to come back after so many seconds, in place of the call.
    RateLimited(u32),
    /// A redirect to there, in place of the call.
    Redirect(&'static str),
    /// A proxy's HTML page with that status, in place of the call.
    Html(u16),
    /// The call is carried out; its answer is lost behind a proxy's HTML page with that status.
    HtmlAfter(u16),
    /// The 500 of a WordPress whose PHP died: JSON around an HTML message, in place of the call.
    PhpFatal,
    /// The call is carried out; half of the answer comes, and says that it is all.
    HalfJson,
    /// The call is carried out; half of the answer comes before the connection breaks.
    Truncated,
    /// The call is carried out; the answer comes in sixteen pieces, each this late.
    Trickle(Duration),
    /// The connection ends before the call is carried out.
    DropBefore,
    /// The call is carried out; the connection ends in place of the answer.
    DropAfter,
    /// The call is carried out; the answer calls itself JSON and is none.
    NotJson,
    /// That status with that JSON, in place of the call.
    Json(u16, Value),
    /// The call is carried out; that status with that JSON is its answer.
    JsonAfter(u16, Value),
}

/// An extension of a response that must not be delivered: its connection ends instead.
///
/// [`serve`](crate::serve::serve) obeys it; so must whoever calls a router in process.
#[derive(Clone, Copy, Debug)]
pub struct Dropped;

/// Reads from a body what its call is about.
pub type Names = fn(&[u8]) -> Vec<String>;

/// A script of faults. Clones share the same script.
#[derive(Clone, Default)]
pub struct Faults {
    plans: Arc<Mutex<Plans>>,
}

#[derive(Default)]
struct Plans {
    script: Script<Fault>,
    /// Faults that were taken off the plan and have not begun to show yet.
    underway: usize,
}

impl Faults {
    /// No faults yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The next matching call suffers `fault`, once.
    ///
    /// A call matches whose path ends with the segments of `path`; `{}` stands for any one
    /// segment. Faults planned for the same call strike one call each, in order.
    pub fn next(&self, method: &str, path: &str, fault: Fault) {
        self.nth(method, path, 1, fault);
    }

    /// The nth matching call from now suffers `fault`, once; 1 is the next.
    pub fn nth(&self, method: &str, path: &str, nth: usize, fault: Fault) {
        self.lock().script.plan(method, path, Some(nth), fault);
    }

    /// Every matching call suffers `fault`, unless another one is planned for it.
    pub fn always(&self, method: &str, path: &str, fault: Fault) {
        self.lock().script.plan(method, path, None, fault);
    }

    /// Forgets all plans.
    pub fn clear(&self) {
        self.lock().script.clear();
    }

    /// How many faults planned with [`next`](Self::next) or [`nth`](Self::nth) are still to show.
    /// One that comes after the call is carried out shows only then.
    pub fn pending(&self) -> usize {
        let plans = self.lock();
        plans.underway + plans.script.pending()
    }

    /// Puts the script in front of a router whose calls all go to one path.
    ///
    /// `names` reads from a body what the call is about; a plan's path may end with one of these
    /// names in place of the path: `next("POST", "graphql.json/PlaceOrder", ..)`.
    pub fn around_named(&self, router: Router, names: Names) -> Router {
        router.layer(middleware::from_fn_with_state((self.clone(), names), suffer_named))
    }

    /// Puts the script in front of a router.
    pub fn around(&self, router: Router) -> Router {
        router.layer(middleware::from_fn_with_state(self.clone(), suffer))
    }

    /// The fault for this call, taken off the plan if it strikes once.
    fn take(&self, method: &str, paths: &[String]) -> Option<(Fault, Underway)> {
        let mut plans = self.lock();
        let struck = plans.script.take(method, paths)?;
        if !struck.once {
            return Some((struck.fault, Underway(None)));
        }
        plans.underway += 1;
        Some((struck.fault, Underway(Some(self.clone()))))
    }

    fn lock(&self) -> MutexGuard<'_, Plans> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The path that is meant, where WordPress is told it in the query.
fn route_of(uri: &http::Uri) -> Cow<'_, str> {
    let named = uri
        .query()
        .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("rest_route=")));
    named.map_or(Cow::Borrowed(uri.path()), |route| Cow::Owned(format!("/wp-json{route}")))
}

/// Counts a fault as pending until it shows, or until its call is given up.
struct Underway(Option<Faults>);

impl Drop for Underway {
    fn drop(&mut self) {
        if let Some(faults) = &self.0 {
            faults.lock().underway -= 1;
        }
    }
}

/// The middleware: carries the call out, or not, as its fault has it.
async fn suffer(State(faults): State<Faults>, request: Request, next: Next) -> Response {
    let paths = [route_of(request.uri()).into_owned()];
    match faults.take(request.method().as_str(), &paths) {
        Some((fault, underway)) => strike(fault, underway, request, next).await,
        None => next.run(request).await,
    }
}

/// The same where the body says what the call is about.
async fn suffer_named(
    State((faults, names)): State<(Faults, Names)>,
    request: Request,
    next: Next,
) -> Response {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
    let path = head.uri.path();
    let inner = names(&body).into_iter().map(|name| format!("{path}/{name}"));
    let paths: Vec<String> = std::iter::once(path.to_owned()).chain(inner).collect();
    let taken = faults.take(head.method.as_str(), &paths);
    let request = Request::from_parts(head, Body::from(body));
    match taken {
        Some((fault, underway)) => strike(fault, underway, request, next).await,
        None => next.run(request).await,
    }
}

async fn strike(fault: Fault, underway: Underway, request: Request, next: Next) -> Response {
    match fault {
        Fault::Delay(delay) => {
            drop(underway);
            tokio::time::sleep(delay).await;
            next.run(request).await
        }
        Fault::DelayAfter(delay) => {
            let response = next.run(request).await;
            drop(underway);
            tokio::time::sleep(delay).await;
            response
        }
        Fault::Status(status) => code(status).into_response(),
        Fault::StatusWithRetryAfter(status, seconds) => {
            (code(status), [(header::RETRY_AFTER, seconds.to_string())]).into_response()
        }
        Fault::RateLimited(seconds) => rate_limited(seconds),
        Fault::Redirect(to) => (code(301), [(header::LOCATION, to)]).into_response(),
        Fault::Html(status) => page(code(status)),
        Fault::HtmlAfter(status) => {
            next.run(request).await;
            page(code(status))
        }
        Fault::PhpFatal => php_fatal(),
        Fault::HalfJson => body::half(next.run(request).await).await,
        Fault::Truncated => body::broken(next.run(request).await).await,
        Fault::Trickle(pause) => body::trickling(next.run(request).await, pause).await,
        Fault::DropBefore => dropped(),
        Fault::DropAfter => {
            next.run(request).await;
            dropped()
        }
        Fault::NotJson => not_json(next.run(request).await),
        Fault::Json(status, json) => document(status, &json),
        Fault::JsonAfter(status, json) => {
            next.run(request).await;
            document(status, &json)
        }
    }
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn dropped() -> Response {
    let mut response = Response::default();
    response.extensions_mut().insert(Dropped);
    response
}

fn page(status: StatusCode) -> Response {
    let html = format!(
        "<html>\r\n<head><title>{status}</title></head>\r\n<body>\r\n\
         <center><h1>{status}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    );
    (status, [(header::CONTENT_TYPE, "text/html")], html).into_response()
}

fn rate_limited(seconds: u32) -> Response {
    let json = serde_json::json!({
        "code": "rate_limit_exceeded",
        "message": format!("Too many requests. Please wait {seconds} seconds before trying again."),
        "data": { "status": 400 },
    });
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json; charset=UTF-8".to_owned()),
        ("ratelimit-limit", "25".to_owned()),
        ("ratelimit-remaining", "0".to_owned()),
        ("ratelimit-retry-after", seconds.to_string()),
    ];
    (StatusCode::BAD_REQUEST, headers, json.to_string()).into_response()
}

fn php_fatal() -> Response {
    let json = serde_json::json!({
        "code": "internal_server_error",
        "message": "<p>There has been a critical error on this website.</p>\
                    <p><a href=\"https://wordpress.org/documentation/article/faq-troubleshooting/\">\
                    Learn more about troubleshooting WordPress.</a></p>",
        "data": { "status": 500 },
        "additional_errors": [],
    });
    let kind = [(header::CONTENT_TYPE, "application/json; charset=UTF-8")];
    (StatusCode::INTERNAL_SERVER_ERROR, kind, json.to_string()).into_response()
}

fn document(status: u16, json: &Value) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json; charset=utf-8")];
    (code(status), kind, json.to_string()).into_response()
}

fn not_json(response: Response) -> Response {
    let (mut head, _) = response.into_parts();
    head.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(head, Body::from("Notice: this was meant to be JSON"))
}
