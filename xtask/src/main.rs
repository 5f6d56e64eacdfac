//! Everything a developer runs: `cargo xtask up`, `test`, `bench` and their like.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use checkout::Checkout;
use clap::{Parser, Subcommand};

mod cargo;
mod checkout;
mod chromium;
mod clients;
mod command;
mod console;
mod databases;
mod demo;
mod home;
mod memory;
mod node;
mod out_of_reach;
mod packages;
mod python;
mod scratch;
mod stack;

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
    Up(command::up::Options),
    /// Drain and stop everything; the data stays
    Down(command::down::Options),
    /// Show every process; fails when one is down
    Status,
    /// Build the web console, or serve it with hot reload
    Console(command::console::Options),
    /// Format, lint, build and run all tests against private databases
    Test(command::test::Options),
    /// Run one command with the databases the tests use
    WithDatabases(command::with_databases::Options),
    /// Compare whole lifecycles with pgbench, in release builds
    #[command(disable_help_flag = true)]
    Bench(command::measure::Options),
    /// Break things at random and check that no promise is broken
    #[command(disable_help_flag = true)]
    Storm(command::measure::Options),
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<()> {
    let checkout = Checkout::find()?;
    match command {
        Command::Up(options) => command::up::up(&checkout, options),
        Command::Down(options) => command::down::down(&checkout, options),
        Command::Status => command::status::status(&checkout),
        Command::Console(options) => command::console::console(&checkout, options),
        Command::Test(options) => command::test::test(&checkout, options),
        Command::WithDatabases(options) => {
            command::with_databases::with_databases(&checkout, options)
        }
        Command::Bench(options) => command::measure::bench(&checkout, options),
        Command::Storm(options) => command::measure::storm(&checkout, options),
    }
}
