//! The numbers the duties go by.

use std::time::Duration;

/// Set by the operator, the same for every scheduler of an exchange.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// A worker silent this long is dead (`AETHERFLOW_LEASE`).
    pub lease: Duration,
    /// Attempts a task may use before it fails (`AETHERFLOW_ATTEMPTS_MAX`).
    pub attempts_max: i32,
    /// How often the ledger is audited (`AETHERFLOW_AUDIT_INTERVAL`).
    pub audit_interval: Duration,
    /// How long images are kept (`AETHERFLOW_IMAGE_RETENTION`).
    pub image_retention: Duration,
}
