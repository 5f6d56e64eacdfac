//! What every path has in common: the shared errors once each, request ids, limits, CORS, health.

use std::time::Duration;

use devkit::deadline;
use reqwest::Method;
use serde_json::json;
use tests::stack::{Builder, Stack};

fn lean() -> Builder {
    Stack::builder().workers(0).schedulers(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_cannot_be_understood_is_a_problem() {
    let stack = lean().start().await;
    let anonymous = stack.anonymous();
    let user = stack.user("ada").await;
    let login = |content_type: &'static str, bytes: Vec<u8>| {
        anonymous.request(Method::POST, "/api/auth/login").body(content_type, bytes).send()
    };

    for path in
        ["/", "/api", "/api/nothing", "/api/auth/login/", "/api/auth/%00", "/api/../etc/passwd"]
    {
        anonymous.get(path).await.expect_problem(404, "not_found");
    }
    let answer = anonymous.delete("/api/auth/profile").await;
    let allowed = answer.header("allow").to_owned();
    answer.expect_problem(405, "request.method_not_allowed");
    assert!(allowed.contains("GET") && allowed.contains("PUT"), "{allowed}");

    login("text/plain", b"{}".to_vec()).await.expect_problem(415, "request.unsupported_media_type");
    let answer = anonymous.ring("/api/auth/login").await;
    assert!(matches!(answer.status, 400 | 415), "{}: {}", answer.status, answer.code());
    for broken in ["", "{", "[]", "7", "null", "{\"email\":\"a@example.com\",", "\u{feff}{}"] {
        let answer = login("application/json", broken.into()).await;
        answer.expect_problem(400, "request.invalid");
    }
    login("application/json", vec![0xff, 0xfe]).await.expect_problem(400, "request.invalid");
    let deep = format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000));
    login("application/json", deep.into()).await.expect_problem(400, "request.invalid");
    let huge = json!({"email": "a@example.com", "password": "x".repeat(530_000)}).to_string();
    login("application/json", huge.into()).await.expect_problem(413, "request.too_large");
    let twice = r#"{"email":"a@example.com","email":"b@example.com","password":"long enough"}"#;
    login("application/json", twice.into()).await.expect_invalid("email");

    user.get("/api/auth/profile?verbose=1").await.expect_invalid("verbose");
    anonymous.get("/api/auth/profile").await.expect_problem(401, "auth.required");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_id_is_taken_and_given_back_or_made() {
    let stack = lean().start().await;
    let anonymous = stack.anonymous();
    let send =
        |id: &str| anonymous.request(Method::GET, "/health/live").header("x-request-id", id).send();

    let given = send("a-request-of-mine").await;
    assert_eq!(given.header("x-request-id"), "a-request-of-mine");
    let made = anonymous.get("/health/live").await;
    assert!(!made.header("x-request-id").is_empty());

    // One that would spoil a log line is replaced.
    for id in ["", "x".repeat(500).as_str(), "a b\"c"] {
        let answer = send(id).await;
        assert_ne!(answer.header("x-request-id"), id);
        assert!(!answer.header("x-request-id").is_empty());
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_asks_too_much_is_told_when_to_come_back() {
    let stack = lean().setting("api", "AETHERFLOW_RATE_LIMIT", "20/min,200/min").start().await;
    let (user, other) = (stack.user("ada").await, stack.user("bob").await);

    let first = user.get("/api/auth/profile").await;
    assert_eq!(first.header("ratelimit-limit"), "20");
    let left: i64 = first.header("ratelimit-remaining").parse().unwrap();
    assert!(left < 20, "{left}");
    assert!(first.header("ratelimit-reset").parse::<u64>().is_ok());

    let mut served = 1;
    let refused = loop {
        let answer = user.get("/api/auth/profile").await;
        if answer.status != 200 {
            break answer;
        }
        served += 1;
        assert!(served <= 20, "more than the limit is served");
    };
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    refused.expect_problem(429, "rate.limited");
    other.get("/api/auth/profile").await.expect(200);

    // Strangers share the limit of their address.
    let anonymous = stack.anonymous();
    let refused =
        deadline::until("the address is at its limit", Duration::from_secs(20), async || {
            let answer = anonymous.get("/api/auth/profile").await;
            (answer.status == 429).then_some(answer)
        })
        .await;
    refused.expect_problem(429, "rate.limited");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_apis_share_a_users_limit() {
    let stack =
        lean().apis(2).setting("api", "AETHERFLOW_RATE_LIMIT", "60/min,6000/min").start().await;
    let user = stack.user("ada").await;
    let there = user.through(stack.api_url_of("api-2"));

    for _ in 0..50 {
        user.get("/api/auth/profile").await.expect(200);
    }

    // Within a second or two the other api knows it.
    let what = "the other api knows of 50 requests here";
    deadline::until(what, Duration::from_secs(10), async || {
        let answer = there.get("/api/auth/profile").await;
        let left: i64 = answer.header("ratelimit-remaining").parse().unwrap();
        (left <= 9).then_some(())
    })
    .await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_configured_origins_may_call_from_a_page() {
    let origin = "https://console.example.com";
    let stack = lean().setting("api", "AETHERFLOW_CORS_ORIGINS", origin).start().await;
    let preflight = |from: &str| {
        stack
            .anonymous()
            .request(Method::OPTIONS, "/api/auth/profile")
            .header("origin", from)
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "authorization,content-type,idempotency-key")
            .send()
    };

    let allowed = preflight(origin).await;
    assert!(allowed.status < 300, "{}", allowed.status);
    assert_eq!(allowed.header("access-control-allow-origin"), origin);
    assert!(allowed.header("access-control-allow-methods").contains("PUT"));
    let headers = allowed.header("access-control-allow-headers").to_lowercase();
    for header in ["authorization", "content-type", "idempotency-key"] {
        assert!(headers.contains(header), "{headers}");
    }
    assert_eq!(preflight("https://evil.example").await.header("access-control-allow-origin"), "");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_process_tells_its_health_and_counts() {
    let stack = Stack::start().await;

    for path in ["/health", "/health/live", "/health/ready"] {
        let health = stack.anonymous().get(path).await.expect(200);
        assert_eq!(health["status"], "ok", "{path}: {health}");
    }
    for name in ["api-1", "worker-1", "scheduler-1"] {
        let (status, health) = stack.readiness(name).await;
        assert_eq!((status, &health["status"]), (200, &json!("ok")), "{name}: {health}");
        for dependency in ["postgres", "redis"] {
            assert_eq!(health["checks"][dependency]["status"], "ok", "{name}: {health}");
        }
        let metrics = stack.metrics(name).await;
        for line in ["aetherflow_build_info{", "process_resident_memory_bytes "] {
            assert!(metrics.contains(line), "{name} lacks {line}");
        }
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_document_and_its_page_are_served() {
    let stack = lean().start().await;
    let anonymous = stack.anonymous();

    let document = anonymous.get("/openapi.json").await.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3."), "{}", document["openapi"]);
    for path in ["/api/auth/login", "/api/generate/text-to-image", "/api/wallet/balance"] {
        assert!(document["paths"][path].is_object(), "{path} is not in the document");
    }
    let docs = anonymous.get("/docs").await;
    assert_eq!(docs.status, 200);
    assert!(docs.header("content-type").starts_with("text/html"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_database_every_answer_is_a_503_and_the_api_recovers() {
    let stack = lean().own_postgres().start().await;
    let user = stack.user("ada").await;

    stack.postgres().await.stop().await;

    let body = json!({"email": user.email, "password": user.password});
    let anonymous = stack.anonymous();
    anonymous.post("/api/auth/login", &body).await.expect_problem(503, "unavailable");
    user.get("/api/wallet/balance").await.expect_problem(503, "unavailable");
    let down = deadline::until("ready says down", Duration::from_secs(5), async || {
        let answer = anonymous.get("/health/ready").await;
        (answer.status == 503).then_some(answer)
    })
    .await;
    assert_eq!(down.json()["checks"]["postgres"]["status"], "down");
    assert_eq!(anonymous.get("/health/live").await.status, 200);

    stack.postgres().await.resume().await;
    deadline::until("the api is ready again", Duration::from_secs(20), async || {
        (anonymous.get("/health/ready").await.status == 200).then_some(())
    })
    .await;
    anonymous.post("/api/auth/login", &body).await.expect(200);
    stack.finish().await;
}
