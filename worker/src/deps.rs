//! Everything the worker's parts share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context;
use operations::periodic::every;
use providers::{BodyBudget, ProviderConfig, Registry};
use secrecy::{ExposeSecret, SecretString};
use shared::generation::CompensationBudgets;
use shared::generation::claim::AttemptRules;
use shared::generation::endings::Endings;
use shared::images::{ImageStore, TimeLimits};
use shared::jobs::{Bells, JobKind};
use shared::ledger::Credits;
use shared::pool::vault::{Keyring, MasterKeys, SealContext, Sealed, VaultError};
use shared::pool::{CatalogueFeed, Resource};
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::bell::Ears;
use crate::boot::Boot;
use crate::hot_cache::HotCache;
use crate::reach::Reach;
use crate::settler::Settler;

const CATALOGUE_AGE_MAX: Duration = Duration::from_millis(500);
const STORE_PROBE_EVERY: Duration = Duration::from_secs(5);
/// Other keys that are opened to see whether a master key is good.
const OPENED_MAX: usize = 16;

pub struct Deps {
    pub db: PgPool,
    pub boot: Boot,
    pub redis: redis::Client,
    pub redis_namespace: String,
    pub catalogue: CatalogueFeed,
    pub hot: HotCache,
    pub keyring: Keyring,
    pub providers: Registry,
    pub reach: Reach,
    pub images: ImageStore,
    pub bells: Bells,
    pub ears: Ears,
    pub endings: Endings,
    pub settler: Settler,
    pub rules: AttemptRules,
    pub attempts_max: i32,
    pub budgets: CompensationBudgets,
    pub permits: u16,
    pub quota_sync_interval: Duration,
    bells_heard: [Notify; JobKind::ALL.len()],
    /// While the store is unhealthy nothing is claimed: an image that cannot be kept would be bought for
    /// nothing.
    store_healthy: AtomicBool,
}

impl Deps {
    /// Connects, and registers this process as a worker.
    pub async fn open(config: &Config) -> anyhow::Result<Self> {
        let db =
            shared::db::connect(&config.database_url, config.db_connections, "aetherflow-worker")
                .await?;
        shared::db::require_schema(&db).await?;
        let redis = redis::Client::open(config.redis_url.expose_secret()).context("REDIS_URL")?;
        let catalogue = CatalogueFeed::open(db.clone(), config.price_max_factor).await?;
        let keyring = Keyring::new(
            MasterKeys::parse(config.master_keys.expose_secret())
                .context("AETHERFLOW_MASTER_KEYS")?,
        );
        let options = config.object_store_options.iter().cloned();
        let images = ImageStore::open(&config.object_store, options, TimeLimits::default())
            .await
            .context("AETHERFLOW_OBJECT_STORE")?;
        let bells = Bells::start(redis.clone(), &config.redis_namespace);
        let endings = Endings::start(bells.clone(), db.clone());
        let boot = Boot::register(db.clone(), config.lease, config.concurrency)
            .await
            .context("cannot register this worker")?;
        let deps = Self {
            boot,
            settler: Settler::start(db.clone(), endings.clone(), config.budgets),
            endings,
            hot: HotCache::new(db.clone()),
            providers: registry(config)?,
            reach: Reach::default(),
            rules: AttemptRules {
                lease: config.lease,
                call_max: config.attempt_timeout,
                keep_max: config.keep_max,
                own_fee: Credits::from(config.byok_fee),
                commission_rate: config.commission_rate,
                price_max_factor: config.price_max_factor,
                strikes_max: config.strikes_max,
            },
            attempts_max: config.attempts_max,
            budgets: config.budgets,
            permits: config.concurrency,
            quota_sync_interval: config.quota_sync_interval,
            redis_namespace: config.redis_namespace.clone(),
            db,
            redis,
            catalogue,
            keyring,
            images,
            bells,
            ears: Ears::default(),
            bells_heard: Default::default(),
            store_healthy: AtomicBool::new(true),
        };
        deps.refresh_catalogue().await?;
        Ok(deps)
    }

    /// Notified by a bell of this kind, and by whatever else in this process makes a look worth while.
    pub fn bell(&self, kind: JobKind) -> &Notify {
        &self.bells_heard[kind as usize]
    }

    /// Decrypts a hosted key.
    pub fn open_key(&self, resource: &Resource) -> Result<SecretString, VaultError> {
        self.try_key(resource).inspect_err(|error| {
            tracing::error!(resource = %resource.id, %error, "a hosted key cannot be opened");
            metrics::counter!("aetherflow_keys_unopened_total").increment(1);
        })
    }

    /// Whether the master key of this resource opens the key of any other.
    pub fn master_key_is_proven(&self, resource: &Resource) -> bool {
        self.catalogue
            .current()
            .resources()
            .filter(|it| it.id != resource.id && it.master_key_id == resource.master_key_id)
            .take(OPENED_MAX)
            .any(|it| self.try_key(it).is_ok())
    }

    fn try_key(&self, resource: &Resource) -> Result<SecretString, VaultError> {
        let context = SealContext {
            resource_id: resource.id,
            owner_id: resource.owner_id,
            provider: &resource.provider,
        };
        let sealed = Sealed {
            key_ciphertext: resource.key_ciphertext.clone(),
            data_key_wrapped: resource.data_key_wrapped.clone(),
            master_key_id: resource.master_key_id.clone(),
        };
        self.keyring.open(&context, &sealed)
    }

    /// Re-reads what changed in the catalogue. A key whose master key is not loaded here is none of this
    /// worker's: others may have it.
    pub async fn refresh_catalogue(&self) -> sqlx::Result<()> {
        self.catalogue.refresh().await?;
        let catalogue = self.catalogue.current();
        let unopenable =
            catalogue.resources().filter(|it| !self.keyring.has(&it.master_key_id)).map(|it| it.id);
        self.hot.set_unopenable(unopenable.collect());
        Ok(())
    }

    pub fn store_is_healthy(&self) -> bool {
        self.store_healthy.load(Ordering::Relaxed)
    }

    /// Stops claims until a probe succeeds.
    pub fn suspect_store(&self) {
        self.store_healthy.store(false, Ordering::Relaxed);
    }

    /// The master keys that hosted keys are wrapped with and that are not loaded here: this worker would
    /// take tasks it cannot serve.
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
    every(CATALOGUE_AGE_MAX, &stop, "catalogue", || deps.refresh_catalogue()).await;
}

/// Probes an image store that failed until it works again.
pub async fn watch_image_store(deps: Arc<Deps>, stop: CancellationToken) {
    every(STORE_PROBE_EVERY, &stop, "image-store", || async {
        if !deps.store_is_healthy() {
            deps.images.probe().await?;
            deps.store_healthy.store(true, Ordering::Relaxed);
            deps.bell(JobKind::GenerateImage).notify_one();
        }
        Ok::<_, shared::images::ImageStoreError>(())
    })
    .await;
}
