//! Cancel against settle: of the two one wins, nobody is deadlocked, and the credits are where the
//! winner says.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::books::MILLION;
use crate::database::Database;
use crate::stage::{PATIENCE, Stage, step};

/// Groups race at once, over the same wallets and keys.
const GROUPS: usize = 4;
const TASKS: usize = 40;
/// An uneven number, so that batches of settles and single cancels meet in every way.
const SETTLE_BATCH: usize = 7;

/// Of how many tasks in a race the first attempt is unknown: they wait again, can be canceled at once,
/// and their image comes late. The call of the others still runs, so a cancel is a wish.
const LATE: usize = 32;

fn is_late(n: usize) -> bool {
    !n.is_multiple_of(5)
}

/// How often each side won.
#[derive(Debug, Default)]
pub struct Score {
    canceled: AtomicU32,
    settled: AtomicU32,
}

/// Races for `rounds` tasks that wait, or until time is up; answers how many it were.
pub async fn race(rounds: u32) -> u32 {
    let database = Database::create().await;
    let stage = Arc::new(Stage::open(&database, 4).await);
    let mut conn = database.connect().await;
    for wallet in &stage.wallets {
        let grant = json!({
            "op": "grant", "id": Uuid::now_v7(), "wallet": wallet, "source": "purchase",
            "amount": 1_000_000 * MILLION, "priority": 0,
        });
        step(&mut conn, &grant).await.unwrap();
    }
    let score = Arc::new(Score::default());
    let left = Arc::new(AtomicU32::new(rounds));
    let since = Instant::now();

    let mut groups = Vec::new();
    for _ in 0..GROUPS {
        let mut conns = Vec::new();
        for _ in 0..5 {
            conns.push(database.connect().await);
        }
        let group = Group { stage: Arc::clone(&stage), score: Arc::clone(&score), conns };
        let left = Arc::clone(&left);
        groups.push(tokio::spawn(group.race_on(left, since)));
    }
    let mut raced = 0;
    for group in groups {
        raced += tokio::time::timeout(2 * PATIENCE, group).await.unwrap().unwrap();
    }

    let open: i64 = sqlx::query_scalar("SELECT count(*) FROM ledger.hold WHERE state = 'open'")
        .fetch_one(&mut conn)
        .await
        .unwrap();
    assert_eq!(open, 0, "every hold is closed");
    println!(
        "cancel against settle: {raced} rounds in {:.1} s, {score:?}",
        since.elapsed().as_secs_f64()
    );
    let (canceled, settled) =
        (score.canceled.load(Ordering::Relaxed), score.settled.load(Ordering::Relaxed));
    assert_eq!(canceled + settled, raced, "in every round one wins");
    assert!(canceled > 0 && settled > 0, "and it is not always the same one");
    database.assert_audited().await;
    drop(conn);
    database.drop().await;
    raced
}

struct Group {
    stage: Arc<Stage>,
    score: Arc<Score>,
    conns: Vec<PgConnection>,
}

impl Group {
    async fn race_on(mut self, left: Arc<AtomicU32>, since: Instant) -> u32 {
        let tasks = u32::try_from(LATE).unwrap();
        let mut raced = 0;
        let take = |it: u32| (it > 0).then(|| it.saturating_sub(tasks));
        while since.elapsed() < PATIENCE
            && left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
        {
            self.race_once().await;
            raced += tasks;
            // Tables that grow this fast are planned as empty ones until somebody counts.
            if (raced / tasks).is_power_of_two() {
                sqlx::query("ANALYZE").execute(&mut self.conns[0]).await.unwrap();
            }
        }
        raced
    }

    async fn race_once(&mut self) {
        let tasks: Vec<Uuid> = (0..TASKS).map(|_| Uuid::now_v7()).collect();
        let attempts: Vec<Uuid> = (0..TASKS).map(|_| Uuid::now_v7()).collect();
        self.prepare(&tasks, &attempts).await;

        // Two settle in batches from the end, three cancel one by one from the beginning.
        let mut attempts = attempts;
        attempts.reverse();
        let cancels: Vec<Value> =
            tasks.iter().map(|it| json!({"op": "cancel", "task": it})).collect();
        let mut settles: Vec<Value> = attempts
            .chunks(SETTLE_BATCH)
            .map(|it| json!({"op": "settle", "attempts": it}))
            .collect();
        let later = settles.split_off(settles.len() / 2);
        let (settlers, cancelers) = self.conns.split_at_mut(2);
        let [front, back] = settlers else { unreachable!("five connections were opened") };
        let [first, second, third] = cancelers else {
            unreachable!("five connections were opened")
        };
        let parts = [&cancels[..13], &cancels[13..26], &cancels[26..]];
        let (front, back, first, second, third) = tokio::join!(
            all(front, &settles),
            all(back, &later),
            all(first, parts[0]),
            all(second, parts[1]),
            all(third, parts[2]),
        );

        let settled: Vec<String> = [front, back].concat();
        let settled: Vec<&str> = settled.iter().flat_map(|it| it.split(", ")).collect();
        let canceled = [first, second, third].concat();
        for n in 0..TASKS {
            self.judge(n, settled[TASKS - 1 - n], &canceled[n]);
        }
    }

    /// Submitted and claimed; most wait again with an unknown attempt.
    async fn prepare(&mut self, tasks: &[Uuid], attempts: &[Uuid]) {
        let users = self.stage.users.len();
        let rows = tasks.iter().enumerate();
        // The hold is larger than the cost, so settling gives back and needs the wallet, too.
        let rows = rows.map(|(n, id)| self.stage.task(n, *id, n / 2 % users, 3 * MILLION, 300));
        let mut commands = vec![json!({"op": "submit", "tasks": rows.collect::<Vec<_>>()})];
        for (half, resource) in self.stage.resources.iter().enumerate() {
            let half = half * TASKS / 2..(half + 1) * TASKS / 2;
            commands.push(json!({
                "op": "claim_these", "boot": self.stage.boot, "tasks": &tasks[half.clone()],
                "attempts": &attempts[half], "resource": resource,
            }));
        }
        for (_, attempt) in attempts.iter().enumerate().filter(|it| is_late(it.0)) {
            commands.push(json!({
                "op": "end", "attempt": attempt, "state": "unknown", "class": "timeout",
                "billed": false, "action": "retry", "delay": 0,
            }));
        }
        let (answers,): (Vec<String>,) = sqlx::query_as("CALL model.run($1, $2, NULL)")
            .bind(Value::Array(commands))
            .bind(&self.stage.wallets)
            .fetch_one(&mut self.conns[0])
            .await
            .unwrap();
        let failed = answers.iter().find(|it| it.starts_with("error"));
        assert!(failed.is_none(), "{failed:?}");
        let submitted = answers[0].matches("accepted").count();
        let claimed: usize = answers[1..3].iter().map(|it| it.matches('-').count() / 4).sum();
        assert_eq!((submitted, claimed), (TASKS, TASKS));
    }

    fn judge(&self, n: usize, settled: &str, canceled: &str) {
        match (settled, canceled) {
            ("surplus", "canceled") if is_late(n) => {
                self.score.canceled.fetch_add(1, Ordering::Relaxed);
            }
            ("settled", "final") if is_late(n) => {
                self.score.settled.fetch_add(1, Ordering::Relaxed);
            }
            // A running call ends as it ends; the cancel was a wish, or too late.
            ("settled", "requested" | "final") if !is_late(n) => {}
            both => panic!("task {n}: {both:?}"),
        }
    }
}

async fn all(conn: &mut PgConnection, commands: &[Value]) -> Vec<String> {
    let mut answers = Vec::new();
    for command in commands {
        let answer = step(conn, command).await;
        answers.push(answer.unwrap_or_else(|error| panic!("{command}: {error}")));
    }
    answers
}
