//! Tokens that must be refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

/// The secret the api of this test signs with, so that a token with a good signature can be forged too.
pub const SECRET: &str = "a-secret-the-bad-input-test-knows-too-well";

const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

/// Every forgery of this genuine token.
pub fn all(genuine: &str) -> Vec<(&'static str, String)> {
    let parts: Vec<&str> = genuine.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("a token has three parts") };
    let claims: Value = decoded(payload);
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims.to_string()
    };
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().expect("claims").remove(name);
        claims.to_string()
    };
    let plain = claims.to_string();
    let promoted = with("roles", json!(["consumer", "resource_provider", "admin"]));
    assert_ne!(promoted, plain, "somebody who is everything already cannot be promoted");
    let mut flipped = signature.to_owned();
    flipped.replace_range(0..1, if signature.starts_with('A') { "B" } else { "A" });
    vec![
        ("empty", String::new()),
        ("no token at all", "x".to_owned()),
        ("alg none", format!("{}.{payload}.", encoded(r#"{"typ":"JWT","alg":"none"}"#))),
        ("alg None", format!("{}.{payload}.{signature}", encoded(r#"{"alg":"None"}"#))),
        ("alg HS512", signed(r#"{"typ":"JWT","alg":"HS512"}"#, &plain, SECRET)),
        ("alg RS256", signed(r#"{"typ":"JWT","alg":"RS256"}"#, &plain, SECRET)),
        ("another secret", signed(HEADER, &plain, "a secret of somebody else's")),
        ("an empty secret", signed(HEADER, &plain, "")),
        ("a changed signature", format!("{header}.{payload}.{flipped}")),
        ("no signature", format!("{header}.{payload}.")),
        ("new claims, old signature", format!("{header}.{}.{signature}", encoded(&promoted))),
        ("expired", signed(HEADER, &with("exp", json!(1_000_000_000)), SECRET)),
        ("expired in 1970", signed(HEADER, &with("exp", json!(0)), SECRET)),
        ("a negative expiry", signed(HEADER, &with("exp", json!(-1)), SECRET)),
        ("an expiry in words", signed(HEADER, &with("exp", json!("tomorrow")), SECRET)),
        ("no expiry", signed(HEADER, &without("exp"), SECRET)),
        ("no subject", signed(HEADER, &without("sub"), SECRET)),
        ("a subject that is no id", signed(HEADER, &with("sub", json!("' OR 1=1 --")), SECRET)),
        ("unknown roles", signed(HEADER, &with("roles", json!(["root"])), SECRET)),
        ("claims that are no object", signed(HEADER, "[]", SECRET)),
        ("claims that are no JSON", signed(HEADER, "{", SECRET)),
        ("a header that is no JSON", format!("{}.{payload}.{signature}", encoded("{"))),
        (
            "a critical extension",
            signed(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#, "{}", SECRET),
        ),
        ("padding", format!("{genuine}==")),
        ("a fourth part", format!("{genuine}.e30")),
        ("very long", "a".repeat(6_000)),
        ("a refresh token's look", "rt_0123456789abcdef0123456789abcdef".to_owned()),
    ]
}

fn signed(header: &str, claims: &str, secret: &str) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("keys have any length");
    mac.update(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn encoded(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn decoded(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("a token is base64url");
    serde_json::from_slice(&bytes).expect("claims are JSON")
}

/// The claims again under our own signature: what shows that the forgeries fail for what is wrong with
/// them, and not for how they are made.
pub fn genuine_again(token: &str) -> String {
    let payload = token.split('.').nth(1).expect("a token has three parts");
    signed(HEADER, &decoded(payload).to_string(), SECRET)
}
