//! What the environment says, checked once at start.

use std::collections::BTreeMap;
use std::time::Duration;

use operations::settings::{self, Settings};
use rust_decimal::Decimal;
use secrecy::SecretString;
use shared::generation::CompensationBudgets;

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
    pub concurrency: u16,
    pub attempt_timeout: Duration,
    pub keep_max: Duration,
    pub attempts_max: i32,
    pub lease: Duration,
    pub body_budget: usize,
    pub byok_fee: Decimal,
    pub commission_rate: Decimal,
    pub price_max_factor: Decimal,
    pub strikes_max: i32,
    pub budgets: CompensationBudgets,
    pub quota_sync_interval: Duration,
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
            master_keys: from.secret(&settings::MASTER_KEYS),
            provider_urls: from
                .provider_urls()
                .into_iter()
                .map(|(name, url)| (name, url.to_string()))
                .collect(),
            concurrency: from.integer(&settings::WORKER_CONCURRENCY),
            attempt_timeout: from.duration(&settings::ATTEMPT_TIMEOUT),
            keep_max: KEEP_MAX,
            attempts_max: from.integer::<u16>(&settings::ATTEMPTS_MAX).into(),
            lease: from.duration(&settings::LEASE),
            body_budget: from.size(&settings::BODY_BUDGET),
            byok_fee: from.decimal(&settings::BYOK_FEE),
            commission_rate: from.decimal(&settings::COMMISSION_RATE),
            price_max_factor: from.decimal(&settings::PRICE_MAX_FACTOR),
            strikes_max: from.integer::<u32>(&settings::STRIKES_MAX).try_into().unwrap_or(i32::MAX),
            budgets: CompensationBudgets {
                owner: from.decimal(&settings::COMPENSATION_OWNER_BUDGET).into(),
                consumer: from.decimal(&settings::COMPENSATION_CONSUMER_BUDGET).into(),
                total: from.decimal(&settings::COMPENSATION_TOTAL_BUDGET).into(),
            },
            quota_sync_interval: from.duration(&settings::QUOTA_SYNC_INTERVAL),
        }
    }
}

#[cfg(test)]
mod tests {
    use operations::Program;

    use super::*;

    #[test]
    fn the_table_of_settings_says_what_a_worker_reads() {
        assert_eq!(settings::misdeclared(Program::Worker, Config::read), [].into());
    }
}
