//! The hot counters, read at most ten times a second; in between this process corrects them by what it
//! did itself. They only order candidates: the claim decides.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use shared::pool::hot::{HotSnapshot, Readiness};
use shared::pool::store;
use sqlx::PgPool;
use uuid::Uuid;

const AGE_MAX: Duration = Duration::from_millis(100);
/// Reading may take this share of the time at the most, so that thousands of keys do not mean that all
/// we do is read counters.
const READING_SHARE: u32 = 20;

pub struct HotCache {
    db: PgPool,
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    snapshot: HotSnapshot,
    next: Option<Instant>,
}

impl HotCache {
    pub fn new(db: PgPool) -> Self {
        Self { db, read: Mutex::default() }
    }

    /// Reads the counters again if they are too old.
    pub async fn refresh(&self) -> sqlx::Result<()> {
        if self.lock().next.is_some_and(|next| Instant::now() < next) {
            return Ok(());
        }
        let began = Instant::now();
        let snapshot = store::read_hot(&mut *self.db.acquire().await?).await?;
        let next = Instant::now() + AGE_MAX.max(began.elapsed() * READING_SHARE);
        *self.lock() = Read { snapshot, next: Some(next) };
        Ok(())
    }

    /// Looks at the counters; `look` must be quick.
    pub fn with<T>(&self, look: impl FnOnce(&HotSnapshot) -> T) -> T {
        look(&self.lock().snapshot)
    }

    /// A call went out with this key.
    pub fn started(&self, resource: Uuid) {
        if let Some(state) = self.lock().snapshot.states.get_mut(&resource) {
            state.in_flight += 1;
        }
    }

    /// A call with this key ended.
    pub fn ended(&self, resource: Uuid) {
        if let Some(state) = self.lock().snapshot.states.get_mut(&resource) {
            state.in_flight = (state.in_flight - 1).max(0);
        }
    }

    /// The claim refused this key for a reason the snapshot does not know: out until the next reading.
    pub fn refused(&self, resource: Uuid) {
        if let Some(state) = self.lock().snapshot.states.get_mut(&resource) {
            state.readiness = Readiness::Cooling;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
