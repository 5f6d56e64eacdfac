//! A signed-in user and what such a one does.

use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use devkit::deadline;
use devkit::services::PROVIDER;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Answer, Balance, Caller, Earning, Earnings, Page, Resource, Task, Transaction};
use crate::simulator::ProviderKey;

/// A whole-system test that needs longer for one task has found something.
const MADE_WITHIN: Duration = Duration::from_mins(1);

/// A user with a token. Requests go through [`Caller`], which it derefs to.
#[derive(Debug, Clone)]
pub struct User {
    caller: Caller,
    pub id: String,
    pub email: String,
    pub password: String,
    tokens: Arc<Mutex<Vec<String>>>,
}

impl Deref for User {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

impl User {
    /// Registers a user.
    pub async fn register(anonymous: &Caller, email: &str, password: &str) -> Self {
        let body = json!({"email": email, "password": password});
        let answer = anonymous.post("/api/auth/register", &body).await.expect(201);
        Self::from_session(anonymous, &answer, password)
    }

    /// Signs in again: a new token, with the roles of now.
    #[must_use]
    pub async fn signed_in_again(&self) -> Self {
        let body = json!({"email": self.email, "password": self.password});
        let answer = self.caller.post("/api/auth/login", &body).await.expect(200);
        let mut again = Self::from_session(&self.caller, &answer, &self.password);
        self.remember(&answer);
        again.tokens = Arc::clone(&self.tokens);
        again
    }

    /// The access token of now.
    pub fn token(&self) -> String {
        self.caller.token().unwrap_or_default().to_owned()
    }

    fn from_session(caller: &Caller, answer: &Value, password: &str) -> Self {
        let token = text(answer, "access_token");
        let this = Self {
            caller: caller.with_token(&token),
            id: text(&answer["user"], "id"),
            email: text(&answer["user"], "email"),
            password: password.to_owned(),
            tokens: Arc::default(),
        };
        this.remember(answer);
        this
    }

    fn remember(&self, answer: &Value) {
        let tokens = ["access_token", "refresh_token"].map(|it| text(answer, it));
        self.tokens.lock().expect("no holder of this lock panics").extend(tokens);
    }

    /// What must never be found in a log: the password and every token.
    pub fn secrets(&self) -> Vec<String> {
        let mut all = self.tokens.lock().expect("no holder of this lock panics").clone();
        all.push(self.password.clone());
        all
    }

    /// The same user at another api.
    #[must_use]
    pub fn through(&self, api_url: &str) -> Self {
        Self { caller: self.caller.at(api_url), ..self.clone() }
    }

    pub async fn balance(&self) -> Balance {
        self.get("/api/wallet/balance").await.expect_as(200)
    }

    /// All transactions, newest first.
    pub async fn transactions(&self) -> Vec<Transaction> {
        self.all("/api/wallet/transactions?limit=100").await
    }

    pub async fn earnings(&self) -> Earnings {
        self.get("/api/wallet/earnings?limit=100").await.expect_as(200)
    }

    /// What one task earned.
    pub async fn earnings_of(&self, task: &Task) -> Vec<Earning> {
        let all = self.earnings().await.lines.items;
        all.into_iter().filter(|it| it.task_id == task.id).collect()
    }

    /// Follows the cursors of a list to its end.
    pub async fn all<T: DeserializeOwned>(&self, path: &str) -> Vec<T> {
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let page: Page<T> = self.get(&format!("{path}{cursor}")).await.expect_as(200);
            items.extend(page.items);
            let Some(next) = page.next_cursor else { return items };
            let mark = if path.contains('?') { '&' } else { '?' };
            cursor = format!("{mark}cursor={next}");
        }
    }

    /// Submits and expects to be accepted.
    pub async fn submit(&self, body: &Value) -> Task {
        let answer = self.post("/api/generate/text-to-image", body).await;
        let location = answer.header("location").to_owned();
        let task: Task = answer.expect_as(202);
        assert!(location.ends_with(&format!("/api/generate/task/{}", task.id)), "{location}");
        task
    }

    pub async fn task(&self, task: &Task) -> Task {
        self.get(&format!("/api/generate/task/{}", task.id)).await.expect_as(200)
    }

    /// Waits as a client does until the task is final.
    pub async fn wait(&self, task: &Task) -> Task {
        let started = Instant::now();
        loop {
            let path = format!("/api/generate/task/{}?wait=10", task.id);
            let task: Task = self.get(&path).await.expect_as(200);
            if task.is_final() {
                return task;
            }
            assert!(started.elapsed() < MADE_WITHIN, "still not final: {task:#?}");
        }
    }

    /// Looks at the task until it is as `wanted`.
    pub async fn until(&self, task: &Task, what: &str, wanted: impl Fn(&Task) -> bool) -> Task {
        let what = format!("task {}: {what}", task.id);
        deadline::until(&what, MADE_WITHIN, async || {
            let task = self.task(task).await;
            wanted(&task).then_some(task)
        })
        .await
    }

    /// Submits and waits.
    pub async fn generate(&self, body: &Value) -> Task {
        let task = self.submit(body).await;
        self.wait(&task).await
    }

    pub async fn cancel(&self, task: &Task) -> Answer {
        self.ring(&format!("/api/generate/task/{}/cancel", task.id)).await
    }

    /// Downloads by the signed URL, without any token, as an `<img>` would.
    pub async fn image(&self, task: &Task) -> Vec<u8> {
        let url = task.image_url.as_deref().unwrap_or_else(|| panic!("no image: {task:#?}"));
        let answer = Caller::anonymous("").get(url).await;
        assert_eq!(answer.status, 200, "{url}: {}", answer.code());
        answer.bytes
    }

    /// Hosts a key at a price; `more` overrides or adds fields.
    pub async fn connect(&self, key: &ProviderKey, price: &str, more: &Value) -> Resource {
        let body = connect_body(key, price, more);
        self.post("/api/resource/connect", &body).await.expect_as(201)
    }

    pub async fn resource(&self, resource: &Resource) -> Resource {
        self.get(&format!("/api/resource/{}", resource.id)).await.expect_as(200)
    }

    /// Gives credits to a user, as an admin.
    pub async fn grant(&self, user: &Self, amount: &str) {
        let body = json!({"user_id": user.id, "amount": amount, "reason": "for a test"});
        self.post("/api/credits/add/manual", &body).await.expect(201);
    }

    /// Changes fields of one of the user's resources.
    pub async fn change(&self, resource: &Resource, fields: &Value) -> Resource {
        self.put(&format!("/api/resource/{}", resource.id), fields).await.expect_as(200)
    }

    /// Decides who may use the hosted keys of the usual provider, as an admin.
    pub async fn set_policy(&self, policy: &str) {
        self.set_policy_of(PROVIDER, policy).await;
    }

    /// Decides who may use the hosted keys of a provider, as an admin.
    pub async fn set_policy_of(&self, provider: &str, policy: &str) {
        let body = json!({
            "policy": policy,
            "evidence": "a simulated provider",
            "reviewed_at": "2026-01-01T00:00:00Z",
        });
        self.put(&format!("/api/admin/provider-policies/{provider}"), &body).await.expect(200);
    }
}

/// The body that connects a key.
pub fn connect_body(key: &ProviderKey, price: &str, more: &Value) -> Value {
    let mut body = json!({
        "provider": key.provider,
        "api_key": key.secret,
        "name": "a hosted key",
        "price_per_unit": price,
        "attestation": true,
    });
    let fields = body.as_object_mut().expect("it is an object");
    for (name, value) in more.as_object().into_iter().flatten() {
        match value {
            Value::Null => fields.remove(name),
            value => fields.insert(name.clone(), value.clone()),
        };
    }
    body
}

#[track_caller]
fn text(body: &Value, field: &str) -> String {
    body[field].as_str().unwrap_or_else(|| panic!("no {field} in {body}")).to_owned()
}
