//! The same sessions as tools of a model, over `/mcp`.

use http::Method;
use serde_json::{Value, json};

use crate::{
    stage::{Answer, Stage, agent::Agent, schema},
    versions::{VERSIONS, choice, completion, creation},
};

/// Sends one message; an answer to a call of a tool is held against the schema of its version.
async fn say(agent: &Agent, message: &Value) -> Answer {
    let body = message.to_string().into_bytes().into();
    agent.send(agent.request(Method::POST, "/mcp", None, body)).await
}

/// Uses a tool: the session, or the error with its flat error inside.
async fn use_tool(agent: &Agent, name: &str, arguments: Value) -> Result<Value, Value> {
    let params = json!({"name": name, "arguments": arguments});
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": params});
    let answer = say(agent, &message).await;
    assert_eq!((answer.status, &answer.body["id"]), (200, &json!(7)), "{}", answer.body);
    let Some(result) = answer.body.get("result") else { return Err(answer.body["error"].clone()) };
    let text = result["content"][0]["text"].as_str().unwrap();
    let session = result["structuredContent"].clone();
    assert_eq!(serde_json::from_str::<Value>(text).unwrap(), session, "said twice");
    Ok(session)
}

fn meta(version: &str) -> Value {
    json!({"api_version": version, "idempotency_key": Agent::key(), "mood": "good"})
}

/// A173: five tools, each with all that its schema refers to.
#[tokio::test]
async fn the_tools_describe_themselves() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "t"},
    }});
    let hello = say(&agent, &hello).await;
    assert_eq!(hello.body["result"]["protocolVersion"], "2025-03-26", "{}", hello.body);
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(say(&agent, &note).await.status, 202);

    let list = json!({"jsonrpc": "2.0", "id": "l", "method": "tools/list"});
    let list = say(&agent, &list).await;
    let tools = list.body["result"]["tools"].as_array().unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let expected = ["create", "get", "update", "complete", "cancel"];
    assert_eq!(names, expected.map(|verb| format!("{verb}_checkout_session")));
    for tool in tools {
        let schema = &tool["inputSchema"];
        let text = schema.to_string();
        for target in text.split("\"$ref\":\"").skip(1) {
            let target = target.split('"').next().unwrap();
            let inside = target.strip_prefix('#').expect(target);
            assert!(schema.pointer(inside).is_some(), "{target} in {}", tool["name"]);
        }
        jsonschema::draft202012::new(schema).unwrap();
    }
    let create = jsonschema::draft202012::new(&tools[0]["inputSchema"]).unwrap();
    // The names of older versions are understood too, which no schema can say.
    let fine = json!({"meta": meta("2026-04-17"), "payload": creation("2026-04-17")});
    assert!(create.is_valid(&fine));
    assert!(!create.is_valid(&json!({"meta": {}, "payload": {"line_items": []}})));
    let document = agent.get("/.well-known/acp.json").await;
    assert_eq!(document.body["transports"], json!(["rest", "mcp"]));
}

/// A175, A177, A178: a purchase and a farewell by tools, in every version, the same as by REST.
#[tokio::test]
async fn a_purchase_by_tools_is_a_purchase() {
    let stage = Stage::start().await;
    for version in VERSIONS {
        let agent = stage.agent().speaking(version);
        let create = json!({"meta": meta(version), "payload": creation(version)});
        let made = use_tool(&agent, "create_checkout_session", create.clone()).await.unwrap();
        let again = use_tool(&agent, "create_checkout_session", create).await.unwrap();
        assert_eq!(again, made, "the same key, the same session");
        let id = made["id"].as_str().unwrap();
        let by = |payload: Value| json!({"meta": meta(version), "id": id, "payload": payload});
        let option = by(choice(version, "flat_rate:2"));
        use_tool(&agent, "update_checkout_session", option).await.unwrap();
        let told = json!({"meta": meta(version), "id": id});
        let read = use_tool(&agent, "get_checkout_session", told).await.unwrap();
        let rest = agent.retrieve(id).await;
        assert_eq!(read, rest.body, "{version}");
        schema::check(version, &rest);
        let pay = by(completion(version, &stage.token()));
        let done = use_tool(&agent, "complete_checkout_session", pay).await.unwrap();
        assert_eq!(done["status"], "completed", "{version}: {done}");

        let keyless = json!({"meta": {"api_version": version}, "payload": creation(version)});
        let left = use_tool(&agent, "create_checkout_session", keyless).await.unwrap();
        let leave = json!({"meta": meta(version), "id": left["id"]});
        let left = use_tool(&agent, "cancel_checkout_session", leave).await.unwrap();
        assert_eq!(left["status"], "canceled", "{version}");
    }
    assert_eq!(stage.upstreams.stripe.captured().len(), VERSIONS.len());
}

/// A174, A176: refusals are flat errors inside, and only what is no call of a tool is JSON-RPC's.
#[tokio::test]
async fn refusals_by_tools_are_flat_errors() {
    let stage = Stage::start().await;
    let agent = stage.agent();
    let payload = creation("2026-04-17");
    for (name, arguments, code) in [
        ("create_checkout_session", json!({"payload": payload}), "missing_api_version"),
        (
            "create_checkout_session",
            json!({"meta": {"api_version": "1999-01-01"}, "payload": payload}),
            "unsupported_api_version",
        ),
        (
            "create_checkout_session",
            json!({"meta": meta("2026-04-17"), "payload": {"line_items": []}}),
            "invalid",
        ),
        (
            "get_checkout_session",
            json!({"meta": meta("2026-04-17"), "id": "cs_x"}),
            "session_not_found",
        ),
    ] {
        let error = use_tool(&agent, name, arguments).await.unwrap_err();
        assert_eq!(error["code"], -32_000, "{error}");
        assert_eq!(error["data"]["code"], code, "{error}");
        assert_eq!(error["data"]["type"], "invalid_request", "{error}");
        assert_eq!(error["data"]["message"], error["message"], "{error}");
    }
    for (name, arguments) in [
        ("fly_to_the_moon", json!({"meta": meta("2026-04-17")})),
        ("create_checkout_session", json!({"meta": meta("2026-04-17")})),
        ("update_checkout_session", json!({"meta": meta("2026-04-17"), "payload": {}})),
        ("get_checkout_session", json!({"meta": {"api_version": 7}, "id": "cs_x"})),
        ("get_checkout_session", json!([])),
    ] {
        let error = use_tool(&agent, name, arguments).await.unwrap_err();
        assert_eq!(error["code"], -32_602, "{error}");
    }
    for (body, code) in [("{", -32_700), ("[]", -32_600), ("{\"id\":1,\"method\":\"x\"}", -32_601)]
    {
        let answer = agent.send(agent.request(Method::POST, "/mcp", None, body.into())).await;
        assert_eq!(answer.body["error"]["code"], code, "{}", answer.body);
    }
    let stranger = Agent::new(&stage.url, "nobody's token");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    say(&stranger, &list).await.assert_refused(401, "unauthorized");
    agent.get("/mcp").await.assert_refused(405, "method_not_allowed");
}
