//! Ctrl-C and SIGTERM as a flag that is polled, so that databases are stopped before this program
//! ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Whether this program was asked to end.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    asked: Arc<AtomicBool>,
}

impl Interrupt {
    /// From now on the signals no longer end the program; the holder of this value has to poll it.
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

    /// Whether a signal has arrived since the last [`take`](Self::take).
    pub fn asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Reads the flag and clears it, so that a second signal can be told from the first.
    pub fn take(&self) -> bool {
        self.asked.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_signal_can_be_told_from_the_first() {
        let interrupt = Interrupt::never();
        interrupt.asked.store(true, Ordering::Relaxed);
        assert!(interrupt.asked());
        assert!(interrupt.take());
        assert!(!interrupt.take());
    }
}
