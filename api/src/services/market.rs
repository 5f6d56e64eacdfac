//! What can be bought and what it costs, in memory. A submit reads it without waiting for anything.

use std::{sync::Arc, time::Duration};

use operations::periodic::every_or_woken;
use parking_lot::Mutex;
use shared::{generation::quote::PriceList, ledger::Credits, pool::CatalogueFeed};
use sqlx::PgPool;
use tokio::{
    sync::{Mutex as AsyncMutex, Notify},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use crate::problem::{Code, Problem};

/// How often it is read again by itself; with the reading it is a second old at the most.
const EVERY: Duration = Duration::from_millis(700);

/// What somebody waits for is read at most this often: refusals must not become a load.
const ON_DEMAND_EVERY: Duration = Duration::from_millis(50);

/// The catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MarketError {
    /// By this asker.
    #[error(transparent)]
    Store(#[from] sqlx::Error),
    /// By another, who asked for all that wait.
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

/// When a reading began, and what came of it.
#[derive(Clone, Copy)]
struct Reading {
    began: Instant,
    succeeded: bool,
}

/// The prices of this process.
pub struct Market {
    feed: CatalogueFeed,
    own_fee: Credits,
    prices: Mutex<Arc<PriceList>>,
    /// The last reading; held while one runs, so that its askers share it.
    last: AsyncMutex<Option<Reading>>,
    /// When the prices were read, for whoever must not wait.
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
            last: AsyncMutex::new(None),
            read_at: Mutex::new(None),
            nudge: Notify::new(),
        }
    }

    /// As last read.
    pub fn prices(&self) -> Arc<PriceList> {
        Arc::clone(&self.prices.lock())
    }

    /// As of now, for whoever is about to be refused by what was read earlier. Everyone who asks while
    /// a reading is awaited shares it, its failure too: a database that is away is not asked by each.
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

    /// Something changed: read soon, without making anybody wait.
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

    /// The caller holds `last`, so a later reading is never replaced by an earlier one.
    async fn read(&self, last: &mut Option<Reading>) -> sqlx::Result<()> {
        let began = Instant::now();
        // Noted afterwards: an asker that leaves half-way has neither succeeded nor failed.
        let refreshed = self.feed.refresh().await;
        *last = Some(Reading { began, succeeded: refreshed.is_ok() });
        refreshed?;
        let prices = Arc::new(PriceList::new(self.feed.current(), self.own_fee));
        *self.prices.lock() = prices;
        *self.read_at.lock() = Some(began);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use sqlx::postgres::PgPoolOptions;

    use super::*;

    #[tokio::test]
    async fn those_who_wait_for_a_database_that_is_away_wait_once() {
        let timeout = Duration::from_millis(300);
        let pool = PgPoolOptions::new().acquire_timeout(timeout);
        let nowhere = pool.connect_lazy("postgres://nobody@127.0.0.1:1/nothing").unwrap();
        let market = Market::new(nowhere, Credits::ZERO);
        let began = Instant::now();

        let answers = join_all((0..20).map(|_| market.fresh_prices())).await;

        assert!(answers.iter().all(Result::is_err));
        assert!(began.elapsed() < 10 * timeout, "{:?}", began.elapsed());
        assert_eq!(market.age(), Duration::MAX, "nothing was ever read");
    }
}
