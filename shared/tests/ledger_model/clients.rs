//! The same functions under many clients at once, over few wallets: nobody is deadlocked or refused for
//! another reason than the books give, what the clients were told is what the books say, and the audit
//! finds nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::books::MILLION;
use crate::database::Database;
use crate::stage::{PATIENCE, Stage, step};

const CLIENTS: u64 = 32;
/// Picks are made from the newest things, so that clients meet.
const RECENT: usize = 48;

/// What all clients know of.
#[derive(Default)]
struct Known {
    grants: Vec<Uuid>,
    holds: Vec<Uuid>,
    tasks: Vec<Uuid>,
    attempts: Vec<Uuid>,
}

/// What the clients were told.
type Told = BTreeMap<&'static str, i64>;

struct Client {
    stage: Arc<Stage>,
    known: Arc<Mutex<Known>>,
    random: StdRng,
    conn: PgConnection,
    told: Told,
    answered: u64,
}

/// Runs for so long, and answers how many commands were executed.
pub async fn race(seed: u64, lasting: Duration) -> u64 {
    let database = Database::create().await;
    let stage = Arc::new(Stage::open(&database, 4).await);
    let known = Arc::new(Mutex::new(Known::default()));
    let until = Instant::now() + lasting;

    let mut running = Vec::new();
    for n in 0..CLIENTS {
        let client = Client {
            stage: Arc::clone(&stage),
            known: Arc::clone(&known),
            random: rand::SeedableRng::seed_from_u64(seed + n),
            conn: database.connect_durably().await,
            told: Told::new(),
            answered: 0,
        };
        running.push(tokio::spawn(client.run_until(until)));
    }
    let (mut told, mut answered) = (Told::new(), 0);
    for client in running {
        let one = tokio::time::timeout(lasting + PATIENCE, client).await.unwrap().unwrap();
        one.0.into_iter().for_each(|(name, sum)| *told.entry(name).or_default() += sum);
        answered += one.1;
    }

    let mut conn = database.connect().await;
    let totals: Vec<(String, i64)> =
        sqlx::query_as("SELECT * FROM model.totals()").fetch_all(&mut conn).await.unwrap();
    println!("clients: {answered} commands, told {told:?}");
    for (name, total) in totals {
        assert_eq!(told.get(name.as_str()).copied().unwrap_or(0), total, "{name}");
    }
    step(&mut conn, &json!({"op": "roll_up"})).await.unwrap();
    database.assert_audited().await;
    drop(conn);
    database.drop().await;
    answered
}

impl Client {
    async fn run_until(mut self, until: Instant) -> (Told, u64) {
        while Instant::now() < until {
            let command = self.command();
            // Deadlocks and broken invariants alike end here.
            let answer = step(&mut self.conn, &command).await;
            let answer = answer.unwrap_or_else(|error| panic!("{command}: {error}"));
            self.hear(&command, &answer);
            self.answered += 1;
        }
        (self.told, self.answered)
    }

    fn command(&mut self) -> Value {
        let wallet = self.random.random_range(0..self.stage.wallets.len());
        let account = self.stage.wallets[wallet];
        let id = Uuid::now_v7();
        match self.random.random_range(0..100) {
            0..14 => {
                // Most die while the race runs.
                let life = ["50 ms", "200 ms", "1 s", "infinity"][self.random.random_range(0..4)];
                let source = ["purchase", "promotion"][self.random.random_range(0..2)];
                let mut grant = json!({
                    "op": "grant", "id": id, "wallet": account, "source": source,
                    "amount": self.amount(60), "priority": self.random.random_range(-1..2),
                });
                if life != "infinity" {
                    grant["life"] = json!(life);
                }
                grant
            }
            14..16 => {
                json!({"op": "revoke", "id": self.pick(|it| &it.grants)})
            }
            16..28 => json!({
                "op": "hold", "id": id, "wallet": account, "amount": self.amount(10), "amount_min": 1,
            }),
            28..38 => self.close(),
            38..42 => json!({"op": "release", "ids": self.some(|it| &it.holds, 3)}),
            42..48 => json!({
                "op": "refund", "id": self.pick(|it| &it.holds), "seq": self.random.random_range(0..50),
                "amount": self.amount(2), "grant_paid": id, "grant_free": Uuid::now_v7(),
            }),
            48..51 => json!({"op": "expire_due"}),
            51..53 => json!({"op": "roll_up"}),
            53..65 => self.submit(),
            65..75 => json!({
                "op": "claim_due", "boot": self.stage.boot,
                "attempts": [id, Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7()],
                "resource": self.stage.resources[self.random.random_range(0..2)],
            }),
            75..85 => json!({"op": "settle", "attempts": self.some(|it| &it.attempts, 5)}),
            85..93 => self.end(),
            93..95 => json!({"op": "cancel", "task": self.pick(|it| &it.tasks)}),
            95 if self.random.random_range(0..5) == 0 => {
                json!({"op": "cancel_user", "user": self.stage.users[wallet]})
            }
            95..97 => json!({"op": "fail_overdue"}),
            97..98 => json!({"op": "vacate"}),
            98..99 => json!({"op": "park", "attempt": self.pick(|it| &it.attempts)}),
            _ if self.random.random() => json!({
                "op": "end_parked", "task": self.pick(|it| &it.tasks), "pay": self.random.random::<bool>(),
            }),
            _ => json!({"op": "retry_settlement", "task": self.pick(|it| &it.tasks)}),
        }
    }

    fn close(&mut self) -> Value {
        let holds = self.some(|it| &it.holds, 5);
        let item = |hold: &Uuid| {
            json!({
                "id": hold, "charge": (self.random.random_range(0..12) * MILLION / 2).to_string(),
                "rate": self.random.random_range(0..=MILLION).to_string(),
                "credit": self.stage.owners[self.random.random_range(0..2)],
            })
        };
        json!({"op": "close", "items": holds.iter().map(item).collect::<Vec<_>>()})
    }

    fn submit(&mut self) -> Value {
        let tasks = (0..self.random.random_range(1..4)).map(|ord| {
            let user = self.random.random_range(0..self.stage.users.len());
            let deadline = self.random.random_range(1..8);
            self.stage.task(
                ord,
                Uuid::now_v7(),
                user,
                self.random.random_range(2..6) * MILLION,
                deadline,
            )
        });
        json!({"op": "submit", "tasks": tasks.collect::<Vec<_>>()})
    }

    fn end(&mut self) -> Value {
        let attempt = self.pick(|it| &it.attempts);
        if attempt.is_nil() {
            return json!({"op": "expire_due"});
        }
        let (state, class, billed, action) = [
            ("unknown", "timeout", false, "retry"),
            ("unknown", "timeout", false, "retry"),
            ("failed", "provider_transient", false, "retry"),
            ("failed", "not_sent", false, "retry"),
            ("refused", "content_blocked", true, "fail"),
        ][self.random.random_range(0..5)];
        json!({
            "op": "end", "attempt": attempt, "state": state, "class": class,
            "billed": billed, "action": action, "delay": 0,
        })
    }

    /// Remembers what was made, and what was said.
    fn hear(&mut self, command: &Value, answer: &str) {
        let op = command["op"].as_str().unwrap();
        let id = || command["id"].as_str().unwrap().parse::<Uuid>().unwrap();
        let number = || answer.parse::<i64>().unwrap_or(0);
        let mut known = self.known.lock().unwrap();
        let mut tell = |name, sum| *self.told.entry(name).or_default() += sum;
        match op {
            "grant" => {
                known.grants.push(id());
                tell("granted", command["amount"].as_i64().unwrap());
            }
            "revoke" => tell("revoked", number()),
            "hold" if answer != "insufficient" => {
                known.holds.push(id());
                tell("held", number());
            }
            "close" => {
                let charged = answer.split_once(" of ").map_or("0", |it| it.1);
                tell("charged to services", charged.parse().unwrap());
            }
            "release" => tell("services released", number()),
            "refund" if answer == "refunded" => {
                tell("refunded", command["amount"].as_i64().unwrap());
            }
            "submit" => {
                let tasks = command["tasks"].as_array().unwrap();
                for (task, outcome) in tasks.iter().zip(answer.split(", ")) {
                    if let Some(held) = outcome.strip_prefix("accepted ") {
                        known.tasks.push(task["id"].as_str().unwrap().parse().unwrap());
                        tell("held", held.parse().unwrap());
                    }
                }
            }
            "claim_due" => {
                let begun = answer.split_whitespace().map(|it| it.parse::<Uuid>().unwrap());
                let before = known.attempts.len();
                known.attempts.extend(begun);
                tell("attempts", i64::try_from(known.attempts.len() - before).unwrap());
            }
            "settle" => {
                let said = |it| i64::try_from(answer.matches(it).count()).unwrap();
                tell("settled", said("settled"));
                tell("surplus", said("surplus"));
            }
            "end" => {
                tell("canceled", i64::from(answer == "ended canceled"));
                tell("failed", i64::from(answer == "ended failed"));
            }
            "cancel" => tell("canceled", i64::from(answer == "canceled")),
            "cancel_user" => tell("canceled", number()),
            "end_parked" if answer == "ended" => {
                tell("failed", 1);
                tell("surplus", i64::from(command["pay"] == true));
            }
            "fail_overdue" => tell("failed", number()),
            _ => {}
        }
    }

    /// Up to so many credits, not whole ones.
    fn amount(&mut self, credits: i64) -> i64 {
        self.random.random_range(1..credits * MILLION)
    }

    /// One of the newest; nothing known is an id nobody has.
    fn pick(&mut self, things: impl Fn(&Known) -> &Vec<Uuid>) -> Uuid {
        let known = self.known.lock().unwrap();
        let things = things(&known);
        let recent = &things[things.len().saturating_sub(RECENT)..];
        if recent.is_empty() {
            return Uuid::nil();
        }
        recent[self.random.random_range(0..recent.len())]
    }

    /// Some of the newest, each once, in no order.
    fn some(&mut self, things: impl Fn(&Known) -> &Vec<Uuid>, most: usize) -> Vec<Uuid> {
        let mut some: Vec<Uuid> = Vec::new();
        for _ in 0..self.random.random_range(1..=most) {
            let one = self.pick(&things);
            if !some.contains(&one) {
                some.push(one);
            }
        }
        some
    }
}
