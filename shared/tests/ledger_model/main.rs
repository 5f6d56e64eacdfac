//! A model of the ledger: random sequences of money events against the SQL functions and against a few
//! hundred lines of plain Rust that compute the same in whole micro-credits. Every answer, every grant,
//! hold, journal line and balance must be equal, and the audit must find nothing.
//!
//! `AETHERFLOW_LEDGER_SEED` repeats a run; `AETHERFLOW_LEDGER_SEQUENCES`, `AETHERFLOW_TASK_SEQUENCES`,
//! `AETHERFLOW_RACE_SECONDS` and `AETHERFLOW_CANCEL_ROUNDS` make it longer. A failure prints the seed and the shortest
//! sequence that still fails.

#![expect(clippy::unwrap_used, reason = "a test; helpers outside of #[test] count, too")]

mod books;
mod cancel_race;
mod clients;
mod database;
mod exchange;
mod ledger_ops;
mod script;
mod sequences;
mod shortening;
mod stage;
mod task_ops;

use std::time::Duration;

use proptest::prelude::*;

use script::{Cast, Script};
use sequences::{Kind, knob, seed};

struct Ledger;

impl Kind for Ledger {
    type Op = ledger_ops::Op;
    const NAME: &'static str = "ledger";
    const LENGTH: usize = 50;

    fn op() -> BoxedStrategy<Self::Op> {
        ledger_ops::op().boxed()
    }

    fn play(ops: &[Self::Op], cast: Cast) -> Script {
        ledger_ops::play(ops, cast)
    }
}

struct MainJob;

impl Kind for MainJob {
    type Op = task_ops::Op;
    const NAME: &'static str = "main job";
    const LENGTH: usize = 50;

    fn op() -> BoxedStrategy<Self::Op> {
        task_ops::op().boxed()
    }

    fn play(ops: &[Self::Op], cast: Cast) -> Script {
        task_ops::play(ops, cast)
    }
}

#[test]
fn any_sequence_of_money_events_leaves_what_the_model_says() {
    sequences::run::<Ledger>(knob("AETHERFLOW_LEDGER_SEQUENCES", 2_000));
}

#[test]
fn any_sequence_of_the_main_job_leaves_what_the_model_says() {
    sequences::run::<MainJob>(knob("AETHERFLOW_TASK_SEQUENCES", 300));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_two_clients_over_four_wallets_are_told_what_the_books_say() {
    let seed = seed();
    let seconds = knob("AETHERFLOW_RACE_SECONDS", 10);
    println!("clients: {seconds} s, seed {seed}");

    let commands = clients::race(seed, Duration::from_secs(seconds.into())).await;

    assert!(commands > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_cancel_and_settle_exactly_one_wins() {
    let rounds = knob("AETHERFLOW_CANCEL_ROUNDS", 10_000);

    let raced = cancel_race::race(rounds).await;

    assert!(raced > 0);
}
