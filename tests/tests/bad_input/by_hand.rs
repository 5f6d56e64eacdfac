//! What a generator does not think of, or no client would send.

use serde_json::json;
use tests::client::Caller;
use tests::stack::Leftover;

use crate::document::{self, Access, Place};
use crate::forged;
use crate::raw::{self, head};
use crate::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_anothers_is_not_there_and_nothing_gets_past_the_edge() {
    let world = World::build().await;
    others_ids_are_not_there(&world).await;
    forgeries_fail_for_what_is_wrong_with_them(&world).await;
    no_path_climbs_and_no_header_smuggles(&world).await;
    no_body_is_too_large_without_saying_so(&world).await;
    a_refusal_does_not_cost_the_connection(&world).await;
    world.stack.finish_leaving(Leftover::Tasks).await;
}

/// An owner names a consumer's tasks, and a consumer an owner's resources: 404, as for an id that does not exist.
async fn others_ids_are_not_there(world: &World) {
    let mut asked = 0;
    for operation in document::read().operations {
        let about_one =
            operation.parameters.iter().any(|it| it.place == Place::Path && it.name == "id");
        if !about_one || !matches!(operation.access, Access::SignedIn | Access::Perhaps) {
            continue;
        }
        let (caller, ids) = if operation.path.starts_with("/api/resource/") {
            (world.consumer(), world.own_resources())
        } else {
            (world.owner(), world.tasks())
        };
        let nobodys = uuid::Uuid::now_v7().to_string();
        for id in [&ids[0], &ids[1], &nobodys] {
            let mut request =
                caller.request(operation.method.clone(), &operation.path.replace("{id}", id));
            if let Some(schema) = &operation.body {
                let takes = |field: &str| schema["properties"].get(field).is_some();
                request = request.json(&if takes("status") {
                    json!({"status": "paused"})
                } else if takes("favorite") {
                    json!({"favorite": true})
                } else {
                    json!({"name": "mine"})
                });
            }
            request.send().await.expect_problem(404, "not_found");
            asked += 1;
        }
    }
    assert!(asked >= 27, "only {asked} were asked");
}

async fn forgeries_fail_for_what_is_wrong_with_them(world: &World) {
    let genuine = Caller::token(world.consumer()).unwrap();
    let profile = |token: &str| {
        let caller = world.stack.anonymous().with_token(token);
        async move { caller.get("/api/auth/profile").await }
    };
    profile(&forged::genuine_again(genuine)).await.expect(200);
    for (what, token) in forged::all(genuine) {
        let answer = profile(&token).await;
        assert_eq!(answer.status, 401, "{what}");
    }
}

async fn no_path_climbs_and_no_header_smuggles(world: &World) {
    let (url, token) = (&world.stack.api_url, Caller::token(world.consumer()));
    let task = &world.tasks()[0];
    for target in [
        "/api/generate/../../etc/passwd".to_owned(),
        "/api/generate/task/..".to_owned(),
        "/api/generate/task/%2e%2e/%2e%2e/admin/users".to_owned(),
        format!("/api/generate/task/{task}/../../../admin/users"),
        format!("//api/generate/task/{task}"),
        format!("/api//generate/task/{task}"),
        format!("/api/generate/task/{task}/"),
        format!("/api/generate/task/{task};x=1"),
        format!("/API/generate/task/{task}"),
        "/docs/../openapi.json".to_owned(),
        "/openapi.json/".to_owned(),
        "*".to_owned(),
    ] {
        if let Some(answer) = raw::send(url, head("GET", &target, token, "").as_bytes()).await {
            assert!(matches!(answer.status, 400 | 404), "{target}: {}", answer.status);
            assert!(!String::from_utf8_lossy(&answer.bytes).contains("root:"), "{target}");
        }
    }
    // hyper answers these itself, before anything of ours: refused is all that can be asked.
    for broken in [
        head("GET", "/health/live", None, "x-broken: a\0b\r\n"),
        head("GET", "/health/live", None, "x broken: a\r\n"),
        head("GET", "/health/live", None, "content-length: -1\r\n"),
        head("POST", "/api/auth/login", None, "content-length: 5\r\ncontent-length: 6\r\n"),
        head("G\0T", "/health/live", None, ""),
        "GET /health/live\r\n\r\n".to_owned(),
        "\0\0\0\0\r\n\r\n".to_owned(),
    ] {
        if let Some(answer) = raw::send(url, broken.as_bytes()).await {
            assert!((400..500).contains(&answer.status), "{broken:?}: {}", answer.status);
        }
    }
    for method in ["TRACE", "CONNECT", "PATCH", "BREW"] {
        let answer = raw::send(url, head(method, "/api/auth/profile", token, "").as_bytes()).await;
        assert!(answer.is_none_or(|it| matches!(it.status, 400 | 404 | 405)), "{method}");
    }
    world.stack.anonymous().get("/health/live").await.expect(200);
}

/// Announced, unannounced, and announced falsely.
async fn no_body_is_too_large_without_saying_so(world: &World) {
    let url = &world.stack.api_url;
    let json = "content-type: application/json\r\n";
    let announced =
        head("POST", "/api/auth/login", None, &format!("{json}content-length: 99999999999\r\n"));
    let answer = raw::send(url, announced.as_bytes()).await.expect("an answer");
    assert_eq!((answer.status, answer.code().as_str()), (413, "request.too_large"));

    let mut chunked =
        head("POST", "/api/auth/login", None, &format!("{json}transfer-encoding: chunked\r\n"))
            .into_bytes();
    for _ in 0..80 {
        chunked.extend(format!("{:x}\r\n{}\r\n", 8_192, " ".repeat(8_192)).into_bytes());
    }
    chunked.extend(b"0\r\n\r\n");
    let answer = raw::send(url, &chunked).await.expect("an answer");
    assert_eq!((answer.status, answer.code().as_str()), (413, "request.too_large"));

    // More than was announced is not part of this request; less never becomes one.
    let more = format!(
        "{}{{}}GET /",
        head("POST", "/api/auth/login", None, &format!("{json}content-length: 2\r\n"))
    );
    let answer = raw::send(url, more.as_bytes()).await.expect("an answer");
    assert_eq!(answer.status, 400);
}

/// What is refused before its body matters is followed by the next request on the same connection.
async fn a_refusal_does_not_cost_the_connection(world: &World) {
    let body = " ".repeat(60_000);
    let more = format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    let refused = head("PUT", "/api/auth/profile", Some("forged"), &more);
    let refused = refused.replace("connection: close\r\n", "");
    let next = head("GET", "/health/live", None, "");
    let bytes = format!("{refused}{body}{next}");
    let answer = raw::send(&world.stack.api_url, bytes.as_bytes()).await.expect("an answer");
    assert_eq!(answer.status, 401);
    let rest = String::from_utf8_lossy(&answer.bytes);
    assert!(rest.contains("HTTP/1.1 200 OK"), "the next request was not answered: {rest}");
}
