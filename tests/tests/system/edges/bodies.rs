//! Bodies: how they are packed, what type they say they are of, how large they are, what is left out and what is null.

use serde_json::{Value, json};

use super::row::{Row, row};
use super::world::{World, connection, picture, registration};

const SUBMIT: &str = "/api/generate/text-to-image";
const ESTIMATE: &str = "/api/generate/estimate";

pub fn rows(world: &World) -> Vec<Row> {
    [
        encodings(world),
        types(world),
        marks(world),
        sizes(world),
        nulls(world),
        faults(world),
        broken(),
    ]
    .concat()
}

fn encodings(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    for encoding in [
        "gzip",
        "GZIP",
        "x-gzip",
        "deflate",
        "br",
        "zstd",
        "compress",
        "gzip, gzip",
        "identity, gzip",
    ] {
        let line = format!("content-encoding: {encoding}");
        rows.push(
            row(format!("a body in {encoding} is refused and says what is read"), "POST", ESTIMATE)
                .bearer(&world.consumer())
                .header(&line)
                .text("\u{1f}\u{8b}\u{8}")
                .problem(415, "request.unsupported_media_type")
                .carries("accept-encoding", "identity"),
        );
        rows.push(
            row(format!("a PUT in {encoding} is refused too"), "PUT", "/api/auth/profile")
                .bearer(&world.consumer())
                .header(&line)
                .json(&json!({"locale": "en"}))
                .problem(415, "request.unsupported_media_type"),
        );
        rows.push(
            row(format!("a login in {encoding} is refused too"), "POST", "/api/auth/login")
                .header(&line)
                .json(&json!({"email": "a@example.com", "password": "x"}))
                .problem(415, "request.unsupported_media_type"),
        );
    }
    for identity in ["identity", "Identity"] {
        rows.push(
            row(format!("{identity} is no encoding"), "POST", ESTIMATE)
                .bearer(&world.consumer())
                .header(&format!("content-encoding: {identity}"))
                .json(&picture(&json!({}))),
        );
    }
    rows
}

fn types(world: &World) -> Vec<Row> {
    let send = |content_type: &str| {
        row(format!("a body of type {content_type:?}"), "POST", ESTIMATE)
            .bearer(&world.consumer())
            .header(&format!("content-type: {content_type}"))
            .bytes(picture(&json!({})).to_string())
    };
    let mut rows: Vec<Row> = [
        "application/json",
        "application/json ;charset=utf-8",
        "application/json ; charset=utf-8",
        "application/json; charset=\"utf-8\"",
        "application/json;charset=UTF-8",
        "application/json;",
        "Application/JSON",
        "application/json\t;charset=utf-8",
        "application/json; boundary=x; charset=utf-8",
    ]
    .map(|it| send(it).answers(200))
    .into();
    rows.extend(
        [
            "text/plain",
            "text/json",
            "application/x-www-form-urlencoded",
            "application/jsonx",
            "json",
            "",
            "*/*",
            "application/xml",
        ]
        .map(|it| send(it).problem(415, "request.unsupported_media_type").says("application/json")),
    );
    rows.push(
        row("a body without a type", "POST", ESTIMATE)
            .bearer(&world.consumer())
            .bytes(picture(&json!({})).to_string())
            .problem(415, "request.unsupported_media_type"),
    );
    rows
}

/// Marks in front of a text, and blanks around it.
fn marks(world: &World) -> Vec<Row> {
    let body = picture(&json!({})).to_string();
    let send =
        |name: &str, body: &str| row(name, "POST", ESTIMATE).bearer(&world.consumer()).text(body);
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(body.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    vec![
        send("a byte order mark is skipped", &format!("\u{feff}{body}")),
        send("and blanks behind it", &format!("\u{feff}\n {body}")),
        send("blanks around the object are fine", &format!(" \r\n\t{body}\n\n")),
        row("a byte order mark before a login is skipped", "POST", "/api/auth/login")
            .header("x-forwarded-for: 203.0.113.249")
            .text("\u{feff}{\"email\":\"nobody@example.com\",\"password\":\"x\"}")
            .problem(401, "auth.invalid_credentials"),
        row("a byte order mark before a profile is skipped", "PUT", "/api/auth/profile")
            .bearer(&world.consumer())
            .text("\u{feff}{\"locale\":\"en\"}"),
        send("two marks are no JSON", &format!("\u{feff}\u{feff}{body}"))
            .problem(400, "request.invalid"),
        send("a mark alone is no JSON", "\u{feff}").problem(400, "request.invalid"),
        row("UTF-16 is no JSON", "POST", ESTIMATE)
            .bearer(&world.consumer())
            .header("content-type: application/json")
            .bytes(utf16)
            .problem(400, "request.invalid"),
    ]
}

/// A text's limit is in characters, however they are written.
fn sizes(world: &World) -> Vec<Row> {
    let escaped = |count: usize| format!("{{\"prompt\":\"{}\"}}", "\\ud83e\\udd8a".repeat(count));
    let plain = |count: usize| json!({"prompt": "🦊".repeat(count)}).to_string();
    let both = |count: usize| {
        let text = "\\ud83e\\udd8a".repeat(count);
        format!("{{\"prompt\":\"{text}\",\"negative_prompt\":\"{text}\"}}")
    };
    let send =
        |name: &str, body: &str| row(name, "POST", ESTIMATE).bearer(&world.consumer()).text(body);
    let huge = "x".repeat(530_000);
    vec![
        send("10,000 signs escaped to 120 kB are a prompt", &escaped(10_000)),
        send("and unescaped", &plain(10_000)),
        send("and beside as many that it shall not show", &both(10_000)),
        send("one more is too many, and the limit is said", &escaped(10_001))
            .refuses(&["prompt"])
            .says("10000"),
        send("so it is unescaped", &plain(10_001)).refuses(&["prompt"]).never("10003"),
        row("a body of 530 kB is too large", "POST", "/api/auth/login")
            .json(&json!({"email": "a@example.com", "password": huge}))
            .problem(413, "request.too_large")
            .says("512 KiB"),
        row("so is one that only says so", "POST", "/api/auth/login")
            .header("content-type: application/json")
            .header("content-length: 99999999")
            .problem(413, "request.too_large")
            .says("512 KiB"),
    ]
}

/// A field is left out, or it has a value.
fn nulls(world: &World) -> Vec<Row> {
    let mut rows = Vec::new();
    for field in [
        "model",
        "prompt",
        "negative_prompt",
        "aspect_ratio",
        "seed",
        "output_format",
        "style_preset",
        "route",
        "max_credits",
        "end_user",
        "deadline_seconds",
    ] {
        for path in [SUBMIT, ESTIMATE] {
            rows.push(
                row(format!("{field} may not be null at {path}"), "POST", path)
                    .bearer(&world.consumer())
                    .json(&picture(&json!({field: null})))
                    .refuses(&[field]),
            );
        }
    }
    for field in [
        "name",
        "daily_limit",
        "monthly_limit",
        "concurrency_limit",
        "rpm_limit",
        "price_per_unit",
        "attestation",
    ] {
        rows.push(
            row(format!("{field} of a key may not be null"), "POST", "/api/resource/connect")
                .bearer(&world.owner())
                .json(&connection(&json!({field: null})))
                .refuses(&[field]),
        );
    }
    for field in ["display_name", "locale", "email", "password"] {
        rows.push(
            row(format!("{field} of a registration may not be null"), "POST", "/api/auth/register")
                .json(&registration(&json!({field: null})))
                .refuses(&[field]),
        );
    }
    for field in ["display_name", "locale"] {
        rows.push(
            row(format!("{field} of a profile may not be null"), "PUT", "/api/auth/profile")
                .bearer(&world.consumer())
                .json(&json!({field: null}))
                .refuses(&[field]),
        );
    }
    rows.push(
        row("the code of a login may not be null", "POST", "/api/auth/login")
            .json(&json!({"email": "a@example.com", "password": "x", "code": null}))
            .refuses(&["code"]),
    );
    rows
}

/// Several faults of one body are all reported.
fn faults(world: &World) -> Vec<Row> {
    vec![
        row("four faults of a registration are all named", "POST", "/api/auth/register")
            .json(&json!({"email": "no address", "password": "short", "display_name": "", "locale": "tlh"}))
            .refuses(&["email", "password", "display_name", "locale"]),
        row("so are missing, unknown and bad fields together", "POST", "/api/auth/register")
            .json(&json!({"email": 7, "admin": true, "locale": []}))
            .refuses(&["email", "password", "admin", "locale"]),
        row("four faults of an image are all named", "POST", SUBMIT)
            .bearer(&world.consumer())
            .json(&json!({"prompt": "", "seed": -1, "output_format": "bmp", "deadline_seconds": "soon"}))
            .refuses(&["prompt", "seed", "output_format", "deadline_seconds"]),
        row("four faults of a key are all named", "POST", "/api/resource/connect")
            .bearer(&world.owner())
            .json(&connection(&json!({"name": "a\nb", "price_per_unit": "x", "daily_limit": "-1", "rpm_limit": "1"})))
            .refuses(&["name", "price_per_unit", "daily_limit", "rpm_limit"]),
        row("two fields out of range are both named", "POST", SUBMIT)
            .bearer(&world.consumer())
            .json(&picture(&json!({"seed": 4_294_967_295_u64, "deadline_seconds": 9})))
            .refuses(&["seed", "deadline_seconds"]),
        row("both passwords of a change are named", "PUT", "/api/auth/password")
            .bearer(&world.consumer())
            .json(&json!({"current": "", "new": "short"}))
            .refuses(&["current", "new"]),
        row("a field given twice is named", "POST", "/api/auth/login")
            .text(r#"{"email":"a@example.com","email":"b@example.com","password":"x"}"#)
            .refuses(&["email"]),
    ]
}

fn broken() -> Vec<Row> {
    let send = |name: String, body: &Value| {
        row(name, "POST", "/api/auth/login").json(body).problem(400, "request.invalid")
    };
    let mut rows: Vec<Row> =
        [json!([]), json!(7), json!(null), json!("text"), json!([{"email": "a"}])]
            .iter()
            .map(|body| send(format!("{body} is no object"), body))
            .collect();
    for text in [
        "",
        "{",
        "{}{}",
        "{\"email\":}",
        "{'email':'a'}",
        "{\"email\":\"a\",}",
        "NaN",
        "{\"a\":01}",
    ] {
        rows.push(
            row(format!("{text:?} is no JSON"), "POST", "/api/auth/login")
                .text(text)
                .problem(400, "request.invalid"),
        );
    }
    rows
}
