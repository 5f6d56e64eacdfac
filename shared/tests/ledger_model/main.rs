//! A model of the ledger: random sequences of money events against the SQL functions and against a few
//! hundred lines of plain Rust that compute the same in whole micro-credits. Every answer, every grant,
//! hold, journal line and balance must be equal, and the audit must find nothing.
//!
//! Knobs: `AETHERFLOW_LEDGER_SEED` repeats a run, `AETHERFLOW_LEDGER_SEQUENCES` and
//! `AETHERFLOW_TASK_SEQUENCES` make it longer. A failure prints the seed and the shortest sequence that
//! still fails.

mod books;
mod database;
mod ledger_ops;
mod script;
mod sequences;
mod shortening;
mod task_ops;
mod tasks;

use proptest::prelude::*;

use script::{Cast, Script};
use sequences::{Kind, knob};

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
