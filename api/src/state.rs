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
    generation::endings::Endings,
    identity::{
        access::{AccessFeed, AccessTokens, Tickets},
        password::Passwords,
        pseudonym::Pseudonyms,
        totp,
    },
    jobs::Bells,
};
use sqlx::PgPool;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    console::Console,
    middleware::{cors::Cors, rate_limit::RateLimits},
    services::{Generation, HostedKeys, Pulse},
    streams::Streams,
};

/// Shared by every request: `Data(app): Data<&App>`.
pub type App = Arc<State>;

/// A look older than this is not what the contract promises about suspensions.
const ACCESS_AGE_MAX: Duration = Duration::from_secs(5);
/// Submits are judged by what was read a second ago.
const CATALOGUE_AGE_MAX: Duration = Duration::from_secs(5);
/// A dependency slower than this is away: one that hangs must not make the others look so.
const CHECK_TIMEOUT: Duration = Duration::from_secs(1);
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
    /// Says to workers that something may be due; never waits for Redis.
    pub bells: Bells,
    /// Encrypts hosted keys and checks them with their providers.
    pub hosted_keys: HostedKeys,
    /// What submitting and watching tasks needs.
    pub generation: Arc<Generation>,
    /// What happened lately, for admins.
    pub pulse: Pulse,
    /// Streams of events.
    pub streams: Streams,
    /// Opens streams of events for browsers.
    pub tickets: Tickets,
    /// Hashes and verifies, a bounded number at once.
    pub passwords: Passwords,
    /// Issues and verifies access tokens.
    pub access_tokens: AccessTokens,
    /// E-mail addresses as logs show them.
    pub pseudonyms: Pseudonyms,
    /// What changed about users within the life of a token.
    pub access: AccessFeed,
    /// Requests per user and per address.
    pub limits: RateLimits,
    /// Tells of tasks that ended.
    pub endings: Endings,
    /// Origins whose pages may call.
    pub cors: Cors,
    /// This process has been asked to stop.
    pub stopping: CancellationToken,
    /// What is served beside the API.
    pub console: Console,
    /// The health of this process.
    pub health: Health,
    /// What was counted.
    pub metrics: Metrics,
}

/// What a process is connected to.
pub struct Connections {
    /// PostgreSQL, as `aether_api`.
    pub db: PgPool,
    /// PostgreSQL, as `aether_admin`.
    pub admin_db: PgPool,
    /// Redis.
    pub redis: ConnectionManager,
    /// Redis again, for hints.
    pub bells: Bells,
}

impl Connections {
    /// Connects. PostgreSQL must be there and have this build's schema; Redis need not.
    async fn open(config: &Config) -> anyhow::Result<Self> {
        let db = db::connect(&config.database_url, config.db_connections, "api").await?;
        db::require_schema(&db).await?;
        let admin_connections = config.db_connections.div_ceil(4);
        let admin_db =
            db::connect(&config.admin_database_url, admin_connections, "api-admin").await?;
        Ok(Self { db, admin_db, redis: redis_lazily(config)?, bells: start_bells(config)? })
    }
}

impl State {
    /// Connects, and reads what must be known before the first request.
    pub async fn connect(
        config: Config,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> anyhow::Result<App> {
        let connections = Connections::open(&config).await?;
        let app = Self::new(config, connections, metrics, stop)?;
        app.generation.open(&app.config.generation).await?;
        app.access.look(&app.db).await.context("cannot read who was suspended lately")?;
        Ok(app)
    }

    /// Out of its parts, asking nobody.
    pub fn new(
        config: Config,
        connections: Connections,
        metrics: Metrics,
        stop: CancellationToken,
    ) -> anyhow::Result<App> {
        let Connections { db, admin_db, redis, bells } = connections;
        let hosted_keys = HostedKeys::open(&config.hosted_keys)?;
        let generation = Generation::new(&config, db.clone(), bells.clone(), stop.clone())?;
        let generation = Arc::new(generation);
        let streams = Streams::new(db.clone(), Arc::clone(&generation), &config);
        let endings = Endings::start(bells.clone(), db.clone());
        Ok(Arc::new_cyclic(|app: &std::sync::Weak<Self>| Self {
            health: Health::new(Dependencies { app: app.clone() }, stop.clone()),
            stopping: stop,
            passwords: Passwords::default(),
            access_tokens: AccessTokens::new(&config.jwt_secret),
            tickets: Tickets::new(&config.jwt_secret),
            pseudonyms: Pseudonyms::new(&config.jwt_secret),
            access: AccessFeed::default(),
            limits: RateLimits::new(config.user_rate, config.address_rate),
            cors: Cors::new(config.cors_origins.clone()),
            console: Console::new(config.console_dir.clone()),
            config,
            db,
            admin_db,
            redis,
            bells,
            endings,
            hosted_keys,
            generation,
            streams,
            pulse: Pulse::default(),
            metrics,
        }))
    }
}

/// Makes no connection yet: a start does not wait for Redis.
pub fn redis_lazily(config: &Config) -> anyhow::Result<ConnectionManager> {
    let settings = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(REDIS_TIMEOUT))
        .set_response_timeout(Some(REDIS_TIMEOUT))
        .set_number_of_retries(1);
    ConnectionManager::new_lazy_with_config(redis_client(config)?, settings)
        .context("cannot set up Redis")
}

/// Starts what rings bells; it connects when there is one to ring.
pub fn start_bells(config: &Config) -> anyhow::Result<Bells> {
    Ok(Bells::start(redis_client(config)?, &config.redis_namespace))
}

/// Connects when it is used.
pub fn redis_client(config: &Config) -> anyhow::Result<redis::Client> {
    // The library's message may quote the URL, password included.
    redis::Client::open(config.redis_url.expose_secret())
        .map_err(|_| anyhow::anyhow!("REDIS_URL is not a Redis URL"))
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
        let (postgres, redis, keys) =
            tokio::join!(postgres(&app.db), redis(app.redis.clone()), master_keys(&app));
        vec![postgres, redis, keys, access(&app.access), catalogue(&app.generation)]
    }
}

async fn postgres(db: &PgPool) -> Check {
    match timeout(CHECK_TIMEOUT, shared::db::ping(db)).await {
        Ok(Ok(())) => Check::ok("postgres"),
        Ok(Err(_)) | Err(_) => Check::down("postgres", "does not answer"),
    }
}

/// Whether codes of every second factor can be judged. That the database does not answer is said by its own check.
async fn master_keys(app: &State) -> Check {
    let read = timeout(CHECK_TIMEOUT, totp::missing_master_keys(&app.db, &app.hosted_keys.keyring));
    match read.await {
        Ok(Ok(missing)) if !missing.is_empty() => {
            Check::down("master_keys", format!("not loaded: {}", missing.join(", ")))
        }
        _ => Check::ok("master_keys"),
    }
}

async fn redis(mut redis: ConnectionManager) -> Check {
    let ping = redis::cmd("PING");
    match timeout(CHECK_TIMEOUT, ping.query_async::<String>(&mut redis)).await {
        Ok(Ok(_)) => Check::ok("redis"),
        Ok(Err(_)) | Err(_) => {
            Check::degraded("redis", "does not answer; workers look by themselves")
        }
    }
}

fn catalogue(generation: &Generation) -> Check {
    match generation.market.age() {
        age if age <= CATALOGUE_AGE_MAX => Check::ok("catalogue"),
        _ => Check::degraded("catalogue", "prices and resources are not of the present"),
    }
}

fn access(feed: &AccessFeed) -> Check {
    match feed.age() {
        Some(age) if age <= ACCESS_AGE_MAX => Check::ok("access_feed"),
        _ => Check::degraded("access_feed", "suspensions take effect late"),
    }
}
