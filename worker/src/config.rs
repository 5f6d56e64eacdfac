//! What the environment says, checked once at start.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use operations::Program;
use operations::settings::{self, Settings, SettingsError};
use operations::telemetry::LogFormat;
use rust_decimal::Decimal;
use secrecy::SecretString;

/// How long keeping an image may take after the call, retries included.
const KEEP_MAX: Duration = Duration::from_secs(30);

pub struct Config {
    pub database_url: SecretString,
    pub db_connections: u32,
    pub redis_url: SecretString,
    pub redis_namespace: String,
    pub object_store: String,
    /// The environment's `AWS_*` variables, for an S3 object store.
    pub object_store_options: Vec<(String, String)>,
    pub master_keys: SecretString,
    pub provider_urls: BTreeMap<String, String>,
    pub metrics_listen: SocketAddr,
    pub log_format: LogFormat,
    pub failpoints: Option<String>,
    pub grace_period: Duration,
    pub concurrency: usize,
    pub attempt_timeout: Duration,
    pub keep_max: Duration,
    pub attempts_max: i32,
    pub lease: Duration,
    pub body_budget: usize,
    pub byok_fee: Decimal,
    pub commission_rate: Decimal,
    pub quota_sync_interval: Duration,
}

impl Config {
    /// Reads the environment; every problem at once, with its variable.
    pub fn from_env() -> Result<Self, SettingsError> {
        let mut from = Settings::from_env(Program::Worker);
        let config = Self {
            database_url: from.secret(&settings::DATABASE_URL),
            db_connections: from.integer(&settings::DB_CONNECTIONS),
            redis_url: from.secret(&settings::REDIS_URL),
            redis_namespace: from.string(&settings::REDIS_NAMESPACE),
            object_store: from.url(&settings::OBJECT_STORE).to_string(),
            object_store_options: from.aws_variables(),
            master_keys: from.secret(&settings::MASTER_KEYS),
            provider_urls: from
                .provider_urls()
                .into_iter()
                .map(|(name, url)| (name, url.to_string()))
                .collect(),
            metrics_listen: from.address(&settings::METRICS_LISTEN),
            log_format: LogFormat::from_word(&from.string(&settings::LOG_FORMAT)),
            failpoints: from.failpoints(),
            grace_period: from.duration(&settings::GRACE_PERIOD),
            concurrency: from.integer::<u16>(&settings::WORKER_CONCURRENCY).into(),
            attempt_timeout: from.duration(&settings::ATTEMPT_TIMEOUT),
            keep_max: KEEP_MAX,
            attempts_max: from.integer::<u16>(&settings::ATTEMPTS_MAX).into(),
            lease: from.duration(&settings::LEASE),
            body_budget: from.size(&settings::BODY_BUDGET),
            byok_fee: from.decimal(&settings::BYOK_FEE),
            commission_rate: from.decimal(&settings::COMMISSION_RATE),
            quota_sync_interval: from.duration(&settings::QUOTA_SYNC_INTERVAL),
        };
        from.finish()?;
        Ok(config)
    }
}
