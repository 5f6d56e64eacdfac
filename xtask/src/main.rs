//! Everything a developer runs: `cargo xtask up`, `test`, `bench` and their like.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use checkout::Checkout;

mod checkout;
mod databases;
mod demo;
mod engine;
mod http;
mod interrupt;
mod memory;
mod name;
mod private_file;
mod process;
mod run;
mod say;
mod scratch;
mod secret;
mod stack;
mod step;

/// Builds, runs, tests and measures Aetherflow on this machine.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything with a demo and make one image
    Up(stack::up::Options),
    /// Drain and stop everything; the data stays
    Down(stack::down::Options),
    /// Show every process; fails when one is down
    Status,
    /// Format, lint, build and run all tests against private databases
    Test(run::test::Options),
    /// Run one command with the databases the tests use
    WithDatabases(run::with_databases::Options),
    /// Measure whole lifecycles against pgbench, in release builds
    #[command(disable_help_flag = true)]
    Bench(run::measure::Options),
    /// Break things at random and check the books
    #[command(disable_help_flag = true)]
    Storm(run::measure::Options),
}

fn main() -> ExitCode {
    match obey(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn obey(command: &Command) -> Result<()> {
    let checkout = Checkout::find()?;
    match command {
        Command::Up(options) => stack::up::up(&checkout, options),
        Command::Down(options) => stack::down::down(&checkout, options),
        Command::Status => stack::status::status(&checkout),
        Command::Test(options) => run::test::test(&checkout, options),
        Command::WithDatabases(options) => run::with_databases::with_databases(&checkout, options),
        Command::Bench(options) => run::measure::bench(&checkout, options),
        Command::Storm(options) => run::measure::storm(&checkout, options),
    }
}
