//! `cargo xtask up`: from a bare machine to an image that has been made and paid for.

use anyhow::Result;
use devkit::interrupt::Interrupt;
use devkit::process::Records;
use devkit::progress::loud_step;
use devkit::say;
use devkit::server::install;

use super::status;
use crate::cargo;
use crate::checkout::Checkout;
use crate::console;
use crate::demo;
use crate::stack::blueprint::{Blueprint, Size};
use crate::stack::lock::Lock;
use crate::stack::supervise::{Supervisor, supervise};
use crate::stack::{file, start, stop};

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

/// Starts everything, makes one image, and stays in the foreground unless `--detach` is given.
pub fn up(checkout: &Checkout, options: &Options) -> Result<()> {
    let interrupt = if options.detach { Interrupt::never() } else { Interrupt::listen()? };
    let lock = Lock::take(checkout)?;
    if let Some(supervisor) = Supervisor::find(checkout) {
        say!("  this stack is already running, supervised by process {}\n", supervisor.pid);
        return status::status(checkout);
    }
    let programs = install::find_or_install()?;
    loud_step("building", || {
        let packages = ["api", "worker", "scheduler", "ctl", "simulator"];
        cargo::build(checkout, &packages, &interrupt)
    })?;
    let console = console::offer(checkout, &interrupt);
    let records = Records::open(&checkout.records())?;
    let size = Size { workers: options.workers, schedulers: options.schedulers };
    let blueprint = Blueprint::draw(checkout, &programs, &records, size, console)?;
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
    // From here on a second Ctrl-C means: kill instead of waiting.
    interrupt.take();
    say!();
    let stopped = stop::stop_all(&records, &interrupt).and_then(|()| file::remove(checkout));
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
