//! A simulator with keys, and a client that calls it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use reqwest::multipart::{Form, Part};
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use simulator::Handle;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Stage {
    pub simulator: Handle,
    pub client: Client,
}

impl Stage {
    pub async fn new() -> Self {
        let simulator = simulator::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
        let client = Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
        Self { simulator, client }
    }

    /// A stage with one key called `sk-a`.
    pub async fn with_key(settings: Value) -> Self {
        let stage = Self::new().await;
        stage.put("sk-a", settings).await;
        stage
    }

    pub fn control(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/control/{path}", self.simulator.url()))
    }

    pub fn v1(&self, key: &str, path: &str) -> RequestBuilder {
        let base = self.simulator.base_url("stability");
        self.client.get(format!("{base}/v1/{path}")).bearer_auth(key)
    }

    pub async fn put(&self, key: &str, settings: Value) -> Value {
        let path = format!("stability/keys/{key}");
        let answer = self.control(Method::PUT, &path).json(&settings).send().await.unwrap();
        assert!(answer.status().is_success(), "{settings}: {}", answer.text().await.unwrap());
        answer.json().await.unwrap()
    }

    pub async fn key(&self, key: &str) -> Value {
        let path = format!("stability/keys/{key}");
        self.control(Method::GET, &path).send().await.unwrap().json().await.unwrap()
    }

    /// Reads a key of Stability until it is as wanted.
    pub async fn until(&self, key: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        self.until_at(&format!("stability/keys/{key}"), wanted).await
    }

    /// Reads a path of the control API until it is as wanted.
    #[expect(clippy::disallowed_methods, reason = "polls a condition with a deadline")]
    pub async fn until_at(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let view: Value =
                self.control(Method::GET, path).send().await.unwrap().json().await.unwrap();
            if wanted(&view) {
                return view;
            }
            assert!(Instant::now() < deadline, "still not as wanted: {view}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub fn call(&self, key: &str, endpoint: &str) -> Call {
        let base = self.simulator.base_url("stability");
        let url = format!("{base}/v2beta/stable-image/generate/{endpoint}");
        let form = Form::new();
        Call { request: self.client.post(url).bearer_auth(key), form, prompt: Some("a cat".into()) }
    }

    /// A call of `core` with everything default, by the key `sk-a`.
    pub async fn core(&self) -> Response {
        self.call("sk-a", "core").send().await
    }
}

pub struct Call {
    request: RequestBuilder,
    form: Form,
    prompt: Option<String>,
}

impl Call {
    pub fn prompt(mut self, prompt: impl Into<Option<&'static str>>) -> Self {
        self.prompt = prompt.into().map(str::to_owned);
        self
    }

    pub fn text(mut self, name: &str, value: &str) -> Self {
        if name == "prompt" {
            self.prompt = Some(value.to_owned());
        } else {
            self.form = self.form.text(name.to_owned(), value.to_owned());
        }
        self
    }

    pub fn file(mut self, name: &'static str, bytes: Vec<u8>) -> Self {
        self.form = self.form.part(name, Part::bytes(bytes).file_name("file"));
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    pub async fn try_send(self) -> reqwest::Result<Response> {
        let form = match self.prompt {
            Some(prompt) => self.form.text("prompt", prompt),
            None => self.form,
        };
        self.request.multipart(form).send().await
    }

    pub async fn send(self) -> Response {
        self.try_send().await.unwrap()
    }
}

/// The status and the JSON of an answer.
pub async fn judged(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_else(|_| json!({"bytes": body.len()})))
}
