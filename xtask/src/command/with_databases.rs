//! `cargo xtask with-databases -- COMMAND`: runs one command with the databases of a test run, for
//! running a single test again and again.

use std::process::Command;

use anyhow::{Context, Result};
use devkit::environment;
use devkit::interrupt::Interrupt;
use devkit::server::install;
use devkit::server::postgres::Tuning;

use crate::cargo;
use crate::checkout::{Checkout, Profile};
use crate::scratch::Scratch;

/// The command.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The command and its arguments, such as `cargo nextest run -p shared`
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// Runs the command with the variables the tests read.
pub fn with_databases(checkout: &Checkout, options: &Options) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let programs = install::find_or_install()?;
    let scratch = Scratch::start(checkout, &programs, Tuning::TEST, &interrupt)?;
    let (program, args) = options.command.split_first().context("there is no command")?;
    let mut command = Command::new(program);
    command
        .args(args)
        .envs(scratch.env())
        .env(environment::BIN_DIR, checkout.bin_dir(Profile::Debug));
    cargo::run(&mut command, program, &interrupt)
}
