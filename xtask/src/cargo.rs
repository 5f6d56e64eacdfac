//! Child processes in the foreground: they share our terminal, and we outlive them to clean up.

use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use devkit::interrupt::Interrupt;
use devkit::wait::wait_until;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::checkout::{Checkout, Profile};

/// The cargo that started us, in the checkout's root.
pub fn cargo(checkout: &Checkout) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(checkout.root());
    // These describe xtask; build scripts that read them would run again for nothing.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Waits for a child; when we are asked to end, so is the child.
pub fn wait(child: &mut Child, interrupt: &Interrupt) -> Result<ExitStatus> {
    let pid = Pid::from_raw(i32::try_from(child.id()).context("an impossible process number")?);
    let mut signalled = false;
    loop {
        let ended = wait_until(
            Duration::from_hours(1),
            || interrupt.asked() && !signalled,
            || child.try_wait().transpose(),
        );
        if let Some(status) = ended {
            return status.context("the child cannot be waited for");
        }
        if interrupt.asked() && !signalled {
            // The terminal sends Ctrl-C to the child too, but SIGTERM reached only us. It may just have ended.
            let _ = kill(pid, Signal::SIGTERM);
            signalled = true;
        }
    }
}

/// Runs to the end; anything but success is an error.
pub fn run(command: &mut Command, what: &str, interrupt: &Interrupt) -> Result<()> {
    let mut child = command.spawn().with_context(|| format!("{what} could not be started"))?;
    let status = wait(&mut child, interrupt)?;
    if status.success() {
        return Ok(());
    }
    bail!("{what} failed ({status})")
}

/// Builds every binary of the workspace.
pub fn build_all(checkout: &Checkout, profile: Profile, interrupt: &Interrupt) -> Result<()> {
    let mut command = cargo(checkout);
    command.args(["build", "--workspace", "--bins"]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    run(&mut command, "cargo build", interrupt)
}

/// The packages whose binaries a stack consists of.
pub const SERVICES: &[&str] = &["api", "worker", "scheduler", "ctl", "simulator"];

/// Builds the debug binaries of these packages.
pub fn build(checkout: &Checkout, packages: &[&str], interrupt: &Interrupt) -> Result<()> {
    let mut command = cargo(checkout);
    command.args(["build", "--bins"]);
    for package in packages {
        command.args(["--package", package]);
    }
    run(&mut command, "cargo build", interrupt)
}
