//! Streams of events (server-sent events): what happens to a user's tasks, credits and resources, as it happens.
//!
//! | where | what |
//! | --- | --- |
//! | `event` | types, ids, and how an event is written |
//! | `registry` | the open streams: places and ends |
//! | `queue` | what waits for a client, in events and bytes |
//! | `watch` | what changed, found with a handful of queries a second for all streams together |
//! | `seen` | what the streams were told already |
//! | `replay` | what ended while a client was away |
//!
//! PostgreSQL is looked at once a second; a message of Redis that tasks ended makes it sooner. A stream may break off
//! at any time: a client comes back with the id of the last event it had, and gets what ended since.

mod event;
mod queue;
mod registry;
mod replay;
mod seen;
mod watch;

use std::sync::Arc;

use operations::Service;
use shared::{
    identity::access::AccessFeed,
    jobs::{Channels, Listener},
};
use sqlx::PgPool;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use event::{
    BalanceTotalsView, EventId, EventType, EventTypes, ResetReason, ResetView, frame, opening,
    position, task_frame,
};
pub use registry::{Registry, STREAMS_PER_USER_MAX, Scope, Subscription, TooManyStreams};
pub use replay::replay;
pub use watch::Watch;

use crate::{
    config::Config,
    services::Generation,
    state::{App, redis_client},
};

/// Everything about streams of a process.
pub struct Streams {
    /// The open ones.
    pub registry: Arc<Registry>,
    /// What changed.
    pub watch: Watch,
}

impl Streams {
    /// With none open.
    pub fn new(db: PgPool, generation: Arc<Generation>, config: &Config) -> Self {
        let registry = Arc::new(Registry::default());
        let price_max_factor = config.generation.market.price_max_factor;
        let watch = Watch::new(Arc::clone(&registry), db, generation, price_max_factor);
        Self { registry, watch }
    }

    /// Tells the streams what happens, until the process ends.
    pub fn follow(app: &App, service: &Service) -> anyhow::Result<()> {
        let channels = Channels::new(&app.config.redis_namespace);
        let ended = Listener::listen_ended(redis_client(&app.config)?, &channels);
        let (own, stopping) = (Arc::clone(app), service.stopping());
        service.upkeep("event-streams", async move {
            own.streams.watch.follow(ended, stopping.clone()).await;
            own.streams.registry.close();
        });
        let (own, stopping) = (Arc::clone(app), service.stopping());
        service.upkeep("event-stream-credentials", async move {
            own.streams.judge(&own.access, stopping).await;
        });
        Ok(())
    }

    /// Judges credentials every five seconds, and keeps silent streams alive.
    async fn judge(&self, access: &AccessFeed, stop: CancellationToken) {
        let mut seconds = 0_u32;
        let mut ticks = operations::periodic::ticks(std::time::Duration::from_secs(1));
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            self.registry.keep(Instant::now());
            seconds += 1;
            if seconds.is_multiple_of(5) {
                self.registry.judge(|it| access.judge_reader(it).is_ok());
            }
        }
    }
}
