//! Requests, with or without a token.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::Value;

use super::Answer;

/// Longer than any `?wait`.
const ANSWERED_WITHIN: Duration = Duration::from_secs(75);

/// Somebody who sends requests to one api.
#[derive(Debug, Clone)]
pub struct Caller {
    http: reqwest::Client,
    api_url: String,
    token: Option<String>,
}

/// A request being put together.
#[derive(Debug)]
pub struct Request {
    builder: reqwest::RequestBuilder,
    asked: String,
}

impl Caller {
    /// A client without a token.
    pub fn anonymous(api_url: &str) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWERED_WITHIN)
            .build()
            .expect("a client without certificates");
        Self { http, api_url: api_url.to_owned(), token: None }
    }

    /// The same connections with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The token it sends.
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The same caller at another api of the stack.
    #[must_use]
    pub fn at(&self, api_url: &str) -> Self {
        Self { api_url: api_url.to_owned(), ..self.clone() }
    }

    /// Begins a request; `path` is absolute, or a whole URL such as an `image_url`.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let url =
            if path.starts_with('/') { format!("{}{path}", self.api_url) } else { path.to_owned() };
        let asked = format!("{method} {path}");
        let mut builder = self.http.request(method, url);
        if let Some(token) = &self.token {
            builder = builder.bearer_auth(token);
        }
        Request { builder, asked }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    /// A POST without a body.
    pub async fn ring(&self, path: &str) -> Answer {
        self.request(Method::POST, path).send().await
    }

    /// A POST under an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).header("idempotency-key", key).json(body).send().await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PUT, path).json(body).send().await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }
}

impl Request {
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        Self { builder: self.builder.json(body), ..self }
    }

    /// A body of any kind.
    #[must_use]
    pub fn body(self, content_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let builder = self.builder.header(CONTENT_TYPE, content_type).body(bytes.into());
        Self { builder, ..self }
    }

    /// Sends it; an api that does not answer fails the test.
    pub async fn send(self) -> Answer {
        let asked = self.asked.clone();
        self.try_send().await.unwrap_or_else(|error| panic!("{asked}: no answer: {error:?}"))
    }

    /// Sends it and answers once the head of the answer is there: for a body that goes on.
    pub async fn open(self) -> reqwest::Response {
        let asked = self.asked;
        let open = Duration::from_hours(1);
        let answer = self.builder.timeout(open).send().await;
        answer.unwrap_or_else(|error| panic!("{asked}: no answer: {error:?}"))
    }

    /// Sends it to an api that may be down.
    pub async fn try_send(self) -> reqwest::Result<Answer> {
        let answer = self.builder.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = answer.bytes().await?.to_vec();
        Ok(Answer { asked: self.asked, status, headers, bytes })
    }
}
