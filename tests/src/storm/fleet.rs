//! The users, keys and processes that take part in the storm.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use super::hostile::Hostile;
use super::seat::Seat;
use crate::client::Resource;
use crate::hostile::Ruse;
use crate::simulator::ProviderKey;
use crate::stack::Stack;

pub(super) const CLIENTS: usize = 64;
pub(super) const RESOURCES: usize = 100;
const CONSUMERS: usize = 16;
const OWNERS: usize = 5;
/// Every way a provider knows to fail.
pub(super) const FAULTS: [&str; 13] = [
    "key_invalid",
    "key_no_credit",
    "key_forbidden",
    "rate_limited",
    "content_blocked",
    "filtered",
    "user_error",
    "model_gone",
    "provider_transient",
    "hang",
    "hang_after",
    "cut_before",
    "cut_after",
];
/// How often the faulty keys fail; one key of each class for each of these.
const PROBABILITIES: [f64; 4] = [0.02, 0.05, 0.1, 0.3];
pub(super) const FAULTY: usize = FAULTS.len() * PROBABILITIES.len();
/// Half of the spread of the provider's latency, in milliseconds.
pub(super) const JITTER_MS: u32 = 400;
/// How long an unknown call may still run at the provider: longer than one of ours can be out, a
/// frozen worker's included.
pub(super) const RUN_MAX: Duration = Duration::from_secs(30);

pub(super) struct Fleet {
    pub stack: Stack,
    pub admin: Seat,
    pub consumers: Vec<Seat>,
    pub keys: Vec<Hosted>,
    pub hostile: Vec<Hostile>,
}

/// A hosted key and the limits it has had.
pub(super) struct Hosted {
    pub key: ProviderKey,
    pub resource: Resource,
    owner: usize,
    owners: std::sync::Arc<Vec<Seat>>,
    pub limits: Mutex<Limits>,
}

/// Every limit that was ever asked for, with the instant just before it was.
#[derive(Debug, Default)]
pub(super) struct Limits {
    pub concurrency: Vec<(Instant, u32)>,
    pub rpm: Vec<u32>,
    pub daily: Vec<u32>,
}

impl Hosted {
    pub fn owner(&self) -> &Seat {
        &self.owners[self.owner]
    }

    pub fn path(&self) -> String {
        format!("/api/resource/{}", self.resource.id)
    }

    pub fn limits(&self) -> std::sync::MutexGuard<'_, Limits> {
        self.limits.lock().expect("no holder of this lock panics")
    }
}

impl Fleet {
    pub async fn gather(seed: u64) -> Self {
        let stack = Stack::builder()
            .apis(2)
            .workers(4)
            .schedulers(2)
            .own_redis()
            .own_postgres()
            .alone()
            .lease("3s")
            .setting("worker", "AETHERFLOW_ATTEMPT_TIMEOUT", "6s")
            .setting("worker", "AETHERFLOW_QUOTA_SYNC_INTERVAL", "30s")
            .setting("scheduler", "AETHERFLOW_QUOTA_SYNC_INTERVAL", "30s")
            .setting("api", "AETHERFLOW_STRIKES_MAX", "1000000")
            .setting("", "RUST_LOG", "info,api=warn")
            .start()
            .await;
        stack.sql(&format!("UPDATE pool.model SET run_seconds_max = {}", RUN_MAX.as_secs())).await;
        let apis: Vec<String> =
            stack.names_of("api").iter().map(|it| stack.api_url_of(it).to_owned()).collect();
        let admin = stack.admin().await;
        admin.set_policy("third_party_allowed").await;
        let mut consumers = Vec::new();
        for _ in 0..CONSUMERS {
            let user = stack.user("consumer").await;
            admin.grant(&user, "1000000").await;
            consumers.push(Seat::new(user, &apis));
        }
        let mut owners = Vec::new();
        for _ in 0..OWNERS {
            owners.push(Seat::new(stack.user("owner").await, &apis));
        }
        let owners = std::sync::Arc::new(owners);
        let random = &Mutex::new(StdRng::seed_from_u64(seed));
        let keys = stream::iter(0..RESOURCES)
            .map(|number| {
                let (stack, owners) = (&stack, std::sync::Arc::clone(&owners));
                let drawn =
                    draw(&mut random.lock().expect("no holder of this lock panics"), number);
                host(stack, owners, number % OWNERS, drawn)
            })
            .buffered(8)
            .collect()
            .await;
        stack.doubt_new_keys().await;
        let mut hostile = Vec::new();
        for (number, ruse) in Ruse::ALL.into_iter().enumerate() {
            let owner = Seat::new(stack.user("hostile").await, &apis);
            hostile.push(Hostile::gather(&stack, owner, ruse, seed, number).await);
        }
        Self { admin: Seat::new(admin, &apis), consumers, keys, hostile, stack }
    }
}

/// A key's settings at the provider, its price, and what its owner allows.
struct Drawn {
    settings: Value,
    price: String,
    concurrency: u32,
    rpm: Option<u32>,
    daily: u32,
}

fn draw(random: &mut StdRng, number: usize) -> Drawn {
    Drawn {
        settings: json!({
            "latency_ms": JITTER_MS + random.random_range(0..900),
            "latency_jitter_ms": JITTER_MS,
            "faults": faults_of(number),
        }),
        price: price(random),
        concurrency: random.random_range(1..=6),
        rpm: number.is_multiple_of(5).then(|| random.random_range(20..=60)),
        daily: if number % 10 == 3 { random.random_range(60..=300) } else { 100_000 },
    }
}

/// The faults a key begins with: the first keys have one class of fault each.
pub(super) fn faults_of(number: usize) -> Value {
    match PROBABILITIES.get(number / FAULTS.len()) {
        Some(probability) if number < FAULTY => {
            json!({ FAULTS[number % FAULTS.len()]: probability })
        }
        _ => json!({}),
    }
}

/// From 0.400 to 0.599 a unit.
pub(super) fn price(random: &mut StdRng) -> String {
    format!("0.{}", random.random_range(400..600))
}

async fn host(
    stack: &Stack,
    owners: std::sync::Arc<Vec<Seat>>,
    owner: usize,
    drawn: Drawn,
) -> Hosted {
    let more = json!({
        "concurrency_limit": drawn.concurrency,
        "rpm_limit": drawn.rpm,
        "daily_limit": drawn.daily.to_string(),
    });
    let limits = Limits {
        concurrency: vec![(Instant::now(), drawn.concurrency)],
        rpm: drawn.rpm.into_iter().collect(),
        daily: vec![drawn.daily],
    };
    let user = &owners[owner].user;
    let hosted = stack.host(user, drawn.settings, &drawn.price, &more).await;
    let (key, resource) = (hosted.key, hosted.resource);
    Hosted { key, resource, owner, owners, limits: Mutex::new(limits) }
}
