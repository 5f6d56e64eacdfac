//! Ending a stack in the order that loses nothing: no new requests, running calls to their end,
//! then the databases.

use std::time::Duration;

use anyhow::Result;
use nix::sys::signal::Signal;

use super::file;
use super::supervise::Supervisor;
use super::up::{Lock, RUN};
use crate::checkout::Checkout;
use crate::databases;
use crate::engine::account::Account;
use crate::engine::home::Home;
use crate::interrupt::Interrupt;
use crate::process::record::{Record, Records};
use crate::process::stop::{self, Ending};
use crate::say::say;
use crate::step::step;

/// How long a service may take to drain: a worker waits for its running calls, and the longest of
/// those is bounded by the attempt's time limit (90 s) and half a minute for keeping and settling.
pub const GRACE: Duration = Duration::from_secs(130);

/// What to do beyond stopping.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Also delete all data, secrets and logs of the stack
    #[arg(long)]
    wipe: bool,
}

/// Stops everything, whoever started it; a second Ctrl-C kills instead of waiting.
pub fn down(checkout: &Checkout, options: &Options) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    Supervisor::dismiss(checkout, &interrupt)?;
    let lock = Lock::take(checkout)?;
    let records = Records::open(&checkout.dev().join(RUN))?;
    if !records.list().iter().any(|it| it.identity.alive()) {
        say!("  nothing is running");
    }
    stop_all(&records, &interrupt)?;
    file::remove(checkout)?;
    if options.wipe {
        wipe(checkout)?;
    }
    drop(lock);
    Ok(())
}

/// Drains the services, then the simulator they call, then the databases.
pub fn stop_all(records: &Records, interrupt: &Interrupt) -> Result<()> {
    let last = ["simulator", "redis", "postgres"];
    let services: Vec<Record> =
        records.list().into_iter().filter(|it| !last.contains(&it.name.as_str())).collect();
    drain(&services, records, interrupt)?;
    drain(&records.find("simulator").into_iter().collect::<Vec<_>>(), records, interrupt)?;
    databases::stop(records, interrupt)
}

/// Asks all at once, so that the slowest decides how long it takes.
fn drain(services: &[Record], records: &Records, interrupt: &Interrupt) -> Result<()> {
    let alive: Vec<&Record> = services.iter().filter(|it| it.identity.alive()).collect();
    for record in &alive {
        stop::send(record, Signal::SIGTERM)?;
    }
    for record in alive {
        step(&format!("draining {}", record.name), || {
            let ending = stop::see_off(record, GRACE, interrupt)?;
            Ok(((), if ending == Ending::Killed { "killed" } else { "drained" }.to_owned()))
        })?;
    }
    for record in services {
        records.forget(&record.name);
    }
    Ok(())
}

fn wipe(checkout: &Checkout) -> Result<()> {
    step("deleting the data", || {
        let outside = Account::for_databases()?.is_some();
        for name in ["postgres", "redis"] {
            Home::locate(checkout, outside, name).wipe()?;
        }
        let dev = checkout.dev();
        for folder in [RUN, "logs", "images"] {
            remove(std::fs::remove_dir_all(dev.join(folder)))?;
        }
        for file in ["memory.json", "first-image.png"] {
            remove(std::fs::remove_file(dev.join(file)))?;
        }
        Ok(((), "done".to_owned()))
    })
}

fn remove(outcome: std::io::Result<()>) -> Result<()> {
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}
