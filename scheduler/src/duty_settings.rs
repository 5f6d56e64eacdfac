//! The numbers the duties go by.

use std::time::Duration;

use operations::settings::{self, Settings};
use shared::generation::CompensationBudgets;

/// Set by the operator, the same for every scheduler of an exchange.
#[derive(Debug, Clone, Copy)]
pub struct DutySettings {
    /// A worker that was silent for this long is dead (`AETHERFLOW_LEASE`).
    pub lease: Duration,
    /// Attempts a task may use before it fails (`AETHERFLOW_ATTEMPTS_MAX`).
    pub attempts_max: i32,
    /// Moderated prompts a day that end a consumer's work (`AETHERFLOW_STRIKES_MAX`).
    pub strikes_max: i32,
    /// What is paid for output that nobody is charged for (`AETHERFLOW_COMPENSATION_*_BUDGET`).
    pub budgets: CompensationBudgets,
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
            strikes_max: from.integer::<u32>(&settings::STRIKES_MAX).try_into().unwrap_or(i32::MAX),
            budgets: CompensationBudgets {
                owner: from.decimal(&settings::COMPENSATION_OWNER_BUDGET).into(),
                consumer: from.decimal(&settings::COMPENSATION_CONSUMER_BUDGET).into(),
                total: from.decimal(&settings::COMPENSATION_TOTAL_BUDGET).into(),
            },
            audit_interval: from.duration(&settings::AUDIT_INTERVAL),
            image_retention: from.duration(&settings::IMAGE_RETENTION),
        }
    }
}
