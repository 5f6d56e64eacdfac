//! What the duties share.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use shared::generation::endings::Endings;
use shared::images::{ImageStore, ImageStoreError, TimeLimits};
use shared::jobs::Bells;
use shared::ledger::audit;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::answering::DatabaseWatch;
use crate::board::Board;
use crate::{Config, DutySettings};

/// Everything a duty may use.
pub struct Deps {
    pub db: PgPool,
    pub redis: redis::Client,
    pub images: ImageStore,
    pub bells: Bells,
    pub endings: Endings,
    pub settings: DutySettings,
    /// Whether anybody may be declared dead.
    pub watch: DatabaseWatch,
    /// The gauges of the leader.
    pub(crate) board: Board,
    /// Canceled when the process stops: a long duty that loses nothing ends early.
    pub stopping: CancellationToken,
    /// How far the walk of image retention has come; nil where the next one begins.
    pub(crate) retention_walk: Mutex<Uuid>,
    store_works: AtomicBool,
}

impl Deps {
    /// Connects to everything.
    pub async fn open(config: &Config, stopping: CancellationToken) -> anyhow::Result<Self> {
        // One connection of all is the lead's.
        let connections = config.db_connections.saturating_sub(1).max(1);
        let db =
            shared::db::connect(&config.database_url, connections, "aetherflow-scheduler").await?;
        shared::db::require_schema(&db).await?;
        anyhow::ensure!(
            audit::watermark_is_ours(&db).await?,
            "the roll-up's watermark is from another cluster (a restore?); run `ctl rebuild-balances`"
        );
        let options = config.object_store_options.iter().cloned();
        let images = ImageStore::open(&config.object_store, options, TimeLimits::default())
            .await
            .context("AETHERFLOW_OBJECT_STORE")?;
        let redis = redis::Client::open(config.redis_url.expose_secret()).context("REDIS_URL")?;
        Ok(Self::new(db, redis, &config.redis_namespace, images, config.duties, stopping))
    }

    /// Out of its parts.
    pub fn new(
        db: PgPool,
        redis: redis::Client,
        redis_namespace: &str,
        images: ImageStore,
        settings: DutySettings,
        stopping: CancellationToken,
    ) -> Self {
        let bells = Bells::start(redis.clone(), redis_namespace);
        Self {
            endings: Endings::start(bells.clone(), db.clone()),
            db,
            bells,
            redis,
            images,
            settings,
            watch: DatabaseWatch::new(settings.lease),
            board: Board::default(),
            stopping,
            retention_walk: Mutex::new(Uuid::nil()),
            store_works: AtomicBool::new(true),
        }
    }

    /// Whether the object store did what it was last asked.
    pub fn store_works(&self) -> bool {
        self.store_works.load(Ordering::Relaxed)
    }

    /// Remembers whether the store works; a damaged or missing image is no fault of the store.
    pub(crate) fn note_store<T>(&self, answer: &Result<T, ImageStoreError>) {
        let works = !matches!(
            answer,
            Err(ImageStoreError::TimedOut { .. } | ImageStoreError::Failed { .. })
        );
        self.store_works.store(works, Ordering::Relaxed);
    }
}
