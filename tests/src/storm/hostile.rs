//! Owners who play against the market: one for each ruse, and an admin who suspends one of them now and then.

use std::sync::Mutex;
use std::time::Duration;

use devkit::deadline;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Storm;
use super::seat::Seat;
use crate::client::connect_body;
use crate::hostile::Ruse;
use crate::simulator::ProviderKey;
use crate::stack::Stack;

/// After a suspension is answered, a claim that was under way may still start calls for so long.
const STOPS_WITHIN: Duration = Duration::from_secs(5);
const CONNECT: &str = "/api/resource/connect";

pub(super) struct Hostile {
    owner: Seat,
    ruse: Ruse,
    key: ProviderKey,
    resource: Mutex<Option<String>>,
}

impl Hostile {
    /// An owner with a key that is connected.
    pub async fn gather(stack: &Stack, owner: Seat, ruse: Ruse, seed: u64, number: usize) -> Self {
        let mut random = StdRng::seed_from_u64(seed.wrapping_add(number as u64));
        let key = stack.key(ruse.key(&mut random)).await;
        let it = Self { owner, ruse, key, resource: Mutex::default() };
        it.connect(&mut random).await.expect("a quiet api answers");
        it
    }

    async fn connect(&self, random: &mut StdRng) -> Option<u16> {
        let (price, limits) = (self.ruse.price(random), self.ruse.limits(random));
        let body = connect_body(&self.key, &price, &limits);
        let answer = self.owner.ask(Method::POST, CONNECT, Some(&body)).await?;
        if answer.status == 201 {
            *self.resource() = answer.json()["id"].as_str().map(|it| format!("/api/resource/{it}"));
        }
        Some(answer.status)
    }

    fn resource(&self) -> std::sync::MutexGuard<'_, Option<String>> {
        self.resource.lock().expect("no holder of this lock panics")
    }
}

/// Prices move, keys come and go, faults change.
pub(super) async fn trouble(storm: &Storm) {
    let mut random = storm.random(5);
    while !storm.is_over() {
        let number = random.random_range(0..storm.fleet.hostile.len());
        let it = &storm.fleet.hostile[number];
        match random.random_range(0..10) {
            0..3 => {
                let settings = it.ruse.key(&mut random);
                it.key.set(json!({"faults": settings["faults"]})).await;
            }
            3..6 => {
                let path = it.resource().clone();
                if let Some(path) = path {
                    let body = json!({"price_per_unit": it.ruse.price(&mut random)});
                    judge(storm, "price", it.owner.put(&path, &body).await.map(|it| it.status));
                }
            }
            _ => come_back(storm, &mut random, it).await,
        }
        storm.pace(&mut random, 200..900).await;
    }
}

/// Deleted and connected again; what is not answered may have happened all the same.
async fn come_back(storm: &Storm, random: &mut StdRng, it: &Hostile) {
    let path = it.resource().clone();
    if let Some(path) = path {
        let status = it.owner.ask(Method::DELETE, &path, None).await.map(|it| it.status);
        judge(storm, "delete", status);
    }
    judge(storm, "connect", it.connect(random).await);
}

fn judge(storm: &Storm, deed: &str, status: Option<u16>) {
    match status {
        Some(503) | None => {}
        Some(status @ 500..) => storm.violation(format!("a hostile {deed} was answered {status}")),
        Some(_) => storm.note(|it| it.trouble(&format!("hostile {deed}"))),
    }
}

/// Suspends one after the other for a while: no call starts on the keys of somebody suspended.
pub(super) async fn sanction(storm: &Storm) {
    let mut random = storm.random(6);
    while !storm.is_over() {
        storm.pace(&mut random, 2_000..6_000).await;
        let number = random.random_range(0..storm.fleet.hostile.len());
        let it = &storm.fleet.hostile[number];
        if set_status(storm, it, "suspended").await.is_none() {
            continue;
        }
        storm.note(|tally| tally.trouble("suspend an owner"));
        deadline::pause(STOPS_WITHIN).await;
        let from = now(storm).await;
        storm.pace(&mut random, 1_000..5_000).await;
        let until = now(storm).await;
        let again =
            deadline::find(Duration::from_mins(1), async || set_status(storm, it, "active").await);
        if again.await.is_none() {
            storm.violation("an owner cannot be reinstated any more".to_owned());
        }
        if let (Some(from), Some(until)) = (from, until) {
            let owner = it.owner.user.id.clone();
            storm.note(|tally| tally.suspensions.push(Suspension { owner, from, until }));
        }
    }
}

/// When an owner surely was suspended, by the database's clock.
#[derive(Debug)]
pub(super) struct Suspension {
    owner: String,
    from: Instant,
    until: Instant,
}

/// An instant as the database writes it, to the microsecond.
type Instant = String;

async fn now(storm: &Storm) -> Option<Instant> {
    let asked = sqlx::query_scalar("SELECT aether.now()::text").fetch_one(&storm.stack().pool);
    tokio::time::timeout(Duration::from_secs(2), asked).await.ok()?.ok()
}

async fn set_status(storm: &Storm, it: &Hostile, status: &str) -> Option<()> {
    let path = format!("/api/admin/users/{}/status", it.owner.user.id);
    let body: Value = json!({"status": status, "reason": "a storm"});
    let answer = storm.fleet.admin.put(&path, &body).await?;
    // One that was made but not answered is made already.
    matches!(answer.status, 200 | 409).then_some(())
}

/// The calls that started on keys of a suspended owner.
pub(super) async fn check(stack: &Stack, suspensions: &[Suspension]) -> Vec<String> {
    let mut violations = Vec::new();
    for Suspension { owner, from, until } in suspensions {
        let started: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM generation.attempt
              WHERE owner_id = $1 AND started_at BETWEEN $2::timestamptz AND $3::timestamptz",
        )
        .bind(owner.parse::<Uuid>().expect("an id of a user"))
        .bind(from)
        .bind(until)
        .fetch_one(&stack.pool)
        .await
        .expect("a superuser reads everything");
        if started > 0 {
            violations
                .push(format!("{started} calls started with keys of suspended owner {owner}"));
        }
    }
    violations
}
