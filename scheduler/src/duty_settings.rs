//! The numbers the duties go by.

use std::time::Duration;

use operations::settings::{self, Settings};

/// Set by the operator, the same for every scheduler of an exchange.
#[derive(Debug, Clone, Copy)]
pub struct DutySettings {
    /// A worker that was silent for this long is dead (`AETHERFLOW_LEASE`).
    pub lease: Duration,
    /// Attempts a task may use before it fails (`AETHERFLOW_ATTEMPTS_MAX`).
    pub attempts_max: i32,
    /// How often the ledger is audited (`AETHERFLOW_AUDIT_INTERVAL`).
    pub audit_interval: Duration,
    /// How long images are kept (`AETHERFLOW_IMAGE_RETENTION`).
    pub image_retention: Duration,
}

impl DutySettings {
    /// Reads its part of the environment.
    pub fn read(from: &mut Settings) -> Self {
        Self {
            lease: from.duration(&settings::LEASE),
            attempts_max: from.integer::<u16>(&settings::ATTEMPTS_MAX).into(),
            audit_interval: from.duration(&settings::AUDIT_INTERVAL),
            image_retention: from.duration(&settings::IMAGE_RETENTION),
        }
    }
}
