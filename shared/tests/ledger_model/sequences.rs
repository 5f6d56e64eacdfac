//! Runs random sequences against the database and compares every answer and every row with the model.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Instant;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use serde_json::Value;
use sqlx::PgConnection;
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::books::Account;
use crate::database::Database;
use crate::script::{Cast, Script};
use crate::shortening::Sequence;

/// How often the whole database is audited meanwhile.
const AUDIT_EVERY: u32 = 500;
/// Two, as many as the test machine has cores; each has a database of its own.
const RUNNERS: u32 = 2;
const SHRINK_ITERATIONS_MAX: u32 = 3_000;
const SHRINK_MILLISECONDS_MAX: u32 = 30_000;

/// One kind of sequence.
pub trait Kind: Sync {
    type Op: Clone + Debug + Send;
    const NAME: &'static str;
    /// Operations in a sequence.
    const LENGTH: usize;

    fn op() -> BoxedStrategy<Self::Op>;
    /// Commands, and what the model expects.
    fn play(ops: &[Self::Op], cast: Cast) -> Script;
}

/// Runs `count` sequences on two connections, prints the seed, shrinks what fails.
pub fn run<K: Kind>(count: u32) {
    let seed = seed();
    println!("{}: {count} sequences × {} operations, seed {seed}", K::NAME, K::LENGTH);
    let since = Instant::now();
    std::thread::scope(|scope| {
        let runners: Vec<_> = (0..RUNNERS)
            .map(|it| {
                scope.spawn(move || run_some::<K>(count.div_ceil(RUNNERS), seed + u64::from(it)))
            })
            .collect();
        for runner in runners {
            if let Err(panic) = runner.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    println!("{}: done in {:.1} s", K::NAME, since.elapsed().as_secs_f64());
}

/// A knob: how many sequences, how long, and so on.
pub fn knob(name: &str, default: u32) -> u32 {
    std::env::var(name).map_or(default, |it| it.parse().expect("the knob is a number"))
}

/// Of this run; the same one makes the same sequences.
pub fn seed() -> u64 {
    let given = std::env::var("AETHERFLOW_LEDGER_SEED").ok();
    given.map_or_else(
        || rand::random::<u32>().into(),
        |it| it.parse().expect("the seed is a number"),
    )
}

fn run_some<K: Kind>(count: u32, seed: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = runtime.block_on(Database::create());
    let bench = RefCell::new(Bench {
        conn: runtime.block_on(database.connect()),
        runtime: &runtime,
        sequences: 0,
        reached: BTreeMap::new(),
        totals: BTreeMap::new(),
    });

    let look_after = |bench: &mut Bench<'_>| {
        bench.sequences += 1;
        if bench.sequences.is_multiple_of(AUDIT_EVERY) {
            bench.runtime.block_on(database.assert_audited());
        }
        // Tables that grow this fast are planned as empty ones until somebody counts.
        if bench.sequences.is_power_of_two() {
            bench.runtime.block_on(sqlx::query("ANALYZE").execute(&mut bench.conn)).unwrap();
        }
    };
    let mut runner = TestRunner::new(Config {
        cases: count,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        max_shrink_iters: SHRINK_ITERATIONS_MAX,
        max_shrink_time: SHRINK_MILLISECONDS_MAX,
        ..Config::default()
    });
    let sequence = Sequence { op: K::op(), length: K::LENGTH };
    let outcome = runner.run(&sequence, |ops| {
        let mut bench = bench.borrow_mut();
        bench.compare::<K>(&ops)?;
        look_after(&mut bench);
        Ok(())
    });
    if let Err(TestError::Fail(reason, ops)) = &outcome {
        panic!(
            "{} fails with seed {seed}: {reason}\nshrunk to {} operations: {ops:?}",
            K::NAME,
            ops.len()
        );
    }
    outcome.unwrap();

    let mut bench = bench.into_inner();
    println!("{} reached {:?}", K::NAME, bench.reached);
    runtime.block_on(bench.compare_totals());
    runtime.block_on(database.assert_audited());
    drop(bench);
    runtime.block_on(database.drop());
}

struct Bench<'a> {
    conn: PgConnection,
    runtime: &'a Runtime,
    sequences: u32,
    /// How often each command was answered how: what the sequences reached.
    reached: BTreeMap<(String, String), u32>,
    /// What the platform's own accounts must have after all sequences.
    totals: BTreeMap<Account, i64>,
}

impl Bench<'_> {
    fn compare<K: Kind>(&mut self, ops: &[K::Op]) -> Result<(), TestCaseError> {
        let cast = self.runtime.block_on(self.open());
        let script = K::play(ops, cast);
        let (answers, books) = self.runtime.block_on(self.execute(&script));

        for (n, (answer, expected)) in answers.iter().zip(&script.expected).enumerate() {
            let any_error = expected.strip_prefix("error | ").is_some_and(|it| {
                answer.starts_with("error ") && answer.ends_with(&format!(" | {it}"))
            });
            prop_assert!(
                answer == expected || any_error,
                "step {n}: {}\n  answers {answer}\n expected {expected}\nafter {}",
                script.commands[n],
                listed(&script.commands[..n], &answers),
            );
        }
        prop_assert_eq!(answers.len(), script.expected.len());
        self.count(&script.commands, &answers);
        let expected = script.describe();
        if books != expected {
            let unexpected: Vec<_> = books.iter().filter(|it| !expected.contains(it)).collect();
            let missing: Vec<_> = expected.iter().filter(|it| !books.contains(it)).collect();
            return Err(TestCaseError::fail(format!(
                "the books say, and should not:\n{unexpected:#?}\nthey should say:\n{missing:#?}\nafter {}",
                listed(&script.commands, &answers),
            )));
        }

        for (account, amount) in script.books.balances() {
            if matches!(account, Account::Platform | Account::Breakage | Account::Issuance(_)) {
                *self.totals.entry(account).or_default() += amount;
            }
        }
        Ok(())
    }

    fn count(&mut self, commands: &[Value], answers: &[String]) {
        for (command, answer) in commands.iter().zip(answers) {
            let op = command["op"].as_str().unwrap().to_owned();
            let outcomes = answer.split(" | ").next().unwrap().split(", ");
            for outcome in outcomes {
                let words =
                    outcome.split(' ').filter(|it| it.parse::<f64>().is_err() && it.len() < 36);
                let words: Vec<_> = words.collect();
                *self.reached.entry((op.clone(), words.join(" "))).or_default() += 1;
            }
        }
    }

    async fn open(&mut self) -> Cast {
        let anchor = Uuid::now_v7();
        let users = vec![Uuid::now_v7(), Uuid::now_v7()];
        let owner_users = vec![Uuid::now_v7(), users[1]];
        let (wallets, owners) =
            sqlx::query_as("SELECT wallets, owners FROM model.open_sequence($1, $2, $3)")
                .bind(&users)
                .bind(&owner_users)
                .bind(anchor)
                .fetch_one(&mut self.conn)
                .await
                .unwrap();
        Cast { prefix: rand::random(), anchor, users, wallets, owner_users, owners }
    }

    async fn execute(&mut self, script: &Script) -> (Vec<String>, Vec<String>) {
        let commands = Value::Array(script.commands.clone());
        let (answers,): (Vec<String>,) = sqlx::query_as("CALL model.run($1, $2, NULL)")
            .bind(commands)
            .bind(&script.cast.wallets)
            .fetch_one(&mut self.conn)
            .await
            .unwrap();
        let mut books: Vec<String> = sqlx::query_scalar("SELECT model.books($1, $2, $3)")
            .bind(&script.cast.wallets)
            .bind(&script.cast.owners)
            .bind([script.cast.anchor])
            .fetch_one(&mut self.conn)
            .await
            .unwrap();
        books.sort();
        (answers, books)
    }

    async fn compare_totals(&mut self) {
        let balances: Vec<String> = sqlx::query_scalar("SELECT model.system_balances()")
            .fetch_one(&mut self.conn)
            .await
            .unwrap();
        for balance in balances {
            let (account, amount) = balance.split_once(": ").unwrap();
            let expected = self.totals.iter().find(|(it, _)| it.to_string() == account);
            assert_eq!(amount, expected.map_or(0, |it| *it.1).to_string(), "{account}");
        }
    }
}

fn listed(commands: &[Value], answers: &[String]) -> String {
    let lines =
        commands.iter().zip(answers).map(|(command, answer)| format!("\n  {command} → {answer}"));
    lines.collect()
}
