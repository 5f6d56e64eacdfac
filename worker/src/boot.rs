//! This life of the process. A worker that was silent for a lease may be declared dead; until somebody does
//! it is alive, and a late beat is as good as any. When a worker finds out that it was declared dead, it
//! registers anew and goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::Duration;

use operations::periodic::every;
use parking_lot::Mutex;
use shared::failpoint;
use shared::generation::boot as store;
use sqlx::PgPool;
use tokio::sync::Mutex as AsyncMutex;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::deps::Deps;

pub struct Boot {
    db: PgPool,
    lease: Duration,
    permits: u16,
    id: Mutex<Uuid>,
    /// Held while this life is changed, so that a late beat does not register a process that has ended.
    life: AsyncMutex<Life>,
    /// Calls out now, reported with every heartbeat.
    pub busy: AtomicI32,
    /// An admin wants no new calls from this process.
    drained: AtomicBool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    Working,
    /// This process said that it stops.
    Over,
}

impl Boot {
    pub async fn register(db: PgPool, lease: Duration, permits: u16) -> sqlx::Result<Self> {
        let (id, busy) = (Mutex::new(Uuid::now_v7()), AtomicI32::new(0));
        let life = AsyncMutex::new(Life::Working);
        let drained = AtomicBool::new(false);
        let boot = Self { db, lease, permits, id, life, busy, drained };
        boot.register_again().await?;
        Ok(boot)
    }

    pub fn id(&self) -> Uuid {
        *self.id.lock()
    }

    /// Begins a new life: calls of the old one were or will be rescued. A process that has said that it
    /// stops begins none.
    pub async fn register_again(&self) -> sqlx::Result<()> {
        let life = self.life.lock().await;
        self.register_as_new(&life).await
    }

    async fn register_as_new(&self, life: &Life) -> sqlx::Result<()> {
        if *life == Life::Over {
            return Ok(());
        }
        let id = Uuid::now_v7();
        let version = env!("CARGO_PKG_VERSION");
        store::register(&self.db, id, &host(), version, self.permits.into()).await?;
        *self.id.lock() = id;
        if self.is_drained() {
            // What an admin wants holds for the process, whatever it is called.
            store::drain(&mut *self.db.acquire().await?, id, true).await?;
        }
        Ok(())
    }

    /// Whether it may start no new calls, as of the last beat.
    pub fn is_drained(&self) -> bool {
        self.drained.load(Ordering::Relaxed)
    }

    /// Says that this worker stops, so that nobody waits a lease for it.
    pub async fn end(&self) {
        let mut life = self.life.lock().await;
        *life = Life::Over;
        if let Err(error) = store::end(&self.db, self.id(), "stopped").await {
            tracing::warn!(%error, "the end of this boot was not recorded; its lease will run out");
        }
    }

    async fn beat(&self) -> sqlx::Result<()> {
        failpoint::hit("worker.beat");
        let life = self.life.lock().await;
        if *life == Life::Over {
            return Ok(());
        }
        let alive = store::beat(&self.db, self.id(), self.busy.load(Ordering::Relaxed)).await?;
        if !alive {
            tracing::warn!(boot = %self.id(), "this worker was declared dead; registering anew");
            return self.register_as_new(&life).await;
        }
        let drained = store::is_drained(&self.db, self.id()).await?;
        if self.drained.swap(drained, Ordering::Relaxed) != drained {
            tracing::info!(boot = %self.id(), drained, "an admin decided whether this worker starts calls");
        }
        Ok(())
    }
}

/// Sends a heartbeat every quarter of the lease.
pub async fn keep_beating(deps: Arc<Deps>, stop: CancellationToken) {
    let boot = &deps.boot;
    every(boot.lease / 4, &stop, "heartbeat", || boot.beat()).await;
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map_or_else(|_| "unknown".to_owned(), |it| it.trim().to_owned())
}
