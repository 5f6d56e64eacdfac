//! `cargo xtask status`: every process, whether it runs and whether it serves.

use anyhow::{Result, bail};
use devkit::process::{Record, Records};
use devkit::say;

use crate::checkout::Checkout;
use crate::stack::file;

/// Prints the table; fails when something is down, so that scripts can ask.
pub fn status(checkout: &Checkout) -> Result<()> {
    let records = Records::open(&checkout.records())?.list();
    if records.is_empty() {
        bail!("nothing is running; `cargo xtask up` starts everything");
    }
    say!("{:<14} {:>8} {:>6}  {:<8} HEALTH", "PROCESS", "PID", "PORT", "STATE");
    let mut down = Vec::new();
    for record in &records {
        let (state, health) = health_of(record);
        let port = record.readiness.port().map_or_else(String::new, |it| it.to_string());
        let pid = record.identity.pid;
        say!("{:<14} {pid:>8} {port:>6}  {state:<8} {}", record.name, words(&health));
        if health.is_err() {
            down.push(record.name.as_str());
        }
    }
    say!();
    if let Some(url) = file::url(checkout, "console_url") {
        say!("Console: {url}");
    }
    say!("Logs: {}", checkout.dev().join("logs").display());
    if down.is_empty() {
        return Ok(());
    }
    bail!("down: {}; `cargo xtask up` restarts what died", down.join(", "))
}

fn health_of(record: &Record) -> (&'static str, Result<()>) {
    if record.identity.alive() {
        ("running", record.readiness.probe())
    } else {
        ("dead", Err(anyhow::anyhow!("see {}", record.log.display())))
    }
}

fn words(health: &Result<()>) -> String {
    match health {
        Ok(()) => "ready".to_owned(),
        Err(error) => format!("{error:#}"),
    }
}
