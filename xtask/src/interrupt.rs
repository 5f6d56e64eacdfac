//! Ctrl-C and SIGTERM as something to ask about, so that databases are stopped before we end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Whether somebody asked this program to end.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// From now on the signals no longer end the program; whoever holds this must look.
    pub fn listen() -> Result<Self> {
        let this = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&this.asked))
                .context("the signal handlers could not be installed")?;
        }
        Ok(this)
    }

    /// One that never fires: for commands that a signal may simply end.
    pub fn never() -> Self {
        Self::default()
    }

    /// Whether a signal has come since the last [`take`](Self::take).
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Reads and forgets, so that a second signal can be told from the first.
    pub fn take(&self) -> bool {
        self.asked.swap(false, Ordering::Relaxed)
    }
}

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waits until `done` answers `Some`, the deadline passes (`None`), or `give_up` says so (`None`).
pub fn wait_until<T>(
    longest: Duration,
    give_up: impl Fn() -> bool,
    mut done: impl FnMut() -> Option<T>,
) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(value) = done() {
            return Some(value);
        }
        if started.elapsed() >= longest || give_up() {
            return None;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_with_the_condition() {
        let mut looks = 0;
        let found = wait_until(
            Duration::from_secs(5),
            || false,
            || {
                looks += 1;
                (looks == 3).then_some(looks)
            },
        );
        assert_eq!(found, Some(3));
    }

    #[test]
    fn waiting_ends_at_the_deadline_or_when_told() {
        assert_eq!(wait_until(Duration::ZERO, || false, || None::<()>), None);
        assert_eq!(wait_until(Duration::from_mins(1), || true, || None::<()>), None);
    }

    #[test]
    fn a_second_signal_can_be_told_from_the_first() {
        let interrupt = Interrupt::never();
        interrupt.asked.store(true, Ordering::Relaxed);
        assert!(interrupt.asked());
        assert!(interrupt.take());
        assert!(!interrupt.take());
    }
}
