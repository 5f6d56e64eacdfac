//! Values drawn from a schema: such as it allows, such as it barely allows, such as it forbids, and
//! such as nobody should ever send.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

use crate::world::World;

/// JSON that [`Value`] cannot hold; written in place of the string that stands for it.
const RAW: [&str; 9] = [
    r#""\ud800""#,
    r#""a\udc00b""#,
    r#""\u0000""#,
    "1e400",
    "-1e400",
    "99999999999999999999999999999999999999999",
    "0.1e-320",
    "-0",
    "1E2",
];

const WEIRD: [&str; 30] = [
    "",
    " ",
    "\t\n",
    "\0",
    "a\0b",
    "\u{1}\u{7f}\u{9f}",
    "\u{feff}",
    "\u{202e}txet",
    "\u{200d}\u{200b}",
    "狐在雪中",
    "🦊🦊🦊",
    "e\u{301}\u{301}\u{301}",
    "'; DROP TABLE ledger.journal; --",
    "\" OR \"\"=\"",
    "{{7*7}}${7*7}%{7*7}",
    "<script>alert(1)</script>",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "file:///etc/passwd",
    "\\\\?\\C:\\",
    "NaN",
    "Infinity",
    "-Infinity",
    "null",
    "undefined",
    "1e309",
    "%s%n%x",
    "a\r\nX-Injected: yes",
    "\u{fffd}\u{fffe}\u{10ffff}",
    "$1::text",
];

/// Decimals that are none, or not such as the contract takes; some fields take zero.
const NOT_AMOUNTS: [&str; 24] = [
    "",
    "-1",
    "-0.000001",
    "0",
    "0.000000",
    "-0",
    "0.0000001",
    "1.2345678",
    "1e3",
    "+5",
    " 5",
    "5 ",
    ".5",
    "5.",
    "NaN",
    "Infinity",
    "-Infinity",
    "0x10",
    "1,5",
    "1_000",
    "١٢",
    "1..2",
    "99999999999999999999999999999",
    "1000000000.1",
];

const NOT_TIMES: [&str; 11] = [
    "",
    "yesterday",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01",
    "2026-01-01T00:00:00",
    "99999-01-01T00:00:00Z",
    "+292277026596-12-04T15:30:07Z",
    "2026-01-01T25:00:00Z",
    "1700000000",
    "2026-01-01T00:00:00+99:99",
];

const ODD_TIMES: [&str; 7] = [
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "2016-12-31T23:59:60Z",
    "2026-01-01T00:00:00+14:00",
    "2026-01-01t00:00:00z",
    "1969-12-31T23:59:59.9Z",
];

/// Picks one.
pub fn pick<'a, T>(random: &mut StdRng, all: &'a [T]) -> &'a T {
    &all[random.random_range(0..all.len())]
}

fn kind(schema: &Value) -> (&str, &str) {
    (schema["type"].as_str().unwrap_or_default(), schema["format"].as_str().unwrap_or_default())
}

/// A value the schema allows and, where the schema says enough, one that makes sense.
pub fn allowed(random: &mut StdRng, world: &World, name: &str, schema: &Value) -> Value {
    if let Some(values) = schema["enum"].as_array() {
        return pick(random, values).clone();
    }
    if let Some(known) = world.known(name).filter(|_| random.random_bool(0.9)) {
        return pick(random, known).clone();
    }
    match kind(schema) {
        ("object", _) => object(random, world, schema),
        ("array", _) => {
            let count = random.random_range(1..3);
            (0..count).map(|_| allowed(random, world, name, &schema["items"])).collect()
        }
        ("boolean", _) => json!(random.random_bool(0.5)),
        ("integer", _) => {
            let (least, most) = bounds(schema);
            json!(random.random_range(least..=most.min(least + 1_000)))
        }
        (_, "uuid") => json!(pick(random, &world.ids)),
        (_, "date-time") => json!("2026-03-01T12:00:00Z"),
        (_, "email") => json!(format!("new-{}@example.com", random.random::<u64>())),
        (_, "decimal") => json!(pick(random, &["1", "2.5", "0.75", "10.000001", "42"])),
        _ => json!(text(random, schema)),
    }
}

fn object(random: &mut StdRng, world: &World, schema: &Value) -> Value {
    let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut body = Map::new();
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        if required.contains(&json!(name)) || random.random_bool(0.5) {
            body.insert(name.clone(), allowed(random, world, name, field));
        }
    }
    Value::Object(body)
}

/// Text within its bounds.
fn text(random: &mut StdRng, schema: &Value) -> String {
    const LETTERS: [char; 12] = ['a', 'b', 'x', 'Z', '0', '9', '-', '_', '\'', '"', '&', '%'];
    let least = schema["minLength"].as_u64().unwrap_or(0);
    let most = schema["maxLength"].as_u64().unwrap_or(40).min(least + 30);
    (0..random.random_range(least..=most)).map(|_| *pick(random, &LETTERS)).collect()
}

/// The least and the most a number may be.
fn bounds(schema: &Value) -> (i64, i64) {
    let (least, most) = match schema["format"].as_str() {
        Some("uint16") => (0, i64::from(u16::MAX)),
        Some("uint32") => (0, i64::from(u32::MAX)),
        _ => (i64::from(i32::MIN), i64::from(i32::MAX)),
    };
    let whole = |it: &Value| it.as_f64().map(|it| it as i64);
    (whole(&schema["minimum"]).unwrap_or(least), whole(&schema["maximum"]).unwrap_or(most))
}

/// A value at the very edge of what the schema allows.
pub fn edge(random: &mut StdRng, world: &World, name: &str, schema: &Value) -> Value {
    let (least, most) = bounds(schema);
    match kind(schema) {
        ("integer", _) => json!(pick(random, &[least, most])),
        ("array", _) => match random.random_range(0..3) {
            0 => json!([]),
            1 => vec![allowed(random, world, name, &schema["items"]); 300].into(),
            _ => vec![edge(random, world, name, &schema["items"]); 2].into(),
        },
        (_, "date-time") => json!(pick(random, &ODD_TIMES)),
        (_, "decimal") => {
            json!(pick(random, &["0.000001", "1000000000", "999999999.999999", "00.5", "1.000000"]))
        }
        (_, "uuid") => json!(pick(
            random,
            &["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"]
        )),
        ("string", "" | "password") if schema["enum"].is_null() => {
            let least = schema["minLength"].as_u64().unwrap_or(0);
            let most = schema["maxLength"].as_u64().unwrap_or(200);
            let letter = *pick(random, &["a", "ß", "狐", "🦊"]);
            json!(letter.repeat(*pick(random, &[least, most]) as usize))
        }
        _ => allowed(random, world, name, schema),
    }
}

/// A value the schema forbids; `None` where it allows all of its type.
pub fn forbidden(random: &mut StdRng, schema: &Value) -> Option<Value> {
    if schema["enum"].is_array() {
        return Some(json!(pick(random, &["nonsense", "", "ADMIN", "active ", "\0"])));
    }
    let value = match kind(schema) {
        ("integer", _) => {
            let (least, most) = bounds(schema);
            json!(pick(random, &[least - 1, most + 1, i64::MIN, i64::MAX]))
        }
        (_, "date-time") => json!(pick(random, &NOT_TIMES)),
        (_, "decimal") => {
            let pattern = schema["pattern"].as_str().expect("every amount has a pattern");
            let pattern =
                fancy_regex::Regex::new(pattern).expect("the document's patterns are patterns");
            let refused: Vec<&str> =
                NOT_AMOUNTS.into_iter().filter(|it| !pattern.is_match(it).unwrap()).collect();
            json!(pick(random, &refused))
        }
        (_, "uuid") => json!(pick(random, &NOT_IDS)),
        (_, "email") => {
            json!(pick(random, &["", "no address", "@", "a@", "@example.com", "a b@example.com"]))
        }
        ("string", _) => {
            let least = schema["minLength"].as_u64().unwrap_or(0);
            let most = schema["maxLength"].as_u64();
            match most.filter(|_| least == 0 || random.random_bool(0.6)) {
                Some(most) => json!("x".repeat(usize::try_from(most).ok()? + 1)),
                None => json!("x".repeat(usize::try_from(least).ok()?.checked_sub(1)?)),
            }
        }
        _ => return None,
    };
    Some(value)
}

/// What is no id of ours, as it would stand in a path, already encoded.
pub const NOT_IDS: [&str; 16] = [
    "1",
    "-1",
    "0",
    "x",
    "%00",
    "%0d%0aX-Injected:%20yes",
    "..%2f..%2fetc%2fpasswd",
    "..%5c..%5c",
    "%2e%2e%2f",
    "%ff%fe",
    "%zz",
    "0190A0B0-C0D0-7000-8000-0123456789AB",
    "%7b0190a0b0-c0d0-7000-8000-0123456789ab%7d",
    "0190a0b0c0d0700080000123456789ab",
    "'%20OR%201=1%20--",
    "0190a0b0-c0d0-7000-8000-0123456789ab%00",
];

/// A value of another type than the schema's.
pub fn mistyped(random: &mut StdRng, schema: &Value) -> Value {
    let all = [
        json!("text"),
        json!(5),
        json!(-2.5),
        json!(true),
        json!([]),
        json!({}),
        json!([["x"]]),
        json!({"a": 1}),
    ];
    loop {
        let value = pick(random, &all);
        let same = match kind(schema).0 {
            "string" => value.is_string(),
            "integer" => value.is_i64(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            _ => value.is_object(),
        };
        if !same {
            return value.clone();
        }
    }
}

/// Hostile text.
pub fn weird(random: &mut StdRng) -> String {
    match random.random_range(0..12) {
        0 => "x".repeat(random.random_range(1..5_000)),
        1 => (0..40).map(|_| char::from(random.random_range(0..=127_u8))).collect(),
        _ => (*pick(random, &WEIRD)).to_owned(),
    }
}

/// A string that [`written`] replaces by JSON no [`Value`] can hold.
pub fn raw(random: &mut StdRng) -> Value {
    json!(format!("@@raw-{}@@", random.random_range(0..RAW.len())))
}

/// The body as bytes.
pub fn written(body: &Value) -> String {
    let mut text = body.to_string();
    for (number, literal) in RAW.iter().enumerate() {
        text = text.replace(&format!("\"@@raw-{number}@@\""), literal);
    }
    text
}

/// As it may stand in a path or a query.
pub fn encoded(text: &str) -> String {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-_.~".contains(&it);
    let each = text
        .bytes()
        .map(|it| if plain(it) { char::from(it).to_string() } else { format!("%{it:02X}") });
    each.collect()
}
