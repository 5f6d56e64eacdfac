//! Everything a handler may touch.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use async_trait::async_trait;
use operations::{
    health::{Check, Health, HealthSource},
    metrics::Metrics,
};
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use secrecy::ExposeSecret;
use shared::{
    db,
    identity::{
        access::{AccessFeed, AccessTokens},
        password::Passwords,
    },
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    edge::{cors::Cors, rate_limit::RateLimits},
};

/// Shared by every request: `Data(app): Data<&App>`.
pub type App = Arc<State>;

/// A look older than this is not what the contract promises about suspensions.
const ACCESS_AGE_MAX: Duration = Duration::from_secs(5);
/// Redis answers a ping in a millisecond or is away.
const REDIS_TIMEOUT: Duration = Duration::from_secs(1);

/// One process's parts, all cheap to reach and safe to share.
pub struct State {
    /// What the environment said.
    pub config: Config,
    /// PostgreSQL, as `aether_api`.
    pub db: PgPool,
    /// PostgreSQL, as `aether_admin`: for admin and payment paths only.
    pub admin_db: PgPool,
    /// Redis; connects by itself, and reconnects.
    pub redis: ConnectionManager,
    /// Hashes and verifies, a bounded number at once.
    pub passwords: Passwords,
    /// Issues and verifies access tokens.
    pub access_tokens: AccessTokens,
    /// What changed about users within the life of a token.
    pub access: AccessFeed,
    /// Requests per user and per address.
    pub limits: RateLimits,
    /// Origins whose pages may call.
    pub cors: Cors,
    /// The health of this process.
    pub health: Health,
    /// What was counted.
    pub metrics: Metrics,
}

impl State {
    /// Connects. PostgreSQL must be there and have this build's schema; Redis need not.
    pub async fn connect(
        config: Config,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> anyhow::Result<App> {
        let db = db::connect(&config.database_url, config.db_connections, "api").await?;
        db::require_schema(&db).await?;
        let admin_connections = config.db_connections.div_ceil(4);
        let admin_db =
            db::connect(&config.admin_database_url, admin_connections, "api-admin").await?;
        let redis = redis_lazily(&config)?;
        let access = AccessFeed::default();
        access.look(&db).await.context("cannot read who was suspended lately")?;

        Ok(Arc::new_cyclic(|app: &std::sync::Weak<Self>| Self {
            health: Health::new(Dependencies { app: app.clone() }, stop),
            passwords: Passwords::default(),
            access_tokens: AccessTokens::new(&config.jwt_secret),
            limits: RateLimits::new(config.user_rate, config.address_rate),
            cors: Cors::new(config.cors_origins.clone()),
            config,
            db,
            admin_db,
            redis,
            access,
            metrics,
        }))
    }
}

/// Makes no connection yet: a start does not wait for Redis.
fn redis_lazily(config: &Config) -> anyhow::Result<ConnectionManager> {
    // The library's message may quote the URL, password included.
    let client = redis::Client::open(config.redis_url.expose_secret())
        .map_err(|_| anyhow::anyhow!("REDIS_URL is not a Redis URL"))?;
    let settings = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(REDIS_TIMEOUT))
        .set_response_timeout(Some(REDIS_TIMEOUT))
        .set_number_of_retries(1);
    ConnectionManager::new_lazy_with_config(client, settings).context("cannot set up Redis")
}

/// Asks what this process depends on. Weak: the state owns it.
struct Dependencies {
    app: std::sync::Weak<State>,
}

#[async_trait]
impl HealthSource for Dependencies {
    async fn checks(&self) -> Vec<Check> {
        let Some(app) = self.app.upgrade() else {
            return vec![Check::down("process", "stopping")];
        };
        let (postgres, redis) = tokio::join!(postgres(&app.db), redis(app.redis.clone()));
        vec![postgres, redis, access(&app.access)]
    }
}

async fn postgres(db: &PgPool) -> Check {
    // SQL of no domain: whether the server answers at all.
    match sqlx::query("SELECT 1").execute(db).await {
        Ok(_) => Check::ok("postgres"),
        Err(_) => Check::down("postgres", "does not answer"),
    }
}

async fn redis(mut redis: ConnectionManager) -> Check {
    match redis::cmd("PING").query_async::<String>(&mut redis).await {
        Ok(_) => Check::ok("redis"),
        Err(_) => Check::degraded("redis", "does not answer; workers look by themselves"),
    }
}

fn access(feed: &AccessFeed) -> Check {
    match feed.age() {
        Some(age) if age <= ACCESS_AGE_MAX => Check::ok("access_feed"),
        _ => Check::degraded("access_feed", "suspensions take effect late"),
    }
}
