//! What submitting and watching tasks needs from one request to the next: prices in memory, submits in
//! batches, clients that wait, links to images.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::Context;
use operations::{
    Service,
    settings::{self, Settings},
};
use rust_decimal::Decimal;
use secrecy::SecretString;
use shared::{
    images::{ImageStore, LinkSecret, TimeLimits},
    jobs::{Bells, Channels, Listener},
    ledger::Credits,
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    config::Config,
    problem::{Code, Problem},
    state::redis_client,
};

use super::{
    ImageLinks, Market, MarketRules, Renditions, TaskReads, TaskWaiters,
    submit::{LaneBook, SubmitQueue, WaitingCounts},
};

/// What the environment says about tasks.
#[derive(Debug)]
pub struct GenerationConfig {
    /// Where images are kept.
    pub object_store: String,
    /// The environment's `AWS_*` variables, for an S3 object store.
    object_store_options: Vec<(String, String)>,
    /// Signs image links.
    url_secret: SecretString,
    /// What prices follow from.
    pub market: MarketRules,
    /// The platform's share of what a resource earns.
    pub commission_rate: Decimal,
    /// How long images are kept.
    pub image_retention: Duration,
    /// The most waiting tasks of one user.
    pub queue_max: u32,
    /// The most prompts of one user that moderation may refuse in a day.
    pub strikes_max: i32,
    /// How long a task may wait if its request does not say.
    pub task_deadline: Duration,
}

impl GenerationConfig {
    /// Reads its part of the environment.
    pub fn read(settings: &mut Settings) -> Self {
        Self {
            object_store: settings.url(&settings::OBJECT_STORE).to_string(),
            object_store_options: settings.aws_variables(),
            url_secret: settings.secret(&settings::URL_SECRET),
            market: MarketRules {
                own_fee: Credits::from(settings.decimal(&settings::BYOK_FEE)),
                price_headroom: settings.decimal(&settings::PRICE_HEADROOM),
                price_max_factor: settings.decimal(&settings::PRICE_MAX_FACTOR),
            },
            commission_rate: settings.decimal(&settings::COMMISSION_RATE),
            image_retention: settings.duration(&settings::IMAGE_RETENTION),
            queue_max: settings.integer(&settings::QUEUE_MAX),
            strikes_max: settings
                .integer::<u32>(&settings::STRIKES_MAX)
                .try_into()
                .unwrap_or(i32::MAX),
            task_deadline: settings.duration(&settings::TASK_DEADLINE),
        }
    }

    /// With the contract's defaults.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self {
            object_store: "file:///nowhere".to_owned(),
            object_store_options: Vec::new(),
            url_secret: "0123456789abcdef0123456789abcdef".into(),
            market: MarketRules {
                own_fee: Credits::ZERO,
                price_headroom: Decimal::new(1, 1),
                price_max_factor: Decimal::from(5),
            },
            commission_rate: Decimal::new(1, 1),
            image_retention: Duration::from_hours(30 * 24),
            queue_max: 10_000,
            strikes_max: 20,
            task_deadline: Duration::from_mins(5),
        }
    }
}

/// All parts, safe to share between requests.
pub struct Generation {
    /// Prices, at most a second old.
    pub market: Market,
    /// Where tasks wait.
    pub lanes: LaneBook,
    /// Writes new tasks into the database.
    pub submits: SubmitQueue,
    /// Reads tasks.
    pub reads: TaskReads,
    /// Clients that wait for a task to end.
    pub waiters: Arc<TaskWaiters>,
    /// Makes addresses of images.
    pub links: ImageLinks,
    /// Images in other sizes and formats.
    pub renditions: Renditions,
    images: OnceLock<ImageStore>,
    db: PgPool,
}

impl Generation {
    /// Connects to nothing yet: see [`Self::open`]. Once `stop` is canceled, no client waits any longer.
    pub fn new(
        config: &Config,
        db: PgPool,
        bells: Bells,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let own = &config.generation;
        let secret = LinkSecret::new(&own.url_secret).context("AETHERFLOW_URL_SECRET")?;
        let counts = Arc::new(WaitingCounts::new(own.queue_max));
        Ok(Self {
            market: Market::new(db.clone(), own.market),
            lanes: LaneBook::new(db.clone()),
            submits: SubmitQueue::start(db.clone(), bells, counts, own.strikes_max),
            reads: TaskReads::start(db.clone()),
            waiters: Arc::new(TaskWaiters::new(stop)),
            links: ImageLinks::new(secret, &config.public_url, own.image_retention),
            renditions: Renditions::default(),
            images: OnceLock::new(),
            db,
        })
    }

    /// Reads the catalogue and opens the image store, which must be done before the first request.
    pub async fn open(&self, config: &GenerationConfig) -> anyhow::Result<()> {
        self.market.fresh_prices().await.context("cannot read the catalogue")?;
        let options = config.object_store_options.iter().cloned();
        let images = ImageStore::open(&config.object_store, options, TimeLimits::default())
            .await
            .context("AETHERFLOW_OBJECT_STORE")?;
        self.images.get_or_init(|| images);
        Ok(())
    }

    /// The image store; 503 until it is open.
    pub fn images(&self) -> Result<&ImageStore, Problem> {
        let images = self.images.get();
        images.ok_or_else(|| {
            Problem::new(Code::Unavailable, "the server is still starting; try again")
        })
    }

    /// Starts what keeps the parts current until the process ends.
    pub fn follow(self: &Arc<Self>, service: &Service, config: &Config) -> anyhow::Result<()> {
        let channels = Channels::new(&config.redis_namespace);
        let ended = Listener::listen_ended(redis_client(config)?, &channels);
        let (own, ending) = (Arc::clone(self), service.ending());
        service.upkeep("market", async move { own.market.follow(ending).await });
        let (own, ending) = (Arc::clone(self), service.ending());
        service.upkeep("waiting-counts", async move {
            own.submits.counts().follow(&own.db, ending).await;
        });
        let (own, ending) = (Arc::clone(self), service.ending());
        service.upkeep("task-waiters", async move {
            own.waiters.answer(&own.db, ended, ending).await;
        });
        Ok(())
    }
}
