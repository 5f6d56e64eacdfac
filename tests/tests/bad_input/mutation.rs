//! What can be wrong with a request.

use rand::RngExt as _;
use serde_json::{Value, json};

use crate::case::{Draft, Expect, plain};
use crate::document::{Access, Parameter, Place};
use crate::forged;
use crate::values::{self, encoded, pick};
use crate::world::Who;

/// What was done, and what it makes of the answer.
type Done = (String, Expect);

/// Spoils one thing.
pub fn apply(draft: &mut Draft<'_>) -> Done {
    let parts: &[fn(&mut Draft<'_>) -> Option<Done>] = match draft.operation.body {
        Some(_) => &[
            field, field, field, field, field, whole_body, whole_body, size, query, path, header,
            token,
        ],
        None => &[query, query, path, path, header, token, whole_body],
    };
    loop {
        let part = *pick(&mut draft.random, parts);
        if let Some(done) = part(draft) {
            return done;
        }
    }
}

/// One field of the body.
fn field(draft: &mut Draft<'_>) -> Option<Done> {
    let Draft { operation, world, random, body, .. } = draft;
    let schema = operation.body.as_ref()?;
    let body = body.as_mut()?.as_object_mut()?;
    let names: Vec<&String> = schema["properties"].as_object()?.keys().collect();
    let name = (*pick(random, &names)).clone();
    let own = &schema["properties"][&name];
    let required = schema["required"].as_array().is_some_and(|it| it.contains(&json!(name)));
    let (what, value, expect) = match random.random_range(0..9) {
        0 => {
            body.remove(&name);
            let expect = if required { Expect::Refused } else { Expect::Anything };
            return Some((format!("{name} left out"), expect));
        }
        1 => {
            let extra =
                pick(random, &["id", "admin", "__proto__", "user_id ", "wallet", "", "\0", "狐"])
                    .to_string();
            body.insert(extra.clone(), json!(1));
            return Some((format!("unknown field {extra:?}"), Expect::Refused));
        }
        2 => ("of another type", values::mistyped(random, own), Expect::Refused),
        3 => ("null", Value::Null, Expect::Refused),
        4 | 5 => ("outside of its schema", values::forbidden(random, own)?, Expect::Refused),
        6 => ("at the edge", values::edge(random, world, &name, own), Expect::Anything),
        7 => ("raw", values::raw(random), Expect::Anything),
        _ => ("weird", json!(values::weird(random)), Expect::Anything),
    };
    body.insert(name.clone(), value);
    Some((format!("{name} {what}"), expect))
}

/// The body as a whole.
#[expect(clippy::unnecessary_wraps, reason = "one of several that may find nothing to spoil")]
fn whole_body(draft: &mut Draft<'_>) -> Option<Done> {
    let good = draft.body.as_ref().map(values::written);
    let takes_one = good.is_some();
    let good = good.unwrap_or_else(|| "{}".to_owned());
    let random = &mut draft.random;
    let spoilt: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("half", good.as_bytes()[..good.len() / 2].to_vec()),
        ("an array", format!("[{good}]").into()),
        ("null", b"null".to_vec()),
        ("a number", b"7".to_vec()),
        ("a string", b"\"x\"".to_vec()),
        ("nested too deeply", format!("{}1{}", "[".repeat(20_000), "]".repeat(20_000)).into()),
        ("nested objects", format!("{}1{}", "{\"a\":".repeat(9_000), "}".repeat(9_000)).into()),
        ("not UTF-8", [good.as_bytes(), &[0xff, 0xfe]].concat()),
        ("followed by more", format!("{good} {good}").into()),
        ("with single quotes", b"{'a':1}".to_vec()),
        ("zeros", vec![0; 100]),
        ("in UTF-16", good.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a form", b"prompt=a+fox&model=auto".to_vec()),
        ("compressed, so to speak", vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
    ];
    if random.random_bool(0.25) {
        let types = [
            "text/plain",
            "",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "application/json, text/plain",
            "application/json; charset=utf-16",
            "*/*",
            "APPLICATION/JSON",
            "application/problem+json",
        ];
        let content_type = (*pick(random, &types)).to_owned();
        let what = format!("content type {content_type:?}");
        let refused = matches!(
            content_type.as_str(),
            "text/plain" | "application/xml" | "multipart/form-data" | "*/*"
        );
        draft.content_type = Some(content_type);
        return Some((what, if takes_one && refused { Expect::Refused } else { Expect::Anything }));
    }
    let (what, bytes) = pick(random, &spoilt).clone();
    draft.bytes = Some(bytes);
    draft.content_type.get_or_insert_with(|| "application/json".to_owned());
    Some((format!("body {what}"), if takes_one { Expect::Refused } else { Expect::Anything }))
}

/// More than 512 KiB, in one way or another.
fn size(draft: &mut Draft<'_>) -> Option<Done> {
    let good = values::written(draft.body.as_ref()?);
    // Rarely: these are the dearest to send.
    if !draft.random.random_bool(0.3) {
        return None;
    }
    let bytes = match draft.random.random_range(0..3) {
        0 => format!("{}{good}", " ".repeat(524_289)),
        1 => good.replacen('{', &format!("{{\"padding\":\"{}\",", "x".repeat(525_000)), 1),
        _ => "[".repeat(550_000),
    };
    draft.bytes = Some(bytes.into_bytes());
    Some(("body over 512 KiB".to_owned(), Expect::Refused))
}

fn query(draft: &mut Draft<'_>) -> Option<Done> {
    let Draft { operation, world, random, query, .. } = draft;
    let all: Vec<&Parameter> =
        operation.parameters.iter().filter(|it| it.place == Place::Query).collect();
    if all.is_empty() || random.random_bool(0.2) {
        let name =
            pick(random, &["limti", "limit%00", "a[]", "%ff", "", "user_id%20", "%zz", "LIMIT"]);
        let value = encoded(&values::weird(random)).chars().take(2_000).collect();
        query.push(((*name).to_owned(), value));
        // A nameless one is nothing to refuse, and links to images take what mail programs add to them.
        let is_link = operation.path.ends_with("/image");
        let expect = if name.is_empty() || is_link { Expect::Anything } else { Expect::Refused };
        return Some((format!("unknown parameter {name:?}"), expect));
    }
    let it = *pick(random, &all);
    let (what, value, expect) = match random.random_range(0..7) {
        0 if it.required => {
            query.retain(|(name, _)| *name != it.name);
            return Some((format!("{} left out", it.name), Expect::Refused));
        }
        0 | 1 => (
            "weird",
            encoded(&values::weird(random)).chars().take(4_000).collect(),
            Expect::Anything,
        ),
        2 => (
            "half encoded",
            (*pick(random, &["%", "%2", "%zz", "%ff%fe", "%00", "+", "%c0%af"])).to_owned(),
            Expect::Anything,
        ),
        3 => (
            "at the edge",
            encoded(&plain(&values::edge(random, world, &it.name, &it.schema))),
            Expect::Anything,
        ),
        4 => {
            let value = plain(&values::allowed(random, world, &it.name, &it.schema));
            query.push((it.name.clone(), encoded(&value)));
            query.push((it.name.clone(), encoded(&value)));
            return Some((format!("{} twice", it.name), Expect::Anything));
        }
        _ => {
            let value = plain(&values::forbidden(random, &it.schema)?);
            // Blanks are taken off, and an empty one is as good as none.
            let sure = !value.is_empty() && it.name != "cursor";
            (
                "outside of its schema",
                encoded(&value),
                if sure { Expect::Refused } else { Expect::Anything },
            )
        }
    };
    query.retain(|(name, _)| *name != it.name);
    query.push((it.name.clone(), value));
    Some((format!("{} {what}", it.name), expect))
}

fn path(draft: &mut Draft<'_>) -> Option<Done> {
    let Draft { operation, world, who, random, path, strays, .. } = draft;
    let (name, value) = match path.len() {
        0 => return None,
        count => &mut path[random.random_range(0..count)],
    };
    let schema = &operation.parameters.iter().find(|it| it.name == *name)?.schema;
    let id = schema["format"] == "uuid";
    let (what, new, expect) = match random.random_range(0..5) {
        0 if id => {
            let others = world.objects_of_others(operation, *who);
            ("somebody else's", encoded(pick(random, others).as_str()), Expect::Anything)
        }
        1 if id => ("nobody's", uuid::Uuid::now_v7().to_string(), Expect::Anything),
        2 => ("very long", "a".repeat(random.random_range(200..6_000)), Expect::Refused),
        3 => {
            let weird: String = encoded(&values::weird(random)).chars().take(1_000).collect();
            // Nothing, or dots alone, would be another path; a letter keeps it this one.
            (("weird"), format!("{}x", weird.trim_end_matches('%')), Expect::Anything)
        }
        _ if id => ("no id", (*pick(random, &values::NOT_IDS)).to_owned(), Expect::Refused),
        _ => ("weird", (*pick(random, &values::NOT_IDS)).to_owned(), Expect::Anything),
    };
    *value = new;
    *strays = true;
    Some((format!("{name} {what}"), expect))
}

#[expect(clippy::unnecessary_wraps, reason = "one of several that may find nothing to spoil")]
fn header(draft: &mut Draft<'_>) -> Option<Done> {
    let random = &mut draft.random;
    let key = draft.operation.parameters.iter().any(|it| it.name == "Idempotency-Key");
    if key && random.random_bool(0.7) {
        let (value, refused): (Vec<u8>, bool) = match random.random_range(0..7) {
            0 => (Vec::new(), true),
            1 => (vec![b'k'; 255], false),
            2 => (vec![b'k'; 256], true),
            3 => (b"two words".to_vec(), true),
            4 => (vec![b'k', 0xe9, 0xff], true),
            5 => (b"\ttab".to_vec(), false),
            _ => (vec![b'k'; 6_000], true),
        };
        let what = format!("idempotency key of {} bytes", value.len());
        draft.headers.retain(|(name, _)| *name != "idempotency-key");
        draft.headers.push(("idempotency-key", value));
        return Some((what, if refused { Expect::Refused } else { Expect::Anything }));
    }
    let others: [(&str, &[u8]); 14] = [
        ("accept", b"text/html;q=0, \xff"),
        ("accept-encoding", b"gzip, br, zstd, ,,"),
        ("content-encoding", b"gzip"),
        ("content-language", b"\xff"),
        ("expect", b"the-unexpected"),
        ("if-none-match", b"*, \"a\", W/\"\xff"),
        ("if-match", b"\"x\""),
        ("range", b"bytes=9-1,a-b"),
        ("origin", b"null"),
        ("x-forwarded-for", b"not an address, 10.0.0.1, \xff"),
        ("x-request-id", b"a \xff \"b\" {}"),
        ("x-http-method-override", b"DELETE"),
        ("cookie", b"a=b; ;;= ; session=\xff"),
        ("traceparent", b"00-zz-zz-zz"),
    ];
    let (name, value) = *pick(random, &others);
    draft.headers.push((name, value.to_vec()));
    Some((format!("header {name}"), Expect::Anything))
}

fn token(draft: &mut Draft<'_>) -> Option<Done> {
    let genuine = draft.world.token(draft.who).or_else(|| draft.world.token(Who::Consumer))?;
    let (what, forged) = pick(&mut draft.random, &forged::all(genuine)).clone();
    draft.token = Some(forged);
    let expect = match draft.operation.access {
        Access::SignedIn | Access::Admin => Expect::Exactly(401),
        _ => Expect::Anything,
    };
    Some((format!("token: {what}"), expect))
}
