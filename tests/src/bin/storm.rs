//! `cargo xtask storm`: trouble of every kind at random, then a quiet phase, then the check of the
//! books. Exits with 1 when it found a violation.

use std::panic::AssertUnwindSafe;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use futures::FutureExt as _;
use tests::storm::{Plan, run};

/// Breaks things at random and checks that no promise is broken.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask storm")]
struct Options {
    /// How long the storm lasts
    #[arg(long, default_value_t = 10, conflicts_with = "seconds")]
    minutes: u64,
    /// The same in seconds
    #[arg(long)]
    seconds: Option<u64>,
    /// Repeats the order of events of an earlier storm
    #[arg(long)]
    seed: Option<u64>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let length = Duration::from_secs(options.seconds.unwrap_or(options.minutes * 60));
    let seed = options.seed.unwrap_or_else(rand::random);
    println!("seed {seed}; {length:?} of storm, then a minute or two to become quiet and to check");
    // A panic is a violation like any other.
    let Ok(report) = AssertUnwindSafe(run(Plan { length, seed })).catch_unwind().await else {
        println!("\nthe storm panicked before its end");
        return ExitCode::FAILURE;
    };
    println!("\n{}", report.page);
    if report.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
