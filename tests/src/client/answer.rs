//! What came back, and what a test expects of it.

use reqwest::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// One whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What was asked, for messages.
    pub asked: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// A header as text; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON; `Null` when it is not.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// The problem's code; empty when this is none.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Demands a status and answers the body as JSON.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        self.check(status);
        self.json()
    }

    /// Demands a status and a body of this shape.
    #[track_caller]
    pub fn expect_as<T: DeserializeOwned>(self, status: u16) -> T {
        self.check(status);
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{}: {error} in {}", self.asked, self.text()))
    }

    /// Demands a problem with everything the contract promises of one, and answers it.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        self.check(status);
        let problem = self.json();
        let asked = &self.asked;
        assert_eq!(self.header("content-type"), "application/problem+json", "{asked}: {problem}");
        assert_eq!(problem["code"], code, "{asked}: {problem}");
        assert_eq!(problem["status"], status, "{asked}: {problem}");
        for field in ["type", "title", "detail", "request_id"] {
            assert!(problem[field].is_string(), "{asked}: no {field} in {problem}");
        }
        assert_eq!(self.header("x-request-id"), problem["request_id"], "{asked}");
        if matches!(status, 429 | 503) {
            let seconds = self.header("retry-after").parse::<u64>();
            assert!(seconds.is_ok(), "{asked}: no Retry-After beside {problem}");
        }
        problem
    }

    /// Demands a 400 that names this field.
    #[track_caller]
    pub fn expect_invalid(self, field: &str) -> Value {
        let asked = self.asked.clone();
        let problem = self.expect_problem(400, "request.invalid");
        let named = problem["errors"].as_array().into_iter().flatten();
        let fields: Vec<&str> = named.filter_map(|it| it["field"].as_str()).collect();
        assert!(fields.contains(&field), "{asked}: {field} is not among {fields:?}");
        problem
    }

    #[track_caller]
    fn check(&self, status: u16) {
        let (asked, answered) = (&self.asked, self.status);
        assert_eq!(answered, status, "{asked} answered {answered}: {}", self.text());
        assert_ne!(self.header("x-request-id"), "", "{asked}: no X-Request-Id");
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).chars().take(2_000).collect()
    }
}
