//! The binaries that read settings.

use std::fmt;

/// One of our binaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Serves HTTP.
    Api,
    /// Calls the providers.
    Worker,
    /// Sweeps, rescues, audits.
    Scheduler,
    /// The operator's command line.
    Ctl,
}

impl Program {
    /// The name of the binary.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Worker => "worker",
            Self::Scheduler => "scheduler",
            Self::Ctl => "ctl",
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
