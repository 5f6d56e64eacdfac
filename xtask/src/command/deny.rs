//! What may become part of Aetherflow (`deny.toml`), as far as this machine can tell.

use std::process::{Command, Stdio};

use anyhow::Result;
use devkit::interrupt::Interrupt;

use crate::cargo;
use crate::checkout::Checkout;
use crate::out_of_reach::OutOfReach;

/// What the list of advisories may take to arrive, in seconds.
const FETCH_MAX: &str = "120";

/// Checks licenses, sources and bans, and advisories where the list of them can be had.
pub fn check(checkout: &Checkout, interrupt: &Interrupt) -> Result<()> {
    if !is_installed(checkout) {
        let missing =
            "cargo-deny is not installed; licenses, sources and advisories were not checked";
        return Err(OutOfReach::because(missing));
    }
    let mut command = deny(checkout);
    command.args(["check", "bans", "licenses", "sources"]);
    cargo::run(&mut command, "cargo deny", interrupt)?;
    if !has_advisories(checkout) {
        let missing = "the list of advisories cannot be had; licenses, bans and sources passed";
        return Err(OutOfReach::because(missing));
    }
    let mut command = deny(checkout);
    command.args(["--offline", "check", "advisories"]);
    cargo::run(&mut command, "cargo deny", interrupt)
}

fn deny(checkout: &Checkout) -> Command {
    let mut command = cargo::cargo(checkout);
    command.arg("deny");
    command
}

fn is_installed(checkout: &Checkout) -> bool {
    succeeds(deny(checkout).arg("--version"))
}

/// Brings the list up to date.
fn has_advisories(checkout: &Checkout) -> bool {
    let cargo = cargo::cargo(checkout);
    let mut command = Command::new("timeout");
    command.current_dir(checkout.root()).arg(FETCH_MAX).arg(cargo.get_program());
    succeeds(command.args(["deny", "fetch", "db"]))
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}
