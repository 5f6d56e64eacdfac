//! Ending a process: ask it to end, wait, and only then kill it.

use std::time::Duration;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::Record;
use crate::interrupt::Interrupt;
use crate::wait::wait_until;

/// How a process ended when it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It was not running.
    WasGone,
    /// It ended by itself within the grace period.
    Drained,
    /// It had to be killed.
    Killed,
}

/// Sends `signal` and waits for the end; see [`see_off`].
pub fn stop(
    record: &Record,
    signal: Signal,
    grace: Duration,
    interrupt: &Interrupt,
) -> Result<Ending> {
    if !record.identity.alive() {
        return Ok(Ending::WasGone);
    }
    send(record, signal)?;
    see_off(record, grace, interrupt)
}

/// Waits up to `grace` for a process that has been asked to end, and kills its whole process group
/// when that was not enough or a signal asks us to hurry.
pub fn see_off(record: &Record, grace: Duration, interrupt: &Interrupt) -> Result<Ending> {
    if ended_within(record, grace, interrupt) {
        return Ok(Ending::Drained);
    }
    // The process leads a group of its own, so its children end with it.
    match killpg(Pid::from_raw(record.identity.pid), Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => {
            return Err(error).with_context(|| format!("{} could not be killed", record.name));
        }
    }
    ended_within(record, Duration::from_secs(10), &Interrupt::never());
    Ok(Ending::Killed)
}

/// Sends a signal to a recorded process, which may just have ended.
pub fn send(record: &Record, signal: Signal) -> Result<()> {
    match kill(Pid::from_raw(record.identity.pid), signal) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => {
            Err(error).with_context(|| format!("{signal} could not be sent to {}", record.name))
        }
    }
}

fn ended_within(record: &Record, grace: Duration, interrupt: &Interrupt) -> bool {
    let ended = wait_until(
        grace,
        || interrupt.take(),
        || {
            // In this order: one that ends in between is reaped here, or seen to be gone next time.
            let alive = record.identity.alive();
            reap(record);
            (!alive).then_some(())
        },
    );
    ended.is_some()
}

/// Reads the exit status of a process in words, if it is our child and has ended.
pub fn reap(record: &Record) -> Option<String> {
    match waitpid(Pid::from_raw(record.identity.pid), Some(WaitPidFlag::WNOHANG)) {
        Ok(WaitStatus::Exited(_, code)) => Some(format!("exit status {code}")),
        Ok(WaitStatus::Signaled(_, signal, _)) => Some(format!("killed by {signal}")),
        // Not our child (an earlier run started it), or still running.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::process::{Identity, Readiness};

    fn running(script: &str) -> (Child, Record) {
        let child = Command::new("/bin/sh")
            .args(["-c", script])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let record = Record {
            name: "probe".to_owned(),
            identity: Identity::of(pid).unwrap(),
            fingerprint: 0,
            readiness: Readiness::Port(1),
            metrics_url: None,
            log: std::path::PathBuf::new(),
        };
        (child, record)
    }

    #[test]
    fn a_process_that_ends_when_asked_has_drained() {
        let (mut child, record) = running("exec sleep 60");
        let ending =
            stop(&record, Signal::SIGTERM, Duration::from_secs(20), &Interrupt::never()).unwrap();
        assert_eq!(ending, Ending::Drained);
        assert!(!record.identity.alive());
        let again = stop(&record, Signal::SIGTERM, Duration::ZERO, &Interrupt::never()).unwrap();
        assert_eq!(again, Ending::WasGone);
        assert!(child.wait().is_err(), "its exit status has been read");
    }

    #[test]
    fn a_process_that_ignores_the_signal_is_killed_after_its_grace_period() {
        let (mut child, record) = running("trap '' TERM; while :; do sleep 60; done");
        let ending =
            stop(&record, Signal::SIGTERM, Duration::from_millis(200), &Interrupt::never());
        assert!(matches!(ending.unwrap(), Ending::Killed | Ending::Drained));
        assert!(!record.identity.alive());
        assert!(child.wait().is_err(), "its exit status has been read");
    }
}
