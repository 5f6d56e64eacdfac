//! Who takes part: users, hosted keys, credits. All of it through the public API.

use std::time::Duration;

use devkit::deadline;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Stack;
use crate::client::{Caller, Resource, User};
use crate::simulator::ProviderKey;

/// A change of a resource or a policy is seen by every process within seconds.
const SEEN_WITHIN: Duration = Duration::from_secs(15);

/// An admin, an owner with one hosted key, and a consumer with 1000 credits; the provider's policy
/// lets third parties use hosted keys.
#[derive(Debug)]
pub struct Scene {
    pub admin: User,
    pub owner: User,
    pub consumer: User,
    pub key: ProviderKey,
    pub resource: Resource,
}

/// A key of the provider and the resource made of it.
#[derive(Debug, Clone)]
pub struct Hosted {
    pub key: ProviderKey,
    pub resource: Resource,
}

/// What the usual key costs per unit: an image of `stability/core`, 3 units, costs 1.5 credits.
pub const PRICE: &str = "0.5";

impl Stack {
    /// The usual scene, ready to submit.
    pub async fn scene(&self) -> Scene {
        self.scene_with(json!({}), &json!({})).await
    }

    /// The same with settings of the simulated key and fields of the resource.
    pub async fn scene_with(&self, key: Value, resource: &Value) -> Scene {
        let (admin, owner, consumer) =
            (self.admin().await, self.user("owner").await, self.user("consumer").await);
        admin.set_policy("third_party_allowed").await;
        admin.grant(&consumer, "1000").await;
        let hosted = self.host(&owner, key, PRICE, resource).await;
        self.await_resources(&consumer, 1).await;
        Scene { admin, owner, consumer, key: hosted.key, resource: hosted.resource }
    }

    /// Registers a user; `name` only makes logs readable.
    pub async fn user(&self, name: &str) -> User {
        let email = format!("{name}-{}@example.com", Uuid::now_v7().simple());
        let password = format!("pass-{}", Uuid::new_v4().simple());
        let user = User::register(&self.anonymous(), &email, &password).await;
        self.remember_user(&user);
        user
    }

    /// A user who is an admin, made by SQL as `ctl create-admin` would.
    pub async fn admin(&self) -> User {
        let user = self.user("admin").await;
        sqlx::query(
            "UPDATE identity.users SET roles = array_append(roles, 'admin'), access_changed_at = aether.now()
              WHERE id = $1::uuid",
        )
        .bind(&user.id)
        .execute(&self.pool)
        .await
        .expect("a superuser may make an admin");
        user.signed_in_again().await
    }

    /// Has the end of the test check this user's images and secrets.
    pub fn remember_user(&self, user: &User) {
        self.users.lock().expect("no holder of this lock panics").push(user.clone());
    }

    /// Makes a key at the provider; at the end of the test its books are compared with ours.
    pub async fn key(&self, settings: Value) -> ProviderKey {
        let key = self.simulator.key_with(settings).await;
        self.remember_key(&key);
        key
    }

    /// A key of another provider than the usual one.
    pub async fn key_at(&self, provider: &'static str, settings: Value) -> ProviderKey {
        let key = self.simulator.unknown_key().at(provider);
        key.set(settings).await;
        self.remember_key(&key);
        key
    }

    /// A key the provider does not know.
    pub fn unknown_key(&self) -> ProviderKey {
        let key = self.simulator.unknown_key();
        self.remember_key(&key);
        key
    }

    /// From now on a key is as new as it is: not yet known to deliver.
    pub async fn doubt_new_keys(&self) {
        self.sql(
            "DO $do$ BEGIN
                 IF EXISTS (SELECT FROM information_schema.columns WHERE table_schema = 'pool'
                                AND table_name = 'resource_state' AND column_name = 'delivered_at') THEN
                     ALTER TABLE pool.resource_state ALTER delivered_at DROP DEFAULT;
                 END IF;
             END $do$",
        )
        .await;
    }

    /// Has the end of the test compare this key's books with ours.
    pub fn remember_key(&self, key: &ProviderKey) {
        self.keys.lock().expect("no holder of this lock panics").push(key.clone());
    }

    /// Makes a key and has `owner` host it.
    pub async fn host(&self, owner: &User, key: Value, price: &str, resource: &Value) -> Hosted {
        let key = self.key(key).await;
        let resource = owner.connect(&key, price, resource).await;
        Hosted { key, resource }
    }

    /// Waits until every api counts so many resources for a task of this consumer.
    pub async fn await_resources(&self, consumer: &User, count: u64) {
        for api_url in self.services.iter().filter_map(|it| it.api_url.as_ref()) {
            let consumer = consumer.through(api_url);
            let what = format!("{api_url} counts {count} resources");
            deadline::until(&what, SEEN_WITHIN, async || {
                (resources_for(&consumer).await == count).then_some(())
            })
            .await;
        }
    }
}

/// How many resources would serve a plain request; 0 where it is refused.
async fn resources_for(consumer: &Caller) -> u64 {
    let mut body = core("a red fox in snow");
    // An estimate counts what would serve at this price or below.
    body["max_credits"] = json!("1000");
    let answer = consumer.post("/api/generate/estimate", &body).await;
    answer.json()["resources"].as_u64().unwrap_or(0)
}

/// A request for the cheapest model: 3 units.
pub fn core(prompt: &str) -> Value {
    json!({"prompt": prompt, "model": "stability/core"})
}
