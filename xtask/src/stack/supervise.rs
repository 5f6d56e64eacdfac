//! The foreground of `up`: restarts what dies, until Ctrl-C.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use devkit::interrupt::Interrupt;
use devkit::private_file;
use devkit::process::Identity;
use devkit::process::Launch;
use devkit::process::Records;
use devkit::process::stop::reap;
use devkit::progress::seconds;
use devkit::say;
use devkit::wait::wait_until;

use super::blueprint::Blueprint;
use super::{file, simulator, stop};
use crate::checkout::Checkout;

/// The one command that supervises a stack, named in `.dev/supervisor.json`. The file is deleted with
/// this value.
#[derive(Debug)]
pub struct Supervisor {
    path: PathBuf,
}

impl Supervisor {
    /// Declares this process the supervisor. The caller holds the lock of the stack.
    pub fn declare(checkout: &Checkout) -> Result<Self> {
        let path = path(checkout);
        let pid = i32::try_from(std::process::id()).context("an impossible process number")?;
        let text = serde_json::to_vec(&Identity::of(pid)).context("a number is always JSON")?;
        private_file::write(&path, &text)?;
        Ok(Self { path })
    }

    /// The living supervisor of this checkout.
    pub fn find(checkout: &Checkout) -> Option<Identity> {
        let text = std::fs::read(path(checkout)).ok()?;
        serde_json::from_slice::<Identity>(&text).ok().filter(Identity::alive)
    }

    /// Asks a living supervisor to drain everything, and waits until it has.
    pub fn dismiss(checkout: &Checkout, interrupt: &Interrupt) -> Result<()> {
        let Some(identity) = Self::find(checkout) else { return Ok(()) };
        say!("  asking the supervisor (process {}) to drain everything", identity.pid);
        let pid = nix::unistd::Pid::from_raw(identity.pid);
        // It may end before the signal; then the wait is short.
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        let longest = stop::GRACE * 3;
        let gone = wait_until(longest, || interrupt.asked(), || (!identity.alive()).then_some(()));
        if gone.is_none() {
            bail!("the supervisor (process {}) has not ended", identity.pid);
        }
        Ok(())
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // A file left behind names a dead process and is ignored.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn path(checkout: &Checkout) -> PathBuf {
    checkout.dev().join("supervisor.json")
}

const CHECK_EVERY: Duration = Duration::from_millis(250);
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_LONGEST: Duration = Duration::from_secs(30);
/// The pause grows no further for a process that ran this long before it died.
const HEALTHY_AFTER: Duration = Duration::from_mins(1);

/// When a process that died may be started again.
#[derive(Debug, Clone, Copy)]
struct Restarts {
    started: Instant,
    pause: Duration,
    due: Option<Instant>,
}

impl Restarts {
    fn new(now: Instant) -> Self {
        Self { started: now, pause: PAUSE_FIRST, due: None }
    }

    /// Notes a death and returns the pause before the next start.
    fn died(&mut self, now: Instant) -> Duration {
        if now.duration_since(self.started) >= HEALTHY_AFTER {
            self.pause = PAUSE_FIRST;
        }
        let pause = self.pause;
        self.due = Some(now + pause);
        self.pause = (pause * 2).min(PAUSE_LONGEST);
        pause
    }

    fn restarted(&mut self, now: Instant) {
        self.started = now;
        self.due = None;
    }
}

/// Watches until a signal asks it to end. No fault of a process ends it.
pub fn supervise(
    checkout: &Checkout,
    blueprint: &Blueprint,
    records: &Records,
    interrupt: &Interrupt,
) {
    let mut watched: BTreeMap<String, (Launch, Restarts)> = blueprint
        .launches()
        .into_iter()
        .map(|it| (it.name.clone(), (it, Restarts::new(Instant::now()))))
        .collect();
    let mut keys_missing = false;
    while !interrupt.asked() {
        let mut changed = false;
        for (launch, restarts) in watched.values_mut() {
            if look_after(launch, restarts, records) {
                changed = true;
                keys_missing |= launch.name == "simulator";
            }
        }
        if changed && let Err(error) = file::write(checkout, blueprint, records) {
            say!("  {error:#}");
        }
        if keys_missing {
            // A restarted simulator knows no keys, and it may take a moment until it listens.
            keys_missing = simulator::fund_keys(blueprint).is_err();
        }
        std::thread::sleep(CHECK_EVERY);
    }
}

/// Starts the process again when it has died and its pause is over; returns whether it did.
fn look_after(launch: &Launch, restarts: &mut Restarts, records: &Records) -> bool {
    let record = records.find(&launch.name);
    let status = record.as_ref().and_then(reap);
    if record.is_some_and(|it| it.identity.alive()) {
        return false;
    }
    let now = Instant::now();
    let Some(due) = restarts.due else {
        let pause = restarts.died(now);
        let how = status.map_or_else(String::new, |it| format!(" ({it})"));
        let (name, log) = (&launch.name, launch.log.display());
        say!("  {name} died{how}; starting it again in {}; log: {log}", seconds(pause));
        return false;
    };
    if now < due {
        return false;
    }
    restarts.restarted(now);
    match launch.detach(records) {
        Ok(record) => {
            say!("  {} restarted, process {}", launch.name, record.identity.pid);
            true
        }
        Err(error) => {
            say!("  {error:#}");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_keeps_dying_waits_longer_and_longer_up_to_a_limit() {
        let now = Instant::now();
        let mut restarts = Restarts::new(now);
        let pauses: Vec<u64> = (0..7)
            .map(|_| {
                let pause = restarts.died(now).as_secs();
                restarts.restarted(now);
                pause
            })
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30]);
    }

    #[test]
    fn a_process_that_ran_for_a_while_is_restarted_soon_again() {
        let now = Instant::now();
        let mut restarts = Restarts::new(now);
        restarts.died(now);
        restarts.died(now);
        restarts.restarted(now);
        assert_eq!(restarts.died(now + HEALTHY_AFTER), PAUSE_FIRST);
    }
}
