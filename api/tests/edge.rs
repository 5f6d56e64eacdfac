//! What every request meets before and after its handler, without any database behind it.

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]

mod offline;
use api::middleware::{Middleware, RouteTable};
use chrono::DateTime;
use offline::state;
use poem::{
    Endpoint, Request, Response,
    endpoint::make_sync,
    http::{Method, StatusCode},
    test::{TestClient, TestResponse},
};
use serde_json::{Value, json};
use shared::identity::user::{Locale, Role, User, UserStatus};
use uuid::Uuid;

fn client(extra: &[(&str, &str)]) -> TestClient<impl Endpoint<Output = Response>> {
    TestClient::new(api::app(state(extra)))
}

/// The problem of a response: its body, and that it is well formed.
async fn problem(response: TestResponse, status: u16, code: &str) -> Value {
    let response = response.0;
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.content_type(), Some("application/problem+json"));
    let id = response.header("x-request-id").unwrap().to_owned();
    let body = response.into_body().into_string().await.unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["code"], code, "{body}");
    assert_eq!(body["status"], status);
    assert_eq!(body["request_id"], id.as_str());
    body
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_problems() {
    let client = client(&[]);

    let nowhere = problem(client.get("/nope").send().await, 404, "not_found").await;
    let detail = nowhere["detail"].as_str().unwrap();
    assert!(detail.contains("nothing at this path"), "not like a missing object: {detail}");
    problem(client.get("/").send().await, 404, "not_found").await;
    let refused = client.delete("/api/auth/profile").send().await;
    assert_eq!(refused.0.header("allow"), Some("GET, PUT, HEAD"));
    problem(refused, 405, "request.method_not_allowed").await;
}

#[tokio::test]
async fn metrics_are_not_on_the_port_of_clients() {
    problem(client(&[]).get("/metrics").send().await, 404, "not_found").await;
}

#[tokio::test]
async fn every_unknown_query_parameter_is_named() {
    let response = client(&[]).get("/api/auth/profile?limti=5&x=1").send().await;

    let body = problem(response, 400, "request.invalid").await;

    let expected = json!([
        {"field": "limti", "code": "unknown", "detail": "there is no parameter of this name"},
        {"field": "x", "code": "unknown", "detail": "there is no parameter of this name"},
    ]);
    assert_eq!(body["errors"], expected);
}

#[tokio::test]
async fn a_body_must_be_json_small_and_well_formed() {
    let client = client(&[]);
    let login = |media_type: &str, body: String| {
        client.post("/api/auth/login").content_type(media_type).body(body).send()
    };

    problem(login("text/plain", "{}".to_owned()).await, 415, "request.unsupported_media_type")
        .await;
    problem(login("application/json", "{".to_owned()).await, 400, "request.invalid").await;
    let large = " ".repeat(512 * 1024 + 1);
    problem(login("application/json", large.clone()).await, 413, "request.too_large").await;
    let declared = client.post("/api/auth/login").header("content-length", large.len().to_string());
    problem(declared.send().await, 413, "request.too_large").await;
    let body = login("application/json", r#"{"email":"x","pasword":"y"}"#.to_owned()).await;
    let body = problem(body, 400, "request.invalid").await;
    let faults: Vec<_> = body["errors"].as_array().unwrap().iter().map(|it| &it["field"]).collect();
    assert_eq!(faults, ["email", "pasword", "password"], "every fault is named: {body}");
}

#[tokio::test]
async fn credentials_are_judged_from_the_token_alone() {
    let client = client(&[]);
    let profile = |value: &str| {
        client.get("/api/auth/profile").header("authorization", value.to_owned()).send()
    };

    problem(client.get("/api/auth/profile").send().await, 401, "auth.required").await;
    problem(profile("Basic YTpi").await, 401, "auth.required").await;
    for token in ["junk", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."] {
        let response = profile(&format!("Bearer {token}")).await;
        assert_eq!(response.0.header("www-authenticate"), Some("Bearer"));
        problem(response, 401, "auth.invalid_token").await;
    }
}

/// Every operation of the document that takes a body: method, path, schema.
fn operations_with_bodies() -> Vec<(Method, String, String)> {
    let document = api::document::document();
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(move |(method, it)| (method, path, it))
    });
    let taking_bodies = operations.filter_map(|(method, path, operation)| {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
        let schema = schema.as_str()?.rsplit('/').next()?.to_owned();
        Some((method.to_uppercase().parse().unwrap(), path.clone(), schema))
    });
    taking_bodies.collect()
}

/// The path with a value for every parameter.
fn filled(path: &str) -> String {
    path.replace("{id}", &Uuid::nil().to_string())
        .replace("{provider}", "stability")
        .replace("{name}", "core")
}

#[tokio::test]
async fn every_example_of_a_body_is_accepted_by_its_operation() {
    let app = state(&[]);
    let admin = app.access_tokens.issue(&admin(), Uuid::now_v7(), false);
    let client = TestClient::new(api::app(app));
    let examples: Value = serde_json::from_str(include_str!("../examples.json")).unwrap();
    let operations = operations_with_bodies();
    assert!(operations.len() >= 18, "{operations:?}");
    for (method, path, schema) in operations {
        let request = client
            .request(method.clone(), filled(&path))
            .header("authorization", format!("Bearer {admin}"))
            .body_json(&examples[&schema]);
        let response = request.send().await.0;

        // A body that is accepted leads on to the database, and there is none.
        let (status, body) = (response.status(), response.into_body().into_string().await.unwrap());
        assert_eq!(status.as_u16(), 503, "{method} {path} with {schema}: {body}");
    }
}

fn admin() -> User {
    User {
        id: Uuid::now_v7(),
        email: "admin@example.com".to_owned(),
        display_name: "Admin".to_owned(),
        roles: vec![Role::Consumer, Role::Admin],
        status: UserStatus::Active,
        status_reason: None,
        locale: Locale::English,
        credits_low_at: None,
        wallet: 1001,
        token_version: 1,
        created_at: DateTime::UNIX_EPOCH,
    }
}

#[tokio::test]
async fn a_request_id_is_returned_if_it_is_one_and_made_otherwise() {
    let client = client(&[]);

    let kept = client.get("/nope").header("x-request-id", "order-7").send().await;
    assert_eq!(kept.0.header("x-request-id"), Some("order-7"));
    let made = client.get("/nope").header("x-request-id", "two words").send().await;
    assert_ne!(made.0.header("x-request-id"), Some("two words"));
    assert!(made.0.header("x-request-id").is_some());
}

#[tokio::test]
async fn a_database_that_is_away_is_a_503_with_retry_after() {
    let login = json!({"email": "ada@example.com", "password": "correct horse"});

    let response = client(&[]).post("/api/auth/login").body_json(&login).send().await;

    assert!(response.0.header("retry-after").is_some());
    problem(response, 503, "unavailable").await;
}

#[tokio::test]
async fn health_tells_what_is_away_and_liveness_asks_nobody() {
    let client = client(&[]);

    client.get("/health/live").send().await.assert_status_is_ok();
    let report = client.get("/health").send().await;
    report.assert_status(StatusCode::SERVICE_UNAVAILABLE);
    let report = report.json().await;
    let report = report.value().object();
    report.get("status").assert_string("down");
    let checks = report.get("checks").object();
    checks.get("postgres").object().get("status").assert_string("down");
    checks.get("redis").object().get("status").assert_string("degraded");
}

#[tokio::test]
async fn a_full_window_is_a_429_and_probes_are_not_counted() {
    let client = client(&[("AETHERFLOW_RATE_LIMIT", "1/min,2/hour")]);
    for remaining in ["1", "0"] {
        let response = client.get("/nope").send().await;
        assert_eq!(response.0.header("ratelimit-limit"), Some("2"));
        assert_eq!(response.0.header("ratelimit-remaining"), Some(remaining));
        assert!(response.0.header("ratelimit-reset").is_some());
    }

    let refused = client.get("/nope").send().await;

    assert_eq!(refused.0.header("retry-after"), refused.0.header("ratelimit-reset"));
    problem(refused, 429, "rate.limited").await;
    client.get("/health/live").send().await.assert_status_is_ok();
}

#[tokio::test]
async fn pages_of_configured_origins_may_read_and_others_may_not() {
    let client = client(&[]);
    let from = |origin: &str| client.get("/nope").header("origin", origin.to_owned()).send();

    let ours = from("https://console.example.com").await;
    assert_eq!(ours.0.header("access-control-allow-origin"), Some("https://console.example.com"));
    assert_eq!(ours.0.header("vary"), Some("origin"));
    let other = from("https://evil.example").await;
    assert_eq!(other.0.header("access-control-allow-origin"), None);

    let preflight =
        client.options("/api/auth/profile").header("origin", "https://console.example.com");
    let preflight = preflight.send().await;
    preflight.assert_status(StatusCode::NO_CONTENT);
    assert_eq!(preflight.0.header("access-control-allow-methods"), Some("GET, PUT, HEAD"));
}

#[tokio::test]
async fn a_panic_is_a_500_that_says_nothing() {
    let table = RouteTable::new(&json!({"paths": {"/boom": {"get": {}}}}), &[]);
    let boom = make_sync(|_: Request| -> Response { panic!("secret=hunter2") });
    let client = TestClient::new(Middleware::new(boom, state(&[]), table));

    let body = problem(client.get("/boom").send().await, 500, "internal").await;

    assert!(!body.to_string().contains("hunter2"));
}

#[tokio::test]
async fn every_answer_forbids_what_browsers_should_not_do() {
    let client = client(&[]);
    for path in ["/nope", "/health/live"] {
        let response = client.get(path).send().await.0;
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(response.header("cache-control"), Some("no-store"), "{path}");
        let policy = response.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}");
    }
}

#[tokio::test]
async fn the_page_of_the_document_may_run_its_own_script_and_ask_this_server() {
    let docs = client(&[]).get("/docs").send().await.0;
    let policy = docs.header("content-security-policy").unwrap().to_owned();
    for allowed in [
        "default-src 'none'",
        "script-src 'self';",
        "connect-src 'self'",
        "img-src 'self' blob: data:",
    ] {
        assert!(policy.contains(allowed), "{policy} lacks {allowed}");
    }
    let page = docs.into_body().into_string().await.unwrap();
    let nonce = page.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
    assert!(!page.contains("://"), "it needs no other host: {page}");
}

#[tokio::test]
async fn the_document_and_the_scripts_of_its_page_are_kept_by_clients_until_they_change() {
    let client = client(&[]);
    let document = client.get("/openapi.json").send().await;
    assert_eq!(document.0.into_body().into_string().await.unwrap(), api::document::document_text());
    for path in ["/openapi.json", "/docs/styles.js", "/docs/scalar.js", "/docs/start.js"] {
        let first = client.get(path).header("accept-encoding", "gzip").send().await.0;
        assert_eq!(first.status(), StatusCode::OK, "{path}");
        assert_eq!(first.header("content-encoding"), Some("gzip"), "{path}");
        assert_eq!(first.header("cache-control"), Some("no-cache"), "{path}");
        let etag = first.header("etag").unwrap().to_owned();
        let again = client.get(path).header("if-none-match", etag).send().await.0;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert!(again.into_body().into_bytes().await.unwrap().is_empty(), "{path}");
    }
}
