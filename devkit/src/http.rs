//! A small HTTP client: loopback only, JSON in and out, and no status is an error.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// `Null` when there was no body or it was no JSON.
    pub body: Value,
}

impl Answer {
    /// The body when the status is a success, else an error that quotes the problem.
    pub fn success(self, what: &str) -> Result<Value> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        bail!("{what}: answered {} {}", self.status, self.body)
    }

    /// The problem's code, such as `auth.email_taken`.
    pub fn code(&self) -> Option<&str> {
        self.body.get("code")?.as_str()
    }
}

fn agent(longest: Duration) -> Agent {
    Agent::config_builder()
        .timeout_global(Some(longest))
        .http_status_as_error(false)
        .proxy(None)
        .build()
        .into()
}

/// The status a GET is answered with.
pub fn status(url: &str, longest: Duration) -> Result<u16> {
    let answer =
        agent(longest).get(url).call().with_context(|| format!("{url} does not answer"))?;
    Ok(answer.status().as_u16())
}

/// The bytes a GET is answered with.
pub fn download(url: &str, longest: Duration) -> Result<Vec<u8>> {
    let mut answer =
        agent(longest).get(url).call().with_context(|| format!("{url} does not answer"))?;
    if answer.status() != 200 {
        bail!("{url} answers {}", answer.status());
    }
    answer.body_mut().read_to_vec().with_context(|| format!("{url} ended too early"))
}

/// Sends one request, as JSON when there is a body, with a bearer token when there is one.
pub fn call(
    method: &str,
    url: &str,
    token: Option<&str>,
    body: Option<&Value>,
    longest: Duration,
) -> Result<Answer> {
    let mut request = Request::builder().method(method).uri(url);
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let agent = agent(longest);
    let sent = if let Some(body) = body {
        let request = request
            .header("content-type", "application/json")
            .body(body.to_string())
            .with_context(|| format!("{url} is no address"))?;
        agent.run(request)
    } else {
        let request = request.body(()).with_context(|| format!("{url} is no address"))?;
        agent.run(request)
    };
    let mut answer = sent.with_context(|| format!("{method} {url} was not answered"))?;
    let status = answer.status().as_u16();
    let text =
        answer.body_mut().read_to_string().with_context(|| format!("{url} ended too early"))?;
    Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_problem_is_quoted() {
        let answer = Answer { status: 409, body: json!({"code": "auth.email_taken"}) };
        assert_eq!(answer.code(), Some("auth.email_taken"));
        let error = answer.success("registering").unwrap_err().to_string();
        assert!(error.contains("409") && error.contains("auth.email_taken"), "{error}");
    }
}
