//! Heads of requests: hosts, targets, versions, sizes, methods, and addresses that proxies name.

use serde_json::json;

use super::row::{Row, row};
use super::world::{ORIGIN, World};

pub fn rows(world: &World) -> Vec<Row> {
    [hosts(), targets(world), sizes(), methods(world), pages(world)].concat()
}

fn hosts() -> Vec<Row> {
    let live = |name: &str| row(name, "GET", "/health/live");
    vec![
        live("HTTP/1.1 without a Host is refused")
            .host(&[])
            .problem(400, "request.invalid")
            .says("Host"),
        row("so it is where a token is asked for", "GET", "/api/auth/profile")
            .host(&[])
            .problem(400, "request.invalid"),
        row("and on a path that does not exist", "GET", "/api/nothing").host(&[]).answers(400),
        live("HTTP/1.0 needs none").version("HTTP/1.0").host(&[]).answers(200),
        live("two Hosts are refused")
            .host(&["host: here", "host: there"])
            .problem(400, "request.invalid"),
        live("a Host with a blank in it is refused")
            .host(&["host: a b"])
            .problem(400, "request.invalid"),
        live("a Host with a path in it is refused")
            .host(&["host: a/b"])
            .problem(400, "request.invalid"),
        live("a Host with a user in it is refused")
            .host(&["host: a@b"])
            .problem(400, "request.invalid"),
        live("a Host with a port is fine").host(&["host: here:8080"]),
        live("an IPv6 Host is fine").host(&["host: [::1]:8080"]),
        live("a version that does not exist is refused").version("HTTP/9.9").answers(400),
    ]
}

fn targets(world: &World) -> Vec<Row> {
    let bearer = world.consumer();
    let mut rows = Vec::new();
    for broken in ["%zz", "%", "%2", "%g0", "a%", "%%20"] {
        rows.push(
            row(
                format!("{broken} in a query is refused"),
                "GET",
                format!("/api/generate/history?cursor={broken}"),
            )
            .bearer(&bearer)
            .problem(400, "request.invalid")
            .says("%25"),
        );
        rows.push(
            row(
                format!("{broken} in a path is refused"),
                "GET",
                format!("/api/generate/task/{broken}"),
            )
            .bearer(&bearer)
            .problem(400, "request.invalid"),
        );
        rows.push(
            row(
                format!("{broken} as the name of a parameter is refused"),
                "GET",
                format!("/api/generate/models?{broken}=1"),
            )
            .bearer(&bearer)
            .problem(400, "request.invalid"),
        );
    }
    for bytes in ["%ff", "%c3%28", "%ed%a0%80"] {
        rows.push(
            row(
                format!("{bytes} is no text: refused in a query"),
                "GET",
                format!("/api/generate/history?model={bytes}"),
            )
            .bearer(&bearer)
            .answers(400),
        );
        rows.push(
            row(
                format!("{bytes} is no id: not found in a path"),
                "GET",
                format!("/api/generate/task/{bytes}"),
            )
            .bearer(&bearer)
            .answers(404),
        );
    }
    rows.push(
        row("a parameter that does not exist is named", "GET", "/api/generate/history?limti=5")
            .bearer(&bearer)
            .refuses(&["limti"]),
    );
    rows.push(
        row("a parameter given twice is named", "GET", "/api/generate/history?limit=5&limit=6")
            .bearer(&bearer)
            .refuses(&["limit"]),
    );
    rows.push(row("an unknown route says so", "GET", "/api/nothing").problem(404, "not_found"));
    rows
}

fn sizes() -> Vec<Row> {
    let large = |name: &str, head: String| {
        row(name, "GET", "/health/live").header(&head).problem(431, "request.head_too_large")
    };
    let mut many = row("more than a hundred headers are refused", "GET", "/health/live");
    for number in 0..120 {
        many = many.header(&format!("x-{number}: a"));
    }
    vec![
        large("a header of 70 kB is refused", format!("x-large: {}", "a".repeat(70_000))),
        large("a cookie of 70 kB is refused", format!("cookie: a={}", "a".repeat(70_000))),
        row("a header of 8 kB is fine", "GET", "/health/live")
            .header(&format!("x-large: {}", "a".repeat(8_000))),
        row("a target of 70 kB is refused", "GET", format!("/health/live?{}", "a".repeat(70_000)))
            .answers(431),
        many.problem(431, "request.head_too_large"),
        row("a header's name with a blank is refused", "GET", "/health/live")
            .header("x broken: a")
            .answers(400),
        row("a header with a NUL is refused", "GET", "/health/live")
            .header("x-broken: a\0b")
            .answers(400),
        row("a length below zero is refused", "GET", "/health/live")
            .header("content-length: -1")
            .answers(400),
        row("two lengths that differ are refused", "POST", "/api/auth/login")
            .header("content-length: 5")
            .header("content-length: 6")
            .answers(400),
    ]
}

fn methods(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    for method in ["PATCH", "TRACE", "BREW"] {
        rows.push(
            row(format!("{method} is not allowed and says what is"), method, "/api/auth/profile")
                .bearer(&world.consumer())
                .problem(405, "request.method_not_allowed")
                .carries("allow", "GET"),
        );
    }
    rows.push(
        row("a GET where there is only POST names it", "GET", "/api/auth/login")
            .problem(405, "request.method_not_allowed")
            .carries("allow", "POST"),
    );
    rows
}

/// What a browser asks before a page of another origin may go on.
fn pages(world: &World) -> Vec<Row> {
    let image = World::image_of(&world.done);
    let preflight = |name: &str, headers: &str| {
        row(name, "OPTIONS", image.clone())
            .header(&format!("origin: {ORIGIN}"))
            .header("access-control-request-method: GET")
            .header(&format!("access-control-request-headers: {headers}"))
            .answers(204)
            .carries("access-control-allow-origin", ORIGIN)
    };
    let login = json!({"email": "nobody@example.com", "password": "wrong"});
    vec![
        preflight("a page may ask whether an image is new", "authorization,if-none-match")
            .carries("access-control-allow-headers", "if-none-match"),
        preflight("a page may ask for a part of an image", "range,if-range")
            .carries("access-control-allow-headers", "range")
            .carries("access-control-allow-headers", "if-range"),
        preflight("a page may repeat safely", "idempotency-key")
            .carries("access-control-allow-headers", "idempotency-key"),
        row("a page may read the tag of an image", "GET", world.link())
            .header(&format!("origin: {ORIGIN}"))
            .carries("access-control-expose-headers", "etag")
            .carries("access-control-expose-headers", "content-range")
            .carries("etag", "\""),
        row("a page may read why it is refused", "POST", "/api/auth/login")
            .header(&format!("origin: {ORIGIN}"))
            .header("x-forwarded-for: 203.0.113.250")
            .json(&login)
            .problem(401, "auth.invalid_credentials")
            .carries("access-control-allow-origin", ORIGIN)
            .carries("access-control-expose-headers", "retry-after"),
    ]
}
