//! The hot counters, read at most ten times a second; in between this process corrects them by what it
//! did itself. They only order candidates: the claim decides.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use shared::pool::hot::{HotSnapshot, Readiness};
use shared::pool::store;
use sqlx::PgPool;
use uuid::Uuid;

use crate::withheld::Withheld;

const AGE_MAX: Duration = Duration::from_millis(100);
/// Older counters are not used at all. Younger ones are, while new ones are on their way: an idle worker
/// looks once a second, so the first task after a pause does not wait for them.
const STALE_MAX: Duration = Duration::from_millis(1_500);
/// Reading may take this share of the time at the most, so that thousands of keys do not mean that all
/// we do is read counters.
const READING_SHARE: u32 = 20;

pub struct HotCache {
    db: PgPool,
    read: Arc<Mutex<Read>>,
    withheld: Arc<Mutex<Withheld>>,
}

#[derive(Default)]
struct Read {
    snapshot: HotSnapshot,
    at: Option<Instant>,
    next: Option<Instant>,
}

impl HotCache {
    pub fn new(db: PgPool) -> Self {
        Self { db, read: Arc::default(), withheld: Arc::default() }
    }

    /// Has the counters read again if they are old; waits for that only if they are too old.
    pub async fn refresh(&self) -> sqlx::Result<()> {
        let now = Instant::now();
        let usable = {
            let mut read = self.read.lock();
            if read.next.is_some_and(|next| now < next) {
                return Ok(());
            }
            let usable = read.at.is_some_and(|at| now.duration_since(at) < STALE_MAX);
            if usable {
                // Nobody else begins meanwhile.
                read.next = Some(now + AGE_MAX);
            }
            usable
        };
        let (db, read) = (self.db.clone(), Arc::clone(&self.read));
        let withheld = Arc::clone(&self.withheld);
        if !usable {
            return read_again(&db, &read, &withheld).await;
        }
        tokio::spawn(async move {
            if let Err(error) = read_again(&db, &read, &withheld).await {
                tracing::debug!(%error, "the counters were not read");
            }
        });
        Ok(())
    }

    /// Looks at the counters; `look` must be quick.
    pub fn with<T>(&self, look: impl FnOnce(&HotSnapshot) -> T) -> T {
        look(&self.read.lock().snapshot)
    }

    /// A call went out with this key.
    pub fn started(&self, resource: Uuid) {
        if let Some(state) = self.read.lock().snapshot.states.get_mut(&resource) {
            state.in_flight += 1;
        }
    }

    /// A call with this key ended.
    pub fn ended(&self, resource: Uuid) {
        if let Some(state) = self.read.lock().snapshot.states.get_mut(&resource) {
            state.in_flight = (state.in_flight - 1).max(0);
        }
    }

    /// The claim refused this key for a reason the snapshot does not know: out until the next reading.
    pub fn refused(&self, resource: Uuid) {
        if let Some(state) = self.read.lock().snapshot.states.get_mut(&resource) {
            state.readiness = Readiness::Cooling;
        }
    }

    /// A call with this key could not be sent from here: out for a while, for this worker alone.
    pub fn avoid(&self, resource: Uuid) {
        self.withheld.lock().avoid(resource, Instant::now());
        self.refused(resource);
    }

    /// A call with this key was sent.
    pub fn sent(&self, resource: Uuid) {
        self.withheld.lock().sent(resource);
    }

    /// Keys that cannot be opened here.
    pub fn set_unopenable(&self, resources: HashSet<Uuid>) {
        for resource in &resources {
            self.refused(*resource);
        }
        self.withheld.lock().set_unopenable(resources);
    }
}

async fn read_again(
    db: &PgPool,
    read: &Mutex<Read>,
    withheld: &Mutex<Withheld>,
) -> sqlx::Result<()> {
    let mut conn = db.acquire().await?;
    // Opening a connection is no part of it: that takes long once, and would put off the next reading.
    let began = Instant::now();
    let mut snapshot = store::read_hot(&mut conn).await?;
    // Locked until the counters are replaced: what is withheld meanwhile is withheld in them too.
    let withheld = withheld.lock();
    let now = Instant::now();
    for state in snapshot.states.values_mut().filter(|it| withheld.holds(it.resource_id, now)) {
        state.readiness = Readiness::Cooling;
    }
    let next = Instant::now() + AGE_MAX.max(began.elapsed() * READING_SHARE);
    *read.lock() = Read { snapshot, at: Some(began), next: Some(next) };
    Ok(())
}
