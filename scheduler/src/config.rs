//! What the environment says, checked once at start.

use operations::settings::{self, Settings};
use secrecy::SecretString;

use crate::DutySettings;

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
    /// What the duties go by.
    pub duties: DutySettings,
}

impl Config {
    /// Reads its part of the environment.
    pub fn read(from: &mut Settings) -> Self {
        Self {
            database_url: from.secret(&settings::DATABASE_URL),
            db_connections: from.integer(&settings::DB_CONNECTIONS),
            redis_url: from.secret(&settings::REDIS_URL),
            redis_namespace: from.string(&settings::REDIS_NAMESPACE),
            object_store: from.url(&settings::OBJECT_STORE).to_string(),
            object_store_options: from.aws_variables(),
            duties: DutySettings::read(from),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use operations::Program;

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
        let settings = Settings::from_variables(Program::Scheduler, variables);

        let duties = settings.load(Config::read).unwrap().duties;

        assert_eq!(duties.lease, Duration::from_secs(2));
        assert_eq!(duties.attempts_max, 6);
        assert_eq!(duties.audit_interval, Duration::from_hours(1));
        assert_eq!(duties.image_retention, Duration::from_hours(30 * 24));
    }

    #[test]
    fn the_table_of_settings_says_what_a_scheduler_reads() {
        assert_eq!(settings::misdeclared(Program::Scheduler, Config::read), [].into());
    }
}
