//! The web console as browsers and other clients get it, without any database behind it.

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]

mod offline;

use std::path::Path;

use offline::state;
use poem::{
    Endpoint, Response,
    test::{TestClient, TestResponse},
};
use serde_json::Value;
use tempfile::TempDir;

const PAGE: &str = "<!doctype html><script type=module src=/assets/index-a1.js></script>";
const SCRIPT: &str = "console.log('as it is')";
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// A built console.
fn dist() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "index.html", PAGE);
    write(folder.path(), "index.html.br", "page, brotli");
    write(folder.path(), "favicon.svg", "<svg/>");
    write(folder.path(), "assets/index-a1.js", SCRIPT);
    write(folder.path(), "assets/index-a1.js.br", "script, brotli");
    write(folder.path(), "assets/index-a1.js.gz", "script, gzip");
    write(folder.path(), ".vite/manifest.json", "{}");
    folder
}

fn write(folder: &Path, path: &str, content: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}

fn client(dist: &TempDir) -> TestClient<impl Endpoint<Output = Response>> {
    let folder = dist.path().to_str().unwrap();
    TestClient::new(api::app(state(&[("AETHERFLOW_CONSOLE_DIR", folder)])))
}

fn header<'a>(response: &'a TestResponse, name: &str) -> &'a str {
    response.0.header(name).unwrap_or_else(|| panic!("no {name} in {:?}", response.0))
}

async fn text(response: TestResponse) -> String {
    response.0.into_body().into_string().await.unwrap()
}

async fn is_not_found(response: TestResponse) {
    assert_eq!(response.0.status().as_u16(), 404);
    assert_eq!(response.0.content_type(), Some("application/problem+json"));
    let body: Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!(body["code"], "not_found");
}

#[tokio::test]
async fn every_place_of_the_console_is_the_page() {
    let dist = dist();
    let client = client(&dist);
    for path in ["/", "/generate", "/tasks/0199a1b2", "/admin/jobs?open=7", "/index.html"] {
        let response = client.get(path).header("accept", BROWSER).send().await;
        assert_eq!(response.0.status().as_u16(), 200, "{path}");
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&response, "cache-control"), "no-cache");
        assert_eq!(text(response).await, PAGE, "{path}");
    }
}

#[tokio::test]
async fn the_page_may_run_its_own_script_and_nothing_else() {
    let dist = dist();
    let response = client(&dist).get("/wallet").send().await;

    let policy = header(&response, "content-security-policy").to_owned();
    let mut directives: Vec<&str> = policy.split("; ").collect();
    directives.sort_unstable();
    assert_eq!(
        directives,
        [
            "base-uri 'none'",
            "connect-src 'self'",
            "default-src 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "img-src 'self' blob: data:",
            "require-trusted-types-for 'script'",
            "script-src 'self'",
            "style-src 'self'",
            "trusted-types vue",
        ]
    );
    assert_eq!(header(&response, "x-content-type-options"), "nosniff");
    assert_eq!(header(&response, "x-frame-options"), "DENY");
    assert_eq!(header(&response, "referrer-policy"), "no-referrer");
    assert_eq!(header(&response, "cross-origin-opener-policy"), "same-origin");
    assert!(header(&response, "permissions-policy").contains("camera=()"));
}

#[tokio::test]
async fn what_begins_like_an_operation_never_becomes_the_page() {
    let dist = dist();
    let client = client(&dist);
    for path in ["/api", "/api/", "/api/nope", "/api/generate/nope", "/health/nope", "/docs/nope"] {
        is_not_found(client.get(path).header("accept", BROWSER).send().await).await;
    }
    for path in ["/docs", "/openapi.json"] {
        let own = client.get(path).header("accept", BROWSER).send().await;
        assert_eq!(own.0.status().as_u16(), 200, "{path}");
        assert_ne!(text(own).await, PAGE, "{path}");
    }
    for path in ["/", "/generate"] {
        is_not_found(client.post(path).send().await).await;
    }
    is_not_found(client.get("/generate").header("accept", "application/json").send().await).await;
}

#[tokio::test]
async fn an_asset_is_kept_for_ever_and_a_missing_one_is_not_the_page() {
    let dist = dist();
    let client = client(&dist);

    let asset = client.get("/assets/index-a1.js").send().await;
    assert_eq!(header(&asset, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(header(&asset, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(text(asset).await, SCRIPT);
    let icon = client.get("/favicon.svg").send().await;
    assert_eq!(header(&icon, "cache-control"), "no-cache");
    assert_eq!(header(&icon, "content-type"), "image/svg+xml");

    let gone = client.get("/assets/index-b2.js").header("accept", BROWSER).send().await;
    assert_eq!(header(&gone, "cache-control"), "no-store");
    is_not_found(gone).await;
    for path in ["/assets", "/assets/", "/assets/lib", "/robots.txt", "/favicon.ico"] {
        is_not_found(client.get(path).header("accept", BROWSER).send().await).await;
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_or_hidden_in_it_is_served() {
    let outside = tempfile::tempdir().unwrap();
    write(outside.path(), "secret.txt", "secret");
    let dist = outside.path().join("dist");
    write(&dist, "index.html", PAGE);
    write(&dist, "assets/a.js", SCRIPT);
    write(&dist, "assets/a.js.br", "brotli");
    write(&dist, ".vite/manifest.json", "{}");
    let state = state(&[("AETHERFLOW_CONSOLE_DIR", dist.to_str().unwrap())]);
    let client = TestClient::new(api::app(state));

    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/assets/%2e%2e/%2e%2e/secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets//../../secret.txt",
        "/.vite/manifest.json",
        "/assets/a.js.br",
    ] {
        is_not_found(client.get(path).send().await).await;
    }
}

#[tokio::test]
async fn the_smallest_form_that_a_client_takes_is_sent() {
    let dist = dist();
    let client = client(&dist);
    for (path, accepted, encoding, content) in [
        ("/assets/index-a1.js", "gzip, deflate, br", Some("br"), "script, brotli"),
        ("/assets/index-a1.js", "gzip, br;q=0", Some("gzip"), "script, gzip"),
        ("/assets/index-a1.js", "identity", None, SCRIPT),
        ("/generate", "gzip, br", Some("br"), "page, brotli"),
        ("/generate", "gzip", None, PAGE),
    ] {
        let response = client.get(path).header("accept-encoding", accepted).send().await;
        assert_eq!(response.0.header("content-encoding"), encoding, "{path}, {accepted}");
        assert_eq!(header(&response, "vary"), "accept-encoding");
        assert_eq!(text(response).await, content, "{path}, {accepted}");
    }
}

#[tokio::test]
async fn a_client_that_has_the_page_already_is_told_so_with_the_same_policy() {
    let dist = dist();
    let client = client(&dist);
    let first = client.get("/generate").header("accept-encoding", "br").send().await;
    let etag = header(&first, "etag").to_owned();
    let plain = client.get("/generate").send().await;
    assert_ne!(header(&plain, "etag"), etag, "two forms have two tags");

    for tags in [etag.clone(), format!("\"x\", W/{etag}"), "*".to_owned()] {
        let request = client.get("/wallet").header("accept-encoding", "br");
        let again = request.header("if-none-match", tags).send().await;
        assert_eq!(again.0.status().as_u16(), 304);
        for name in ["etag", "cache-control", "vary", "content-security-policy"] {
            assert_eq!(header(&again, name), header(&first, name), "{name}");
        }
        assert_eq!(text(again).await, "");
    }
    write(dist.path(), "index.html", "<!doctype html>a new version");
    write(dist.path(), "index.html.br", "new, brotli");
    let request = client.get("/generate").header("accept-encoding", "br");
    let changed = request.header("if-none-match", etag).send().await;
    assert_eq!(text(changed).await, "new, brotli");
}

#[tokio::test]
async fn head_says_what_get_would_and_sends_nothing() {
    let dist = dist();
    let client = client(&dist);
    for path in ["/generate", "/assets/index-a1.js"] {
        let get = client.get(path).header("accept-encoding", "br").send().await;
        let head = client.head(path).header("accept-encoding", "br").send().await;
        assert_eq!(head.0.status(), get.0.status());
        for name in ["content-type", "content-encoding", "etag", "cache-control", "vary"] {
            assert_eq!(header(&head, name), header(&get, name), "{path}: {name}");
        }
        let length = header(&head, "content-length").to_owned();
        assert_eq!(text(head).await, "");
        assert_eq!(text(get).await.len().to_string(), length);
    }
}

#[tokio::test]
async fn a_build_without_a_console_says_how_to_make_one() {
    let empty = tempfile::tempdir().unwrap();
    let client = client(&empty);
    for path in ["/", "/generate"] {
        let response = client.get(path).header("accept", BROWSER).send().await;
        assert_eq!(response.0.status().as_u16(), 404);
        assert_eq!(header(&response, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&response, "cache-control"), "no-store");
        let text = text(response).await;
        assert!(text.contains("cargo xtask console"), "{text}");
        assert!(text.contains("AETHERFLOW_CONSOLE_DIR"), "{text}");
        is_not_found(client.get(path).send().await).await;
    }
}
