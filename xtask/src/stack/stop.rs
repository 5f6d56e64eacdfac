//! Ending a stack in the order that loses nothing: first the services finish what they have begun,
//! then the provider they call ends, then the databases.

use std::time::Duration;

use anyhow::Result;
use devkit::interrupt::Interrupt;
use devkit::process::stop::{self, Ending};
use devkit::process::{Record, Records};
use devkit::progress::step;
use nix::sys::signal::Signal;

use crate::databases;

/// How long a service may take to drain: a worker waits for its running calls, and the longest of
/// those is bounded by the attempt's time limit (90 s) and half a minute to store and settle the image.
pub const GRACE: Duration = Duration::from_secs(130);

/// Drains the services, then the simulator they call, then the databases.
pub fn stop_all(records: &Records, interrupt: &Interrupt) -> Result<()> {
    let last = ["simulator", "redis", "postgres"];
    let services: Vec<Record> =
        records.list().into_iter().filter(|it| !last.contains(&it.name.as_str())).collect();
    drain(&services, records, interrupt)?;
    drain(&records.find("simulator").into_iter().collect::<Vec<_>>(), records, interrupt)?;
    databases::stop(records, interrupt)
}

/// Signals all of them before waiting for any, so that the slowest decides how long it takes.
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
