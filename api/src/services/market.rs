//! What can be bought and what it costs, in memory. A submit reads it without waiting.

use std::{sync::Arc, time::Duration};

use operations::periodic::every_or_woken;
use parking_lot::Mutex;
use rust_decimal::Decimal;
use shared::{
    generation::quote::PriceList,
    ledger::Credits,
    pool::{CatalogueFeed, hot::HotSnapshot, store},
};
use sqlx::PgPool;
use tokio::{
    sync::{Mutex as AsyncMutex, Notify},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::problem::{Code, Problem};

/// How often it is read anew. Together with the time a reading takes, it is at most a second old.
const EVERY: Duration = Duration::from_millis(700);

/// How often it is read at most because somebody waits for it: refusals must not become a load.
const ON_DEMAND_EVERY: Duration = Duration::from_millis(50);

/// The catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// The reading that this caller made.
    #[error(transparent)]
    Store(#[from] sqlx::Error),
    /// The reading that another caller made for all who were waiting.
    #[error("the catalogue could not be read")]
    Shared,
}

impl From<MarketError> for Problem {
    fn from(error: MarketError) -> Self {
        match error {
            MarketError::Store(error) => error.into(),
            MarketError::Shared => {
                Self::new(Code::Unavailable, "the database does not answer; try again")
            }
        }
    }
}

/// When a reading began, and whether it succeeded.
#[derive(Clone, Copy)]
struct Reading {
    began: Instant,
    succeeded: bool,
}

/// What prices follow from, besides the catalogue and the counters.
#[derive(Clone, Copy, Debug)]
pub struct MarketRules {
    /// What a task costs on an own key.
    pub own_fee: Credits,
    /// What a hold adds to the estimate, as a fraction of it.
    pub price_headroom: Decimal,
    /// No price may be above so many times its provider's reference price.
    pub price_max_factor: Decimal,
}

/// The prices of this process.
pub struct Market {
    db: PgPool,
    feed: CatalogueFeed,
    rules: MarketRules,
    prices: Mutex<Arc<PriceList>>,
    /// The last reading. Locked while one is under way, so that all who ask meanwhile share it.
    last: AsyncMutex<Option<Reading>>,
    /// When the prices were read, for callers that must not wait.
    read_at: Mutex<Option<Instant>>,
    nudge: Notify,
}

impl Market {
    /// With nothing to buy yet.
    pub fn new(db: PgPool, rules: MarketRules) -> Self {
        let feed = CatalogueFeed::without_keys(db.clone(), rules.price_max_factor);
        let prices = rules.prices(&feed, &HotSnapshot::default());
        Self {
            db,
            feed,
            rules,
            prices: Mutex::new(Arc::new(prices)),
            last: AsyncMutex::new(None),
            read_at: Mutex::new(None),
            nudge: Notify::new(),
        }
    }

    /// The prices as last read.
    pub fn prices(&self) -> Arc<PriceList> {
        Arc::clone(&self.prices.lock())
    }

    /// The prices as of now, for a request about to be refused because of an earlier reading. All who ask
    /// while a reading is awaited share its result, also a failure, so that a database that does not answer
    /// is not asked by each of them.
    pub async fn fresh_prices(&self) -> Result<Arc<PriceList>, MarketError> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        match *last {
            Some(reading) if reading.began >= asked => {
                return reading.succeeded.then(|| self.prices()).ok_or(MarketError::Shared);
            }
            Some(reading) => sleep_until(reading.began + ON_DEMAND_EVERY).await,
            None => {}
        }
        self.read(&mut last).await?;
        Ok(self.prices())
    }

    /// How old the prices are.
    pub fn age(&self) -> Duration {
        let read_at = *self.read_at.lock();
        read_at.map_or(Duration::MAX, |it| it.elapsed())
    }

    /// Something changed: the prices are read again soon, while nobody waits.
    pub fn read_soon(&self) {
        self.nudge.notify_one();
    }

    /// Keeps the prices fresh until `stop`.
    pub async fn follow(&self, stop: CancellationToken) {
        every_or_woken(EVERY, &self.nudge, &stop, "market", || async {
            let mut last = self.last.lock().await;
            self.read(&mut last).await
        })
        .await;
    }

    /// The caller has locked `last`, so an earlier reading never replaces a later one.
    async fn read(&self, last: &mut Option<Reading>) -> sqlx::Result<()> {
        let began = Instant::now();
        // Noted afterwards: a caller that leaves half-way has neither succeeded nor failed.
        let counters = self.read_counters().await;
        *last = Some(Reading { began, succeeded: counters.is_ok() });
        *self.prices.lock() = Arc::new(self.rules.prices(&self.feed, &counters?));
        *self.read_at.lock() = Some(began);
        Ok(())
    }

    /// Brings the catalogue up to date, then reads the counters: of every key in the catalogue there are some.
    async fn read_counters(&self) -> sqlx::Result<HotSnapshot> {
        self.feed.refresh().await?;
        store::read_hot(&mut *self.db.acquire().await?).await
    }
}

impl MarketRules {
    fn prices(&self, feed: &CatalogueFeed, hot: &HotSnapshot) -> PriceList {
        PriceList::new(feed.current(), hot, self.own_fee, self.price_headroom)
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use sqlx::postgres::PgPoolOptions;

    use super::*;
    use crate::services::GenerationConfig;

    #[tokio::test]
    async fn callers_waiting_for_a_database_that_does_not_answer_wait_once() {
        let timeout = Duration::from_millis(300);
        let pool = PgPoolOptions::new().acquire_timeout(timeout);
        let nowhere = pool.connect_lazy("postgres://nobody@127.0.0.1:1/nothing").unwrap();
        let market = Market::new(nowhere, GenerationConfig::for_tests().market);
        let began = Instant::now();

        let answers = join_all((0..20).map(|_| market.fresh_prices())).await;

        assert!(answers.iter().all(Result::is_err));
        assert!(began.elapsed() < 10 * timeout, "{:?}", began.elapsed());
        assert_eq!(market.age(), Duration::MAX, "nothing was ever read");
    }
}
