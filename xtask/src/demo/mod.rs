//! The demo: three owners with a key each, a consumer, one image and its story, all through the public API.

use std::time::Duration;

use anyhow::{Context, Result};
use devkit::http::{self, Answer};
use devkit::interrupt::Interrupt;
use serde_json::Value;

use crate::checkout::Checkout;
use crate::stack::blueprint::Blueprint;
use crate::stack::logins::Login;

pub mod image;
mod offers;
mod report;
mod seed;
mod story;

/// Seeds what is missing, makes one image, and prints what happened to the credits.
pub fn show(checkout: &Checkout, blueprint: &Blueprint, interrupt: &Interrupt) -> Result<()> {
    let sessions = seed::seed(blueprint)?;
    let made = image::make(checkout, &sessions, interrupt)?;
    report::print(checkout, blueprint, &sessions, &made)
}

/// Only seeds what is missing.
pub fn seed(blueprint: &Blueprint) -> Result<()> {
    seed::seed(blueprint).map(drop)
}

/// Longer than any `?wait`.
const ANSWERED_WITHIN: Duration = Duration::from_secs(75);

/// A signed-in user.
#[derive(Debug, Clone)]
pub struct Session {
    api_url: String,
    token: String,
    pub user_id: String,
}

/// All of them.
#[derive(Debug, Clone)]
pub struct Sessions {
    pub admin: Session,
    /// One for each login of an owner, in the same order.
    pub owners: Vec<Session>,
    pub consumer: Session,
}

impl Session {
    /// Signs in; `None` when the user or the password is unknown.
    pub fn open(api_url: &str, login: &Login) -> Result<Option<Self>> {
        let url = format!("{api_url}/api/auth/login");
        let body = serde_json::json!({"email": login.email, "password": login.password});
        let answer = http::call("POST", &url, None, Some(&body), ANSWERED_WITHIN)?;
        if answer.code() == Some("auth.invalid_credentials") {
            return Ok(None);
        }
        let body = answer.success(&format!("signing in as {}", login.email))?;
        let token = text(&body, "access_token")?;
        let user_id = text(&body["user"], "id")?;
        Ok(Some(Self { api_url: api_url.to_owned(), token, user_id }))
    }

    /// One request as this user, whatever it is answered with.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let url = format!("{}{path}", self.api_url);
        http::call(method, &url, Some(&self.token), body, ANSWERED_WITHIN)
    }

    /// A GET that must succeed.
    pub fn get(&self, path: &str) -> Result<Value> {
        self.call("GET", path, None)?.success(path)
    }

    /// A change that must succeed.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        self.call(method, path, Some(body))?.success(path)
    }
}

/// A field the contract promises to be a string.
pub fn text(body: &Value, field: &str) -> Result<String> {
    body.get(field)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .with_context(|| format!("the answer has no `{field}`: {body}"))
}

/// The entries of a list.
pub fn items(body: &Value) -> &[Value] {
    body.get("items").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A JSON string without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// An amount to compare or to show; services count in decimals, never in these.
fn number(value: &Value) -> f64 {
    plain(value).parse().unwrap_or(f64::NAN)
}

/// An amount as people write it, to a millionth: `1.35`, `3`.
fn amount(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_are_shown_as_people_write_them() {
        for (wire, shown) in [("1.200000", "1.2"), ("100", "100"), ("0.000001", "0.000001")] {
            assert_eq!(amount(number(&json!(wire))), shown);
        }
        assert_eq!(amount(number(&json!(7))), "7");
        assert_eq!(amount(1.65 - 1.35), "0.3");
    }
}
