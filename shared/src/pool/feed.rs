//! Keeps a catalogue fresh: read whole once, then by change number.

use std::sync::Arc;

use parking_lot::Mutex;
use rust_decimal::Decimal;
use sqlx::PgPool;
use tokio::sync::Mutex as AsyncMutex;

use super::catalogue::Catalogue;
use super::store::{self, Keys};

/// The catalogue as this process last read it. Cheap to clone; readers never wait for a refresh.
#[derive(Clone)]
pub struct CatalogueFeed {
    db: PgPool,
    keys: Keys,
    current: Arc<Mutex<Arc<Catalogue>>>,
    /// Where the next read begins; held while one reads, so refreshes do not overlap.
    since: Arc<AsyncMutex<String>>,
}

impl CatalogueFeed {
    /// An empty catalogue without sealed keys; the first refresh reads it whole. Keys dearer than `price_max_factor`
    /// times the reference price of their provider offer nothing.
    pub fn without_keys(db: PgPool, price_max_factor: Decimal) -> Self {
        Self::new(db, price_max_factor, Keys::LeftOut)
    }

    fn new(db: PgPool, price_max_factor: Decimal, keys: Keys) -> Self {
        let empty = Arc::new(Catalogue::new(price_max_factor));
        Self {
            db,
            keys,
            current: Arc::new(Mutex::new(empty)),
            since: Arc::new(AsyncMutex::new("0".to_owned())),
        }
    }

    /// Reads the catalogue whole, with the sealed keys.
    pub async fn open(db: PgPool, price_max_factor: Decimal) -> sqlx::Result<Self> {
        let feed = Self::new(db, price_max_factor, Keys::Sealed);
        feed.refresh().await?;
        Ok(feed)
    }

    pub fn current(&self) -> Arc<Catalogue> {
        Arc::clone(&self.current.lock())
    }

    /// Reads what changed since the last refresh.
    pub async fn refresh(&self) -> sqlx::Result<()> {
        let mut since = self.since.lock().await;
        let mut catalogue = Catalogue::clone(&self.current());
        let mut conn = self.db.acquire().await?;
        let upto = store::refresh_catalogue(&mut conn, &mut catalogue, &since, self.keys).await?;
        *since = upto;
        *self.current.lock() = Arc::new(catalogue);
        Ok(())
    }
}
