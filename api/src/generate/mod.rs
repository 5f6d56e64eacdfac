//! What submitting and watching tasks needs between requests: prices in memory, submits in batches,
//! clients that wait, links to images.

mod image_links;
mod market;
mod submits;
mod task_waiters;
mod waiting_counts;

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use operations::settings::{self, Settings};
use rust_decimal::Decimal;
use secrecy::{ExposeSecret, SecretString};
use shared::{
    images::{ImageStore, LinkSecret, TimeLimits},
    jobs::{Bells, Channels, Listener},
    ledger::Credits,
};
use sqlx::PgPool;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use url::Url;

pub use image_links::ImageLinks;
pub use market::Market;
pub use submits::{SubmitRefusal, Submits};
pub use task_waiters::{TaskWaiters, TooManyWaiters, Waiter};
pub use waiting_counts::WaitingCounts;

/// What the environment says about tasks.
#[derive(Debug)]
pub struct GenerationConfig {
    /// Where images are kept.
    pub object_store: String,
    /// The environment's `AWS_*` variables, for an S3 object store.
    object_store_options: Vec<(String, String)>,
    /// Signs image links.
    url_secret: SecretString,
    /// What a hold adds to the estimate, as a fraction.
    pub price_headroom: Decimal,
    /// Waiting tasks one user may have.
    pub queue_max: u32,
    /// Moderated prompts of one user in a day.
    pub strikes_max: i32,
    /// How long a task may wait when its request does not say.
    pub task_deadline: Duration,
    /// What an own task on an own key costs.
    pub own_fee: Credits,
}

impl GenerationConfig {
    /// Reads its part of the environment.
    pub fn read(settings: &mut Settings) -> Self {
        Self {
            object_store: settings.url(&settings::OBJECT_STORE).to_string(),
            object_store_options: settings.aws_variables(),
            url_secret: settings.secret(&settings::URL_SECRET),
            price_headroom: settings.decimal(&settings::PRICE_HEADROOM),
            queue_max: settings.integer(&settings::QUEUE_MAX),
            strikes_max: settings.integer::<u32>(&settings::STRIKES_MAX).try_into().unwrap_or(i32::MAX),
            task_deadline: settings.duration(&settings::TASK_DEADLINE),
            own_fee: Credits::from(settings.decimal(&settings::BYOK_FEE)),
        }
    }
}

/// The parts, all safe to share.
pub struct Generation {
    /// Prices, a second old at the most.
    pub market: Market,
    /// The way of a new task into the database.
    pub submits: Submits,
    /// Clients that wait for a task to end.
    pub waiters: Arc<TaskWaiters>,
    /// Addresses of images.
    pub links: ImageLinks,
    /// Made images.
    pub images: ImageStore,
}

impl Generation {
    /// Reads the catalogue and opens the image store. `stop`: no client waits any longer.
    pub async fn open(
        config: &GenerationConfig,
        public_url: &Url,
        db: PgPool,
        bells: Bells,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let options = config.object_store_options.iter().cloned();
        let images = ImageStore::open(&config.object_store, options, TimeLimits::default())
            .await
            .context("AETHERFLOW_OBJECT_STORE")?;
        let secret = LinkSecret::new(&config.url_secret).context("AETHERFLOW_URL_SECRET")?;
        let market = Market::open(db.clone(), config.own_fee)
            .await
            .context("cannot read the catalogue")?;
        let counts = Arc::new(WaitingCounts::new(config.queue_max));
        Ok(Self {
            market,
            submits: Submits::start(db, bells, counts, config.strikes_max),
            waiters: Arc::new(TaskWaiters::new(stop)),
            links: ImageLinks::new(secret, public_url),
            images,
        })
    }

    /// Starts what keeps the parts current, until `stop`.
    pub fn follow(
        self: &Arc<Self>,
        tracker: &TaskTracker,
        db: &PgPool,
        redis: redis::Client,
        namespace: &str,
        stop: &CancellationToken,
    ) {
        let (own, token) = (Arc::clone(self), stop.clone());
        tracker.spawn(async move { own.market.follow(token).await });
        let (counts, pool, token) = (Arc::clone(self.submits.counts()), db.clone(), stop.clone());
        tracker.spawn(async move { counts.follow(&pool, token).await });
        let ended = Listener::listen_ended(redis, &Channels::new(namespace));
        let (waiters, pool, token) = (Arc::clone(&self.waiters), db.clone(), stop.clone());
        tracker.spawn(async move { waiters.answer(&pool, ended, token).await });
    }
}

/// A client for what keeps its own connections. The library's message may quote the URL, password
/// included.
pub fn redis_client(url: &SecretString) -> anyhow::Result<redis::Client> {
    redis::Client::open(url.expose_secret())
        .map_err(|_| anyhow::anyhow!("REDIS_URL is not a Redis URL"))
}
