//! Everything the worker's parts share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use providers::{BodyBudget, ProviderConfig, Registry};
use secrecy::ExposeSecret;
use shared::generation::claim::Terms;
use shared::images::{ImageStore, TimeLimits};
use shared::jobs::Bells;
use shared::ledger::Credits;
use shared::pool::CatalogueFeed;
use shared::pool::vault::{Keyring, MasterKeys};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::hot_cache::HotCache;
use crate::settler::Settler;

const CATALOGUE_AGE_MAX: Duration = Duration::from_millis(500);
const STORE_PROBE_EVERY: Duration = Duration::from_secs(5);

pub struct Deps {
    pub db: PgPool,
    pub redis: redis::Client,
    pub redis_namespace: String,
    pub catalogue: CatalogueFeed,
    pub hot: HotCache,
    pub keyring: Keyring,
    pub providers: Registry,
    pub images: ImageStore,
    pub bells: Bells,
    pub settler: Settler,
    pub terms: Terms,
    pub attempts_max: i32,
    pub permits: i32,
    pub quota_sync_interval: Duration,
    /// Rung by a bell, a freed permit, or anything else that makes it worth while to look.
    pub due: Notify,
    pub sync_due: Notify,
    pub expiry_due: Notify,
    /// An unhealthy store means no new claims: an image that cannot be kept would be bought for nothing.
    store_healthy: AtomicBool,
}

impl Deps {
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let db =
            shared::db::connect(&config.database_url, config.db_connections, "aetherflow-worker")
                .await?;
        shared::db::require_schema(&db).await?;
        let redis = redis::Client::open(config.redis_url.expose_secret()).context("REDIS_URL")?;
        let catalogue = CatalogueFeed::open(db.clone()).await?;
        let keyring = Keyring::new(
            MasterKeys::parse(config.master_keys.expose_secret())
                .context("AETHERFLOW_MASTER_KEYS")?,
        );
        let options = config.object_store_options.iter().cloned();
        let images = ImageStore::open(&config.object_store, options, TimeLimits::default())
            .await
            .context("AETHERFLOW_OBJECT_STORE")?;
        let bells = Bells::start(redis.clone(), &config.redis_namespace);
        Ok(Self {
            settler: Settler::start(db.clone(), bells.clone()),
            hot: HotCache::new(db.clone()),
            providers: registry(config)?,
            terms: Terms {
                lease: config.lease,
                call_max: config.attempt_timeout,
                keep_max: config.keep_max,
                own_fee: Credits::from(config.byok_fee),
                commission_rate: config.commission_rate,
            },
            attempts_max: config.attempts_max,
            permits: i32::try_from(config.concurrency)?,
            quota_sync_interval: config.quota_sync_interval,
            redis_namespace: config.redis_namespace.clone(),
            db,
            redis,
            catalogue,
            keyring,
            images,
            bells,
            due: Notify::new(),
            sync_due: Notify::new(),
            expiry_due: Notify::new(),
            store_healthy: AtomicBool::new(true),
        })
    }

    pub fn store_is_healthy(&self) -> bool {
        self.store_healthy.load(Ordering::Relaxed)
    }

    /// Stops claims until a probe succeeds.
    pub fn suspect_store(&self) {
        self.store_healthy.store(false, Ordering::Relaxed);
    }

    /// Whether every master key a hosted key is wrapped with is loaded: else this worker would take
    /// tasks it cannot serve.
    pub fn missing_master_keys(&self) -> Vec<String> {
        let catalogue = self.catalogue.current();
        let mut missing: Vec<String> = catalogue
            .resources()
            .map(|it| it.master_key_id.clone())
            .filter(|it| !self.keyring.has(it))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        missing
    }
}

fn registry(config: &Config) -> anyhow::Result<Registry> {
    let budget = BodyBudget::new(config.body_budget);
    let mut configs = Vec::new();
    for name in Registry::NAMES {
        let url = match config.provider_urls.get(*name) {
            Some(url) => url.parse().with_context(|| format!("the base URL of {name}"))?,
            None => Registry::default_base_url(name)
                .with_context(|| format!("{name} has no base URL"))?,
        };
        configs.push(((*name).to_owned(), ProviderConfig::new(url, budget.clone())));
    }
    Ok(Registry::new(configs)?)
}

/// Re-reads what changed in the catalogue, twice a second.
pub async fn keep_catalogue_fresh(deps: Arc<Deps>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(CATALOGUE_AGE_MAX);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        if let Err(error) = deps.catalogue.refresh().await {
            tracing::warn!(%error, "the catalogue was not refreshed");
        }
    }
}

/// Probes an image store that failed until it works again.
pub async fn watch_image_store(deps: Arc<Deps>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(STORE_PROBE_EVERY);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while stop.run_until_cancelled(tick.tick()).await.is_some() {
        if deps.store_is_healthy() {
            continue;
        }
        match deps.images.probe().await {
            Ok(()) => {
                tracing::info!("the image store works again");
                deps.store_healthy.store(true, Ordering::Relaxed);
                deps.due.notify_one();
            }
            Err(error) => {
                tracing::warn!(%error, "the image store does not work; nothing is claimed");
            }
        }
    }
}
