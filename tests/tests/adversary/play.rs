//! A good minute of trade: consumers ask for images and choose nothing, hostile owners do their worst.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use devkit::deadline;
use futures::future::join_all;
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tests::client::{Task, User, credits};
use tests::hostile::Ruse;
use tests::stack::core;

use super::cast::{Cast, Hostile, fair_ceiling};

/// With calls that time out after seconds and occupy their key for eight, this is what five minutes are
/// with calls of ninety.
const LENGTH: Duration = Duration::from_secs(75);

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    /// How the consumers' tasks ended: `completed`, or status and code.
    pub outcomes: BTreeMap<String, u64>,
    /// Submits that were refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// What hostile owners did, with the status they were answered.
    pub deeds: BTreeMap<String, u64>,
    pub slowest: Duration,
    pub violations: Vec<String>,
}

struct Trade<'a> {
    cast: &'a Cast,
    ends: Instant,
    tally: Mutex<Tally>,
}

impl Trade<'_> {
    fn note(&self, write: impl FnOnce(&mut Tally)) {
        write(&mut self.tally.lock().expect("no holder of this lock panics"));
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.ends
    }

    async fn pace(&self, random: &mut StdRng, milliseconds: std::ops::Range<u64>) {
        let wanted = Duration::from_millis(random.random_range(milliseconds));
        let left = self.ends.saturating_duration_since(Instant::now());
        deadline::pause(wanted.min(left)).await;
    }
}

/// Runs until every consumer has seen the end of their last task.
pub async fn play(cast: &Cast) -> Tally {
    let trade = Trade { cast, ends: Instant::now() + LENGTH, tally: Mutex::default() };
    let consumers =
        join_all(cast.consumers.iter().enumerate().map(|(number, it)| consume(&trade, number, it)));
    let accomplices = join_all(cast.accomplices.iter().map(|it| conspire(&trade, it)));
    let owners = join_all((0..cast.hostile.len()).map(|number| cheat(&trade, number)));
    tokio::join!(consumers, accomplices, owners);
    trade.tally.into_inner().expect("no holder of this lock panics")
}

/// One image after the other, with nothing but a prompt and at most a model.
async fn consume(trade: &Trade<'_>, number: usize, consumer: &User) {
    let mut random = trade.cast.random(1_000 + number);
    while !trade.is_over() {
        let prompt = format!("a fair picture, number {}", random.random_range(0..1_000_000));
        let body = if random.random_bool(0.5) { core(&prompt) } else { json!({"prompt": prompt}) };
        let began = Instant::now();
        let answer = consumer.post("/api/generate/text-to-image", &body).await;
        if answer.status == 202 {
            let task: Task = answer.expect_as(202);
            let task = consumer.wait(&task).await;
            trade.note(|it| it.ended(&task, began.elapsed()));
        } else {
            trade.note(|it| *it.refused.entry(answer.code()).or_default() += 1);
        }
        trade.pace(&mut random, 100..700).await;
    }
}

/// Filtered prompts, as many as are taken.
async fn conspire(trade: &Trade<'_>, accomplice: &User) {
    let mut number = 0;
    while !trade.is_over() {
        number += 1;
        let body = core(&format!("[filtered] a plot, number {number}"));
        let answer = accomplice.post("/api/generate/text-to-image", &body).await;
        if answer.status == 202 {
            accomplice.wait(&answer.expect_as(202)).await;
        } else {
            trade.note(|it| {
                let what = format!("plot refused: {}", answer.code());
                *it.deeds.entry(what).or_default() += 1;
            });
            deadline::pause(Duration::from_secs(1)).await;
        }
    }
}

async fn cheat(trade: &Trade<'_>, number: usize) {
    let mut random = trade.cast.random(number);
    let it = &trade.cast.hostile[number];
    loop {
        trade.pace(&mut random, 800..4_000).await;
        if trade.is_over() {
            return;
        }
        for (deed, status) in deeds(trade.cast, number, it, &mut random).await {
            trade.note(|tally| {
                *tally.deeds.entry(format!("{deed} {status}")).or_default() += 1;
                if status >= 500 {
                    tally.violations.push(format!("{:?}: {deed} was answered {status}", it.ruse));
                }
            });
        }
    }
}

/// One move, or a delete and a connect, with their statuses.
async fn deeds(
    cast: &Cast,
    number: usize,
    it: &Hostile,
    random: &mut StdRng,
) -> Vec<(&'static str, u16)> {
    let churns = it.ruse == Ruse::Churn || random.random_bool(0.2);
    if churns {
        let mut done = Vec::new();
        if let Some(status) = it.disconnect(&cast.hostile).await {
            done.push(("delete", status));
            if status != 204 {
                return done;
            }
        }
        // Back under their own name or under that of another.
        let account = if random.random_bool(0.7) {
            number
        } else {
            random.random_range(0..cast.hostile.len())
        };
        let status = it.connect(account, &cast.hostile[account].owner, random).await;
        done.push(("connect", status));
        return done;
    }
    if it.ruse == Ruse::Fickle || random.random_bool(0.3) {
        let price = json!({"price_per_unit": it.ruse.price(random)});
        return it
            .change(&cast.hostile, &price)
            .await
            .map(|it| ("price", it))
            .into_iter()
            .collect();
    }
    // Other faults, or none for a while: a key that works now and then.
    let settings: Value = it.ruse.key(random);
    let faults = if random.random_bool(0.4) { json!({}) } else { settings["faults"].clone() };
    it.key.set(json!({"faults": faults})).await;
    Vec::new()
}

impl Tally {
    fn ended(&mut self, task: &Task, took: Duration) {
        let outcome = match task.error_code() {
            "" => task.status.clone(),
            code => format!("{}: {code}", task.status),
        };
        *self.outcomes.entry(outcome).or_default() += 1;
        self.slowest = self.slowest.max(took);
        let ceiling = fair_ceiling();
        let cost = task.credits_cost.unwrap_or_else(|| credits("0"));
        if cost > ceiling || task.credits_held > ceiling {
            self.violations.push(format!(
                "task {} held {} and cost {cost}; {ceiling} is the most by default",
                task.id, task.credits_held
            ));
        }
    }

    /// How many ended in this way.
    pub fn outcome(&self, name: &str) -> u64 {
        self.outcomes.get(name).copied().unwrap_or(0)
    }
}
