//! `cargo xtask down`: ends a stack, whoever started it.

use anyhow::Result;
use devkit::account::Account;
use devkit::interrupt::Interrupt;
use devkit::process::Records;
use devkit::progress::step;
use devkit::say;

use crate::checkout::Checkout;
use crate::home::Home;
use crate::stack::lock::Lock;
use crate::stack::supervise::Supervisor;
use crate::stack::{file, stop};

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
    let records = Records::open(&checkout.records())?;
    if !records.list().iter().any(|it| it.identity.alive()) {
        say!("  nothing is running");
    }
    stop::stop_all(&records, &interrupt)?;
    file::remove(checkout)?;
    if options.wipe {
        wipe(checkout)?;
    }
    drop(lock);
    Ok(())
}

fn wipe(checkout: &Checkout) -> Result<()> {
    step("deleting the data", || {
        let outside = Account::for_databases()?.is_some();
        for name in ["postgres", "redis"] {
            Home::locate(checkout, outside, name).wipe()?;
        }
        let dev = checkout.dev();
        for folder in ["run", "logs", "images"] {
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
