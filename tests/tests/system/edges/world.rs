//! Who and what the rows are about: one deployment for all of them.

use serde_json::{Value, json};
use tests::client::{Task, User};
use tests::stack::{Scene, Stack, core};

/// A page of this origin may call.
pub const ORIGIN: &str = "https://console.example.com";

/// A deployment behind a proxy (this machine), with an image, and a task that waits.
pub struct World {
    pub stack: Stack,
    pub scene: Scene,
    pub done: Task,
    pub image: Vec<u8>,
    /// It waits for a key that has made its image of the minute.
    pub waiting: Task,
    pub canceled: Task,
}

impl World {
    pub async fn build() -> Self {
        let stack = Stack::builder()
            .setting("api", "AETHERFLOW_TRUSTED_PROXIES", "127.0.0.1/32")
            .setting("api", "AETHERFLOW_CORS_ORIGINS", ORIGIN)
            .setting("api", "AETHERFLOW_LOGIN_LIMIT", "10/15min")
            .setting("api", "AETHERFLOW_KEY_CHECK_LIMIT", "10/hour")
            .start()
            .await;
        let scene = stack.scene().await;
        let done = scene.consumer.generate(&core("a red fox in snow")).await;
        let image = scene.consumer.image(&done).await;
        stack.host(&scene.owner, json!({}), "0.3", &json!({"rpm_limit": 1})).await;
        stack.await_resources(&scene.consumer, 2).await;
        let cheap = json!({"prompt": "a fox", "model": "stability/core", "max_credits": "1",
            "deadline_seconds": 3600});
        scene.consumer.generate(&cheap).await;
        let waiting = scene.consumer.submit(&cheap).await;
        let canceled = scene.consumer.submit(&cheap).await;
        scene.consumer.cancel(&canceled).await.expect(200);
        Self { stack, scene, done, image, waiting, canceled }
    }

    pub fn consumer(&self) -> String {
        self.scene.consumer.token()
    }

    pub fn owner(&self) -> String {
        self.scene.owner.token()
    }

    pub fn admin(&self) -> String {
        self.scene.admin.token()
    }

    /// The path of the image of a task.
    pub fn image_of(task: &Task) -> String {
        format!("/api/generate/task/{}/image", task.id)
    }

    /// Its tag: the digest of the file.
    pub fn etag(&self) -> String {
        use sha2::{Digest as _, Sha256};
        format!("\"{}\"", hex::encode(Sha256::digest(&self.image)))
    }

    /// The signed link of the image, as a path.
    pub fn link(&self) -> String {
        let url = self.done.image_url.as_deref().expect("it is completed");
        url.strip_prefix(&self.stack.api_url).expect("a link to this api").to_owned()
    }

    pub async fn somebody(&self) -> User {
        self.stack.user("somebody").await
    }
}

/// A registration of an address that nobody has, with fields replaced or added.
pub fn registration(more: &Value) -> Value {
    let email = format!("edge-{}@example.com", uuid::Uuid::now_v7().simple());
    merged(json!({"email": email, "password": "a password for an edge"}), more)
}

/// An image that can be made, with fields replaced or added. It would not be, as it ends before it is anybody's turn.
pub fn picture(more: &Value) -> Value {
    merged(core("a fox"), more)
}

/// A connection of a key of the provider that nobody knows, with fields replaced or added.
pub fn connection(more: &Value) -> Value {
    let body = json!({"provider": "stability", "api_key": "sk-an-edge-of-a-key-0123456789", "name": "edge",
        "price_per_unit": "0.5", "attestation": true});
    merged(body, more)
}

fn merged(mut body: Value, more: &Value) -> Value {
    for (field, value) in more.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    body
}
