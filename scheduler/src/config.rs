//! What the environment says, checked once at start.

use std::net::SocketAddr;
use std::time::Duration;

use operations::Program;
use operations::settings::{self, Settings, SettingsError};
use operations::telemetry::LogFormat;
use secrecy::SecretString;

use crate::terms::Terms;

/// The settings of one scheduler.
pub struct Config {
    pub database_url: SecretString,
    /// Connections in all; one of them is the lead's own.
    pub db_connections: u32,
    pub redis_url: SecretString,
    pub redis_namespace: String,
    pub object_store: String,
    /// The environment's `AWS_*` variables, for an S3 object store.
    pub object_store_options: Vec<(String, String)>,
    pub metrics_listen: SocketAddr,
    pub log_format: LogFormat,
    pub failpoints: Option<String>,
    /// What a stopping process finishes its activations in.
    pub grace_period: Duration,
    /// What the duties go by.
    pub terms: Terms,
}

impl Config {
    /// Reads the environment; every problem at once, with its variable.
    pub fn from_env() -> Result<Self, SettingsError> {
        Self::read(Settings::from_env(Program::Scheduler))
    }

    /// Reads any settings.
    pub fn read(mut from: Settings) -> Result<Self, SettingsError> {
        let config = Self {
            database_url: from.secret(&settings::DATABASE_URL),
            db_connections: from.integer(&settings::DB_CONNECTIONS),
            redis_url: from.secret(&settings::REDIS_URL),
            redis_namespace: from.string(&settings::REDIS_NAMESPACE),
            object_store: from.url(&settings::OBJECT_STORE).to_string(),
            object_store_options: from.aws_variables(),
            metrics_listen: from.address(&settings::METRICS_LISTEN),
            log_format: LogFormat::from_word(&from.string(&settings::LOG_FORMAT)),
            failpoints: from.failpoints(),
            grace_period: from.duration(&settings::GRACE_PERIOD),
            terms: Terms {
                lease: from.duration(&settings::LEASE),
                attempts_max: from.integer::<u16>(&settings::ATTEMPTS_MAX).into(),
                audit_interval: from.duration(&settings::AUDIT_INTERVAL),
                image_retention: from.duration(&settings::IMAGE_RETENTION),
            },
        };
        from.finish()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_variables_suffice_and_durations_can_be_shortened() {
        let variables = [
            ("DATABASE_URL", "postgres://aether_scheduler@127.0.0.1/aetherflow"),
            ("REDIS_URL", "redis://127.0.0.1"),
            ("AETHERFLOW_OBJECT_STORE", "file:///images"),
            ("AETHERFLOW_LEASE", "2s"),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));

        let config = Config::read(Settings::from_variables(Program::Scheduler, variables)).unwrap();

        assert_eq!(config.terms.lease, Duration::from_secs(2));
        assert_eq!(config.terms.attempts_max, 6);
        assert_eq!(config.terms.audit_interval, Duration::from_hours(1));
        assert_eq!(config.terms.image_retention, Duration::from_hours(30 * 24));
    }
}
