//! `cargo xtask bench` and `cargo xtask storm`: the programs of the package `tests` that need
//! databases of their own.

use std::process::Command;

use anyhow::Result;
use devkit::environment;
use devkit::interrupt::Interrupt;
use devkit::progress::loud_step;
use devkit::server::install;
use devkit::server::postgres::Tuning;

use crate::cargo;
use crate::checkout::{Checkout, Profile};
use crate::scratch::Scratch;

/// Arguments of the program.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Arguments of the program itself; `--help` lists them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Lifecycles per second compared with pgbench: release builds, and PostgreSQL tuned as a server.
pub fn bench(checkout: &Checkout, options: &Options) -> Result<()> {
    run(checkout, "bench", Profile::Release, Tuning::BENCH, options)
}

/// Hours of trouble in minutes; debug builds, because fail points exist only there.
pub fn storm(checkout: &Checkout, options: &Options) -> Result<()> {
    run(checkout, "storm", Profile::Debug, Tuning::TEST, options)
}

fn run(
    checkout: &Checkout,
    name: &str,
    profile: Profile,
    tuning: Tuning,
    options: &Options,
) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let programs = install::find_or_install()?;
    loud_step("build", || cargo::build_all(checkout, profile, &interrupt))?;
    let scratch = Scratch::start(checkout, &programs, tuning, &interrupt)?;
    let bin_dir = checkout.bin_dir(profile);
    let mut command = Command::new(bin_dir.join(name));
    command
        .args(&options.args)
        .current_dir(checkout.root())
        .envs(scratch.env())
        .env(environment::BIN_DIR, &bin_dir);
    cargo::run(&mut command, name, &interrupt)
}
