//! Child processes in the foreground: they share our terminal, and we outlive them to clean up.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use devkit::interrupt::Interrupt;
use devkit::say;
use devkit::wait::wait_until;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::checkout::{Checkout, Profile};
use crate::out_of_reach::{self, OutOfReach};

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

/// Runs what brings something of others. Its error has the mark of [`OutOfReach`] where that could not be had.
pub fn bring(command: &mut Command, what: &str, interrupt: &Interrupt) -> Result<()> {
    let mut child = command
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{what} could not be started"))?;
    let errors = child.stderr.take().context("its errors cannot be read")?;
    let (status, errors) = std::thread::scope(|scope| {
        let reading = scope.spawn(|| pass_on(errors));
        let status = wait(&mut child, interrupt);
        (status, reading.join().unwrap_or_default())
    });
    let status = status?;
    if status.success() {
        return Ok(());
    }
    let failed = anyhow!("{what} failed ({status})");
    Err(if out_of_reach::says_so(&errors) { failed.context(OutOfReach) } else { failed })
}

/// Shows what is written, and answers it.
fn pass_on(errors: impl Read) -> String {
    let mut text = String::new();
    for line in BufReader::new(errors).lines().map_while(Result::ok) {
        say!("{line}");
        text.push_str(&line);
        text.push('\n');
    }
    text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_says_when_it_fails_decides_whether_it_was_out_of_reach() {
        let bring = |script: &str| {
            let mut command = Command::new("sh");
            super::bring(command.args(["-c", script]), "npm ci", &Interrupt::never())
        };

        assert!(bring("echo npm error code ECONNREFUSED >&2").is_ok());
        let away = bring("echo npm error code ECONNREFUSED >&2; exit 1").unwrap_err();
        assert!(OutOfReach::is_why(&away), "{away:#}");
        let unfit = bring("echo npm error code EINTEGRITY >&2; exit 1").unwrap_err();
        assert!(!OutOfReach::is_why(&unfit), "{unfit:#}");
        assert!(unfit.to_string().contains("npm ci failed"), "{unfit:#}");
    }
}
