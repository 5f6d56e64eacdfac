//! `cargo xtask storm`: trouble of every kind at random, then quiet, then the books. Exits with 1 when
//! anything was not as it must be.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use futures::FutureExt as _;
use tests::storm::{Plan, run};

/// Breaks everything at random and checks that nothing broke.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask storm")]
struct Options {
    /// How long the storm lasts
    #[arg(long, default_value_t = 10, conflicts_with = "seconds")]
    minutes: u64,
    /// The same in seconds
    #[arg(long)]
    seconds: Option<u64>,
    /// Repeats the order of the troubles of another storm
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let length = Duration::from_secs(options.seconds.unwrap_or(options.minutes * 60));
    let seed = options.seed.unwrap_or_else(rand::random);
    println!("seed {seed}; {length:?} of storm, then a minute or two of quiet and of checking");
    // What panics is told like any other violation.
    let Ok(report) = AssertUnwindSafe(run(Plan { length, seed })).catch_unwind().await else {
        println!("\nthe storm could not be brought to its end");
        return ExitCode::FAILURE;
    };
    println!("\n{}", report.page);
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
