//! `cargo xtask up`: from a bare machine to an image that has been made and paid for.

use std::fs::File;

use anyhow::{Context, Result};

use super::blueprint::{Blueprint, Size};
use super::supervise::{Supervisor, supervise};
use super::{down, file, start, status};
use crate::checkout::Checkout;
use crate::demo;
use crate::engine::install;
use crate::interrupt::Interrupt;
use crate::private_file;
use crate::process::record::Records;
use crate::run::cargo;
use crate::say::say;
use crate::step::loud_step;

/// The folder of records under `.dev/`.
pub const RUN: &str = "run";

/// What to start and how.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Leave everything running and return
    #[arg(long)]
    detach: bool,
    /// How many workers
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(0..=64))]
    workers: u16,
    /// How many schedulers
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=8))]
    schedulers: u16,
}

/// Held while a stack is being changed, so that two commands do not start the same process twice.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it, waiting for another command to finish.
    pub fn take(checkout: &Checkout) -> Result<Self> {
        private_file::create_dir(&checkout.dev())?;
        let path = checkout.dev().join("lock");
        let file = File::create(&path).with_context(|| format!("{} is needed", path.display()))?;
        if file.try_lock().is_err() {
            say!("  another `cargo xtask` is changing this stack; waiting for it");
            file.lock().context("the lock of the stack could not be taken")?;
        }
        Ok(Self { _file: file })
    }
}

/// Brings everything up, makes one image, and stays in the foreground unless told otherwise.
pub fn up(checkout: &Checkout, options: &Options) -> Result<()> {
    let interrupt = if options.detach { Interrupt::never() } else { Interrupt::listen()? };
    let lock = Lock::take(checkout)?;
    if let Some(supervisor) = Supervisor::find(checkout) {
        say!("  process {} supervises this stack already\n", supervisor.pid);
        return status::status(checkout);
    }
    let programs = install::find_or_install()?;
    loud_step("building", || {
        let packages = ["api", "worker", "scheduler", "ctl", "simulator"];
        cargo::build(checkout, &packages, &interrupt)
    })?;
    let records = Records::open(&checkout.dev().join(RUN))?;
    let size = Size { workers: options.workers, schedulers: options.schedulers };
    let blueprint = Blueprint::draw(checkout, &programs, &records, size)?;
    let outcome = bring_up(checkout, &blueprint, &records, &interrupt);
    if options.detach {
        if outcome.is_err() {
            say!("\nWhat was started is left running; `cargo xtask down` stops it.");
        }
        return outcome;
    }
    let watched = outcome.and_then(|()| {
        let supervisor = Supervisor::declare(checkout)?;
        drop(lock);
        say!("\nWatching; Ctrl-C drains everything and stops it.");
        supervise(checkout, &blueprint, &records, &interrupt);
        Ok(supervisor)
    });
    // From here a second Ctrl-C means: do not wait.
    interrupt.take();
    say!();
    let stopped = down::stop_all(&records, &interrupt).and_then(|()| file::remove(checkout));
    let supervisor = watched?;
    drop(supervisor);
    stopped
}

fn bring_up(
    checkout: &Checkout,
    blueprint: &Blueprint,
    records: &Records,
    interrupt: &Interrupt,
) -> Result<()> {
    start::start(blueprint, records, interrupt)?;
    file::write(checkout, blueprint, records)?;
    demo::show(checkout, blueprint, interrupt)
}
