//! What every answer must be.

use std::collections::BTreeMap;

use serde_json::Value;
use tests::client::Answer;

use crate::case::{Case, Expect};
use crate::document::Operation;

/// The two 503s that are an answer and no failure.
const UNAVAILABLE: [&str; 2] = ["generation.no_resource", "resource.provider_unreachable"];

/// What is wrong with an answer.
pub fn broken(
    codes: &BTreeMap<String, u16>,
    operation: &Operation,
    case: &Case,
    answer: &Answer,
) -> Vec<String> {
    let mut faults = Vec::new();
    let status = answer.status;
    // A path that leads elsewhere is not this operation's.
    let elsewhere = case.strays && matches!(status, 404 | 405);
    if !operation.statuses.contains(&status) && !elsewhere {
        faults.push(format!("{status} is not declared"));
    }
    match case.expect {
        Expect::Refused if status < 400 => {
            faults.push(format!("{status} where it must be refused"));
        }
        Expect::Exactly(expected) if status != expected => {
            faults.push(format!("{status} {} where {expected} is due", answer.code()));
        }
        _ => {}
    }
    if status >= 400 {
        faults.extend(broken_problem(codes, answer));
    }
    if matches!(status, 204 | 304) && !answer.bytes.is_empty() {
        faults.push(format!("{status} with a body"));
    }
    if answer.header("x-request-id").is_empty() {
        faults.push("no X-Request-Id".to_owned());
    }
    let text = String::from_utf8_lossy(&answer.bytes);
    for secret in case.secrets.iter().filter(|it| text.contains(it.as_str())) {
        faults.push(format!("the answer repeats the secret {secret}"));
    }
    faults
}

fn broken_problem(codes: &BTreeMap<String, u16>, answer: &Answer) -> Vec<String> {
    let mut faults = Vec::new();
    let status = answer.status;
    if answer.header("content-type") != "application/problem+json" {
        faults.push(format!("{status} as {:?}", answer.header("content-type")));
    }
    let problem = answer.json();
    let code = answer.code();
    match codes.get(&code) {
        None => faults.push(format!("the code {code:?} is not in docs/errors.md")),
        Some(documented) if *documented != status => {
            faults.push(format!("{code} with {status}, documented with {documented}"));
        }
        Some(_) => {}
    }
    if status >= 500 && !UNAVAILABLE.contains(&code.as_str()) {
        faults.push(format!("{status} {code}"));
    }
    if problem["status"] != status || problem["request_id"] != answer.header("x-request-id") {
        faults.push("the problem contradicts its answer".to_owned());
    }
    if ["type", "title", "detail"].iter().any(|it| !problem[*it].is_string()) {
        faults.push("the problem lacks a type, title or detail".to_owned());
    }
    let errors = problem["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named = |it: &Value| ["field", "code", "detail"].iter().all(|name| it[*name].is_string());
    if !errors.iter().all(named) {
        faults.push("an error without field, code or detail".to_owned());
    }
    let needed = match status {
        401 => "www-authenticate",
        405 => "allow",
        429 | 503 => "retry-after",
        _ => "x-request-id",
    };
    if answer.header(needed).is_empty() {
        faults.push(format!("{status} without {needed}"));
    }
    faults
}
