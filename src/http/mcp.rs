//! `/mcp`: the five calls on a session as tools (ACP "MCP binding"), over the streamable HTTP of the
//! Model Context Protocol. One message in, one answer out; nothing is streamed and nothing kept.
//!
//! A tool is the REST operation of the same name: the same code, keys, limits and answers. `meta`
//! stands for the headers. A bearer token is needed like everywhere, so a page in somebody's browser
//! can do nothing here.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use acp::latest::{Version, schemas};
use axum::{
    Json,
    body::to_bytes,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use commerce::SessionId;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    call::{Call, Id, admit, read, version},
    error::Refused,
    sessions,
    signature::verify,
};
use crate::{app::App, store::Caller};

/// The revisions of MCP in which these messages are the same, the newest first.
const REVISIONS: [&str; 3] = ["2025-06-18", "2025-03-26", "2024-11-05"];

/// JSON-RPC: it does not parse.
const NOT_JSON: i32 = -32_700;
/// JSON-RPC: it is no request.
const NO_REQUEST: i32 = -32_600;
/// JSON-RPC: there is no such method.
const NO_METHOD: i32 = -32_601;
/// JSON-RPC: the envelope is broken.
const BROKEN: i32 = -32_602;
/// ACP: a flat error is in `data`.
const REFUSED: i32 = -32_000;

/// One of the five.
struct Tool {
    name: &'static str,
    what: &'static str,
    operation: Operation,
    /// The schema of the payload, where there is one.
    payload: Option<&'static str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Create,
    Retrieve,
    Update,
    Complete,
    Cancel,
}

const TOOLS: [Tool; 5] = [
    Tool {
        name: "create_checkout_session",
        what: "Opens a checkout session for some items.",
        operation: Operation::Create,
        payload: Some("CreateRequest"),
    },
    Tool {
        name: "get_checkout_session",
        what: "The session as the store knows it now.",
        operation: Operation::Retrieve,
        payload: None,
    },
    Tool {
        name: "update_checkout_session",
        what: "Changes items, buyer, address, shipping or codes.",
        operation: Operation::Update,
        payload: Some("UpdateRequest"),
    },
    Tool {
        name: "complete_checkout_session",
        what: "Pays and orders.",
        operation: Operation::Complete,
        payload: Some("CompleteRequest"),
    },
    Tool {
        name: "cancel_checkout_session",
        what: "Ends an open session.",
        operation: Operation::Cancel,
        payload: Some("CancelRequest"),
    },
];

/// All tools with the schemas of their arguments, for whoever lists them.
static LISTED: LazyLock<Value> = LazyLock::new(|| json!({"tools": TOOLS.each_ref().map(describe)}));

impl Tool {
    const fn needs_id(&self) -> bool {
        !matches!(self.operation, Operation::Create)
    }

    const fn needs_payload(&self) -> bool {
        !matches!(self.operation, Operation::Retrieve | Operation::Cancel)
    }

    fn path(&self, id: &str) -> String {
        match self.operation {
            Operation::Create => "/api/checkout_sessions".to_owned(),
            Operation::Retrieve | Operation::Update => format!("/api/checkout_sessions/{id}"),
            Operation::Complete => format!("/api/checkout_sessions/{id}/complete"),
            Operation::Cancel => format!("/api/checkout_sessions/{id}/cancel"),
        }
    }
}

/// A message of JSON-RPC. One without an id wants no answer.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    id: Option<Value>,
    method: String,
    #[serde(default)]
    params: Value,
}

#[derive(Deserialize)]
struct Use {
    name: String,
    #[serde(default)]
    arguments: Arguments,
}

/// Unknown members are ignored, of `meta` too.
#[derive(Default, Deserialize)]
struct Arguments {
    #[serde(default)]
    meta: BTreeMap<String, Value>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    payload: Value,
}

/// An error of JSON-RPC.
struct Fault {
    code: i32,
    message: String,
    data: Option<Value>,
}

impl Fault {
    fn new(code: i32, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }
}

pub(super) async fn hear(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let caller = admit(&app, &parts.headers)?;
    let body = read(&app, &parts, body).await?;
    let message: Message = match serde_json::from_slice(&body) {
        Ok(message) => message,
        Err(error) => {
            let code = if error.is_data() { NO_REQUEST } else { NOT_JSON };
            let fault = Fault::new(code, format!("Send one request of JSON-RPC: {error}"));
            return Ok(answer(&Value::Null, Err(fault)));
        }
    };
    let Some(id) = message.id else { return Ok(StatusCode::ACCEPTED.into_response()) };
    let result = match message.method.as_str() {
        "initialize" => Ok(introduction(&message.params)),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(LISTED.clone()),
        "tools/call" => call(&app, caller, message.params).await,
        other => Err(Fault::new(NO_METHOD, format!("There is no method {other:?} here"))),
    };
    Ok(answer(&id, result))
}

fn answer(id: &Value, result: Result<Value, Fault>) -> Response {
    let body = match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(Fault { code, message, data }) => {
            let mut error = json!({"code": code, "message": message});
            if let Some(data) = data {
                error["data"] = data;
            }
            json!({"jsonrpc": "2.0", "id": id, "error": error})
        }
    };
    Json(body).into_response()
}

/// The revision that was asked for, or the newest we know.
fn introduction(params: &Value) -> Value {
    let asked = params["protocolVersion"].as_str().unwrap_or_default();
    let revision = REVISIONS.into_iter().find(|known| *known == asked).unwrap_or(REVISIONS[0]);
    json!({
        "protocolVersion": revision,
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "storebridge", "version": env!("CARGO_PKG_VERSION")},
    })
}

/// Carries the operation out and puts its answer into an envelope.
async fn call(app: &Arc<App>, caller: Caller, params: Value) -> Result<Value, Fault> {
    let broken = |why: String| Fault::new(BROKEN, why);
    let Use { name, arguments } = serde_json::from_value(params)
        .map_err(|error| broken(format!("Send a name and arguments: {error}")))?;
    let tool = TOOLS.iter().find(|tool| tool.name == name);
    let tool = tool.ok_or_else(|| broken(format!("There is no tool {name:?}")))?;
    let id = arguments.id.unwrap_or_default();
    if tool.needs_id() && id.is_empty() {
        return Err(broken("Send the id of the session".to_owned()));
    }
    if tool.needs_payload() && arguments.payload.is_null() {
        return Err(broken("Send a payload".to_owned()));
    }
    let body = if arguments.payload.is_null() {
        Bytes::new()
    } else {
        arguments.payload.to_string().into()
    };
    let headers = headers(&arguments.meta).map_err(broken)?;
    let response = operate(app, caller, tool, id, headers, body).await;
    let is_success = response.status().is_success();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap_or_default();
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if is_success {
        let text = String::from_utf8_lossy(&bytes);
        let content = json!([{"type": "text", "text": text}]);
        return Ok(json!({"content": content, "structuredContent": value}));
    }
    let message = value["message"].as_str().unwrap_or_default().to_owned();
    Err(Fault { code: REFUSED, message, data: Some(value) })
}

async fn operate(
    app: &Arc<App>,
    caller: Caller,
    tool: &Tool,
    id: String,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let version = match version(&headers) {
        Ok(version) => version,
        Err(refused) => return refused.into_response(),
    };
    if let Err(refused) = verify(&caller.signature, &headers, &body, app.seams.clock.now()) {
        return refused.into_response();
    }
    let path = tool.path(&id);
    // The binding asks for a key and does not demand one.
    let call = Call { caller, version, demands_key: false, path, headers, body };
    let (app, id) = (State(Arc::clone(app)), Id(SessionId::new(id)));
    match tool.operation {
        Operation::Create => sessions::create(app, call).await.into_response(),
        Operation::Retrieve => sessions::retrieve(app, id, call).await.into_response(),
        Operation::Update => sessions::update(app, id, call).await.into_response(),
        Operation::Complete => sessions::complete(app, id, call).await.into_response(),
        Operation::Cancel => sessions::cancel(app, id, call).await.into_response(),
    }
}

/// What REST says in headers.
fn headers(meta: &BTreeMap<String, Value>) -> Result<HeaderMap, String> {
    const NAMES: [(&str, HeaderName); 4] = [
        ("api_version", HeaderName::from_static("api-version")),
        ("idempotency_key", HeaderName::from_static("idempotency-key")),
        ("signature", HeaderName::from_static("signature")),
        ("timestamp", HeaderName::from_static("timestamp")),
    ];
    let mut headers = HeaderMap::new();
    for (member, name) in NAMES {
        let Some(value) = meta.get(member).filter(|value| !value.is_null()) else { continue };
        let value = value.as_str().and_then(|text| HeaderValue::from_str(text).ok());
        let value = value.ok_or_else(|| format!("meta.{member} is a text of one line"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// A tool with the schema of its arguments, which holds all that it refers to.
fn describe(tool: &Tool) -> Value {
    let versions: Vec<&str> = Version::SUPPORTED.iter().map(|version| version.as_str()).collect();
    let meta = json!({
        "type": "object",
        "properties": {
            "api_version": {"enum": versions, "description": "The shape to answer in."},
            "idempotency_key": {
                "type": "string", "minLength": 1, "maxLength": 255,
                "description": "Unique for each call and the same on its retry.",
            },
        },
        "required": ["api_version"],
    });
    let mut properties = Map::from_iter([("meta".to_owned(), meta)]);
    let mut required = vec!["meta"];
    if tool.needs_id() {
        let id = json!({"type": "string", "description": "As it came from create."});
        properties.insert("id".to_owned(), id);
        required.push("id");
    }
    let mut schema = json!({"type": "object"});
    if let Some(name) = tool.payload {
        properties.insert("payload".to_owned(), json!({"$ref": format!("#/$defs/{name}")}));
        schema["$defs"] = Value::Object(reached_from(name));
    }
    if tool.needs_payload() {
        required.push("payload");
    }
    schema["properties"] = Value::Object(properties);
    schema["required"] = json!(required);
    json!({"name": tool.name, "description": tool.what, "inputSchema": schema})
}

/// The definitions that a schema needs, itself included.
fn reached_from(name: &str) -> Map<String, Value> {
    const PATH: &str = "#/components/schemas/";
    let all = schemas();
    let (mut found, mut waiting) = (Map::new(), vec![name.to_owned()]);
    while let Some(name) = waiting.pop() {
        let Some(schema) = all.get(&name).filter(|_| !found.contains_key(&name)) else { continue };
        let text = schema.to_string();
        let names = text.split(PATH).skip(1).filter_map(|rest| rest.split('"').next());
        waiting.extend(names.map(str::to_owned));
        let schema = serde_json::from_str(&text.replace(PATH, "#/$defs/"));
        found.insert(name, schema.expect("a schema with other paths is a schema"));
    }
    found
}
