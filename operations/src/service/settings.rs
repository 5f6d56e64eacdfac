//! The settings every service reads.

use std::net::SocketAddr;
use std::time::Duration;

use crate::settings::{self, Settings};
use crate::telemetry::LogFormat;

/// How a service is run, whatever it does.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// Where `/metrics` and the health routes answer.
    pub metrics_listen: SocketAddr,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// What a stopping process finishes its work in.
    pub grace_period: Duration,
    /// Where this process dies or stalls, in tests.
    pub failpoints: Option<String>,
}

impl ServiceSettings {
    /// Reads its part of the environment.
    pub fn read(from: &mut Settings) -> Self {
        Self {
            metrics_listen: from.address(&settings::METRICS_LISTEN),
            log_format: LogFormat::from_word(&from.string(&settings::LOG_FORMAT)),
            grace_period: from.duration(&settings::GRACE_PERIOD),
            failpoints: from.failpoints(),
        }
    }
}
