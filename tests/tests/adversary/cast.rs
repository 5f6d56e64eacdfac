//! Who takes part.

use std::sync::Mutex;
use std::time::Duration;

use devkit::deadline;
use futures::future::join_all;
use futures::{StreamExt as _, stream};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use tests::client::{User, credits};
use tests::hostile::Ruse;
use tests::simulator::ProviderKey;
use tests::stack::{Stack, core};

const HOSTILE: usize = 50;
const HONEST: usize = 10;
const CONSUMERS: usize = 20;
/// Consumers whose every prompt is filtered, in league with the owners of filtering keys.
const ACCOMPLICES: usize = 3;
/// Requests at once while the cast is gathered.
const AT_ONCE: usize = 6;
/// What an image of `stability/core` costs by the reference price: 3 units at 0.5.
pub const REFERENCE_COST: &str = "1.5";

pub struct Cast {
    pub stack: Stack,
    pub seed: u64,
    pub honest: Vec<ProviderKey>,
    pub hostile: Vec<Hostile>,
    pub consumers: Vec<User>,
    pub accomplices: Vec<User>,
}

/// An owner who plays against the market, with one key.
pub struct Hostile {
    pub owner: User,
    pub ruse: Ruse,
    pub key: ProviderKey,
    /// Where the key is connected at the moment: the account's number and the resource.
    pub hosted: Mutex<Option<(usize, String)>>,
}

impl Cast {
    /// Everybody with a key, the honest ones proven by a delivery each.
    pub async fn gather(seed: u64) -> Self {
        let stack = Stack::builder()
            .workers(2)
            .alone()
            .lease("4s")
            .setting("worker", "AETHERFLOW_ATTEMPT_TIMEOUT", "4s")
            .setting("worker", "AETHERFLOW_QUOTA_SYNC_INTERVAL", "15s")
            .setting("scheduler", "AETHERFLOW_QUOTA_SYNC_INTERVAL", "15s")
            .setting("api", "AETHERFLOW_TASK_DEADLINE", "40s")
            .setting("", "RUST_LOG", "info,api=warn")
            .start()
            .await;
        stack.sql("UPDATE pool.model SET run_seconds_max = 8").await;
        stack.doubt_new_keys().await;
        let mut random = StdRng::seed_from_u64(seed);
        let admin = stack.admin().await;
        admin.set_policy("third_party_allowed").await;

        let consumers = users(&stack, "consumer", CONSUMERS).await;
        let accomplices = users(&stack, "accomplice", ACCOMPLICES).await;
        join_all(consumers.iter().chain(&accomplices).map(|it| admin.grant(it, "10000"))).await;
        let honest = honest(&stack, &mut random).await;
        stack.await_resources(&consumers[0], HONEST as u64).await;
        prove(&consumers, &honest).await;
        let hostile = hostile(&stack, &mut random).await;
        Self { stack, seed, honest, hostile, consumers, accomplices }
    }

    /// A random source of one participant, the same for the same seed.
    pub fn random(&self, whose: usize) -> StdRng {
        StdRng::seed_from_u64(self.seed.wrapping_mul(1_000_003).wrapping_add(whose as u64))
    }
}

async fn users(stack: &Stack, name: &str, count: usize) -> Vec<User> {
    stream::iter(0..count).map(|_| stack.user(name)).buffered(AT_ONCE).collect().await
}

/// Prices within a tenth of the reference price, and more capacity than is ever asked for.
async fn honest(stack: &Stack, random: &mut StdRng) -> Vec<ProviderKey> {
    let owners = users(stack, "honest", HONEST).await;
    let mut keys = Vec::new();
    for owner in &owners {
        let price = format!("0.{}", random.random_range(460..=550));
        let latency = random.random_range(100..=500);
        let settings = json!({"latency_ms": latency, "lockout": false});
        let limits = json!({"concurrency_limit": 6});
        keys.push(stack.host(owner, settings, &price, &limits).await.key);
    }
    keys
}

/// Images until each honest key has delivered one: as many at once as all of them can make, and at any price.
async fn prove(consumers: &[User], keys: &[ProviderKey]) {
    deadline::until("every honest key has delivered", Duration::from_mins(1), async || {
        let mut body = core("a proof");
        body["max_credits"] = json!("5");
        let at_once = consumers.iter().cycle().take(6 * keys.len() + 20);
        for task in join_all(at_once.map(|it| it.generate(&body))).await {
            assert_eq!(task.status, "completed", "{task:#?}");
        }
        let books = join_all(keys.iter().map(ProviderKey::books)).await;
        books.iter().all(|it| it.images > 0).then_some(())
    })
    .await;
}

async fn hostile(stack: &Stack, random: &mut StdRng) -> Vec<Hostile> {
    let owners = users(stack, "hostile", HOSTILE).await;
    let mut all = Vec::new();
    for (number, owner) in owners.into_iter().enumerate() {
        let ruse = Ruse::ALL[number % Ruse::ALL.len()];
        let key = stack.key(ruse.key(random)).await;
        let it = Hostile { owner, ruse, key, hosted: Mutex::default() };
        let connected = it.connect(number, &it.owner, random).await;
        assert_eq!(connected, 201, "{ruse:?} cannot be connected");
        all.push(it);
    }
    all
}

impl Hostile {
    /// Connects the key to an account; answers the status.
    pub async fn connect(&self, number: usize, owner: &User, random: &mut StdRng) -> u16 {
        let (price, limits) = (self.ruse.price(random), self.ruse.limits(random));
        let body = tests::client::connect_body(&self.key, &price, &limits);
        let answer = owner.post("/api/resource/connect", &body).await;
        let status = answer.status;
        if status == 201 {
            let id = answer.json()["id"].as_str().map(str::to_owned);
            *self.hosted() = id.map(|it| (number, it));
        }
        status
    }

    /// Deletes the key where it is connected; answers the status.
    pub async fn disconnect(&self, accounts: &[Self]) -> Option<u16> {
        let (number, id) = self.hosted().clone()?;
        let status = accounts[number].owner.delete(&format!("/api/resource/{id}")).await.status;
        if status == 204 {
            *self.hosted() = None;
        }
        Some(status)
    }

    pub async fn change(&self, accounts: &[Self], fields: &Value) -> Option<u16> {
        let (number, id) = self.hosted().clone()?;
        Some(accounts[number].owner.put(&format!("/api/resource/{id}"), fields).await.status)
    }

    fn hosted(&self) -> std::sync::MutexGuard<'_, Option<(usize, String)>> {
        self.hosted.lock().expect("no holder of this lock panics")
    }
}

/// The most that anybody pays without naming a ceiling, while a key so priced could serve.
pub fn fair_ceiling() -> Decimal {
    credits(REFERENCE_COST) * credits("1.1")
}
