//! What can be bought and what it costs, in memory. A submit reads it without waiting for anything.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shared::{generation::quote::PriceList, ledger::Credits, pool::CatalogueFeed};
use sqlx::PgPool;
use tokio::{
    sync::{Mutex as AsyncMutex, Notify},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// How often it is read again by itself; with the reading it is a second old at the most.
const EVERY: Duration = Duration::from_millis(700);

/// What somebody waits for is read at most this often: refusals must not become a load.
const ON_DEMAND_EVERY: Duration = Duration::from_millis(50);

/// The prices of this process.
pub struct Market {
    feed: CatalogueFeed,
    own_fee: Credits,
    prices: Mutex<Arc<PriceList>>,
    /// When the last reading began; held while one runs, so that its askers share it.
    began: AsyncMutex<Option<Instant>>,
    /// The same for whoever must not wait.
    read_at: Mutex<Option<Instant>>,
    nudge: Notify,
}

impl Market {
    /// Nothing to buy yet.
    pub fn new(db: PgPool, own_fee: Credits) -> Self {
        let feed = CatalogueFeed::new(db);
        let prices = PriceList::new(feed.current(), own_fee);
        Self {
            feed,
            own_fee,
            prices: Mutex::new(Arc::new(prices)),
            began: AsyncMutex::new(None),
            read_at: Mutex::new(None),
            nudge: Notify::new(),
        }
    }

    /// As last read.
    pub fn prices(&self) -> Arc<PriceList> {
        Arc::clone(&self.prices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// As of now, for whoever is about to be refused by what was read earlier. Everyone who asks while
    /// a reading is awaited shares it.
    pub async fn fresh_prices(&self) -> sqlx::Result<Arc<PriceList>> {
        let asked = Instant::now();
        let mut began = self.began.lock().await;
        if began.is_none_or(|it| it < asked) {
            if let Some(began) = *began {
                sleep_until(began + ON_DEMAND_EVERY).await;
            }
            self.read(&mut began).await?;
        }
        Ok(self.prices())
    }

    /// How old the prices are.
    pub fn age(&self) -> Duration {
        let read_at = *self.read_at.lock().unwrap_or_else(PoisonError::into_inner);
        read_at.map_or(Duration::MAX, |it| it.elapsed())
    }

    /// Something changed: read soon, without making anybody wait.
    pub fn read_soon(&self) {
        self.nudge.notify_one();
    }

    /// Keeps the prices fresh until `stop`.
    pub async fn follow(&self, stop: CancellationToken) {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.nudge.notified() => {}
                _ = tick.tick() => {}
            }
            let mut began = self.began.lock().await;
            let read = self.read(&mut began).await;
            if let Err(error) = &read
                && !failing
            {
                tracing::warn!(%error, "the catalogue was not refreshed; prices grow old");
            }
            failing = read.is_err();
        }
    }

    /// The caller holds `began`, so a later reading is never replaced by an earlier one.
    async fn read(&self, began: &mut Option<Instant>) -> sqlx::Result<()> {
        let now = Instant::now();
        self.feed.refresh().await?;
        let prices = Arc::new(PriceList::new(self.feed.current(), self.own_fee));
        *self.prices.lock().unwrap_or_else(PoisonError::into_inner) = prices;
        *self.read_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        *began = Some(now);
        Ok(())
    }
}
