//! An api with nothing behind it.

use std::time::Duration;

use api::{
    config::Config,
    state::{self, App, Connections, State},
};
use operations::{Program, metrics, settings::Settings};
use sqlx::postgres::PgPoolOptions;
use tokio_util::sync::CancellationToken;

/// Nobody listens on port 1.
const NOWHERE: &str = "postgres://aether_api@127.0.0.1:1/aetherflow";

/// A process with these settings that reaches neither PostgreSQL nor Redis.
pub fn state(extra: &[(&str, &str)]) -> App {
    let required = [
        ("DATABASE_URL", NOWHERE),
        ("AETHERFLOW_ADMIN_DATABASE_URL", NOWHERE),
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("AETHERFLOW_JWT_SECRET", "0123456789abcdef0123456789abcdef"),
        ("AETHERFLOW_FINGERPRINT_SECRET", "0123456789abcdef0123456789abcdef"),
        ("AETHERFLOW_URL_SECRET", "0123456789abcdef0123456789abcdef"),
        ("AETHERFLOW_MASTER_KEYS", "test:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("AETHERFLOW_OBJECT_STORE", "file:///tmp/aetherflow-edge-test"),
        ("AETHERFLOW_CORS_ORIGINS", "https://console.example.com"),
    ];
    let variables = required.iter().chain(extra);
    let settings = Settings::from_variables(
        Program::Api,
        variables.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    );
    let config = settings.load(Config::read).unwrap();
    let pool = PgPoolOptions::new().acquire_timeout(Duration::from_millis(200));
    let connections = Connections {
        db: pool.clone().connect_lazy(NOWHERE).unwrap(),
        admin_db: pool.connect_lazy(NOWHERE).unwrap(),
        redis: state::redis_lazily(&config).unwrap(),
        bells: state::start_bells(&config).unwrap(),
    };
    let metrics = metrics::install(Program::Api).unwrap();
    State::new(config, connections, metrics, CancellationToken::new()).unwrap()
}
