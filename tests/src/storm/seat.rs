//! A user who retries: at every api in turn, with a token that is renewed when it expires.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::client::{Answer, Caller, User};

/// How long a client waits for an answer before it tries another api.
const PATIENCE: Duration = Duration::from_secs(4);

#[derive(Debug)]
pub(super) struct Seat {
    pub user: User,
    apis: Vec<String>,
    next: AtomicUsize,
    token: Mutex<String>,
}

impl Seat {
    pub fn new(user: User, apis: &[String]) -> Self {
        let token = user.token();
        Self { user, apis: apis.to_vec(), next: AtomicUsize::new(0), token: Mutex::new(token) }
    }

    /// One try at the api whose turn it is. `None` when there is no answer.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Option<Answer> {
        self.ask_patiently(method, path, body, None, PATIENCE).await
    }

    /// The same under an idempotency key, or with more patience.
    pub async fn ask_patiently(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        key: Option<&str>,
        patience: Duration,
    ) -> Option<Answer> {
        let caller = self.caller();
        let mut request = caller.request(method, path);
        if let Some(body) = body {
            request = request.json(body);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = timeout(patience, request.try_send()).await.ok()?.ok()?;
        if answer.status == 401 {
            self.sign_in(&caller).await;
            return None;
        }
        Some(answer)
    }

    pub async fn put(&self, path: &str, body: &Value) -> Option<Answer> {
        self.ask(Method::PUT, path, Some(body)).await
    }

    fn caller(&self) -> Caller {
        let turn = self.next.fetch_add(1, Ordering::Relaxed);
        let token = self.token.lock().expect("no holder of this lock panics").clone();
        self.user.at(&self.apis[turn % self.apis.len()]).with_token(&token)
    }

    /// Tokens last a quarter of an hour; a storm may last longer.
    async fn sign_in(&self, caller: &Caller) {
        let body = json!({"email": self.user.email, "password": self.user.password});
        let request = caller.request(Method::POST, "/api/auth/login").json(&body);
        let Ok(Ok(answer)) = timeout(PATIENCE, request.try_send()).await else { return };
        if let Some(token) = answer.json()["access_token"].as_str() {
            token.clone_into(&mut self.token.lock().expect("no holder of this lock panics"));
        }
    }
}
