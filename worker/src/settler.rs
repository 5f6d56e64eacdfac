//! Settles kept images in batches. A batch that fails is retried one by one, and what fails alone is
//! parked with its image: an alarm for an admin, never a second purchase.

use std::sync::Arc;
use std::time::{Duration, Instant};

use backon::Retryable;
use shared::batch::{BatchError, BatchLimits, Batcher};
use shared::db::is_passing;
use shared::failpoint;
use shared::generation::CompensationBudgets;
use shared::generation::endings::Endings;
use shared::generation::settle::{self, KeptDelivery, SettleOutcome, Settlement};
use sqlx::PgPool;
use uuid::Uuid;

use crate::backoff;

/// More lanes only queue inside PostgreSQL.
const LIMITS: BatchLimits = BatchLimits {
    lanes: 2,
    crowd: 32,
    linger: Duration::from_millis(10),
    batch_max: 128,
    waiting_max: 4096,
};

/// What became of one delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    Settled,
    Surplus,
    /// Another process settled or ended it before.
    Already,
    /// Could not be settled; waits for an admin.
    Parked,
}

#[derive(Clone)]
pub struct Settler {
    batcher: Batcher<KeptDelivery, Delivered>,
}

impl Settler {
    pub fn start(db: PgPool, endings: Endings, budgets: CompensationBudgets) -> Self {
        let bench = Arc::new(Bench { db, endings, budgets });
        let batcher = Batcher::start(LIMITS, move |items| {
            let bench = Arc::clone(&bench);
            async move { bench.settle(items).await }
        });
        Self { batcher }
    }

    /// Moves the credits for one kept image; returns when that is durable, or it is parked.
    pub async fn settle(&self, item: KeptDelivery) -> Result<Delivered, BatchError> {
        self.batcher.ask_patiently(item).await
    }
}

struct Bench {
    db: PgPool,
    endings: Endings,
    budgets: CompensationBudgets,
}

impl Bench {
    async fn settle(&self, items: Vec<KeptDelivery>) -> Vec<Delivered> {
        failpoint::hit("worker.before-settle");
        let began = Instant::now();
        let outcome = match self.persist(&items).await {
            Ok(settlements) => self.report(&items, &settlements),
            Err(error) => {
                tracing::warn!(%error, batch = items.len(), "a batch did not settle; going one by one");
                self.one_by_one(&items).await
            }
        };
        failpoint::hit("worker.after-settle");
        metrics::histogram!("aetherflow_settle_batch_size")
            .record(f64::from(u32::try_from(items.len()).unwrap_or(u32::MAX)));
        metrics::histogram!("aetherflow_settle_seconds").record(began.elapsed().as_secs_f64());
        outcome
    }

    /// Repeats while the database is away: the images are kept and paid for, there is nothing better to do.
    async fn persist(&self, items: &[KeptDelivery]) -> sqlx::Result<Vec<Settlement>> {
        (|| settle::settle_batch(&self.db, items, &self.budgets))
            .retry(backoff::for_database())
            .when(is_passing)
            .notify(|error, _| tracing::warn!(%error, batch = items.len(), "settling again"))
            .await
    }

    async fn one_by_one(&self, items: &[KeptDelivery]) -> Vec<Delivered> {
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            let item = std::slice::from_ref(item);
            match self.persist(item).await {
                Ok(settlements) => outcomes.extend(self.report(item, &settlements)),
                Err(error) => {
                    self.park(item[0].attempt, &error).await;
                    outcomes.push(Delivered::Parked);
                }
            }
        }
        outcomes
    }

    async fn park(&self, attempt: Uuid, why: &sqlx::Error) {
        tracing::error!(%attempt, error = %why, "a settlement fails alone and is parked with its image");
        metrics::counter!("aetherflow_settlements_parked_total").increment(1);
        let why = why.to_string();
        let parked = (|| settle::park(&self.db, attempt, &why))
            .retry(backoff::for_database())
            .when(is_passing)
            .notify(|error, _| tracing::warn!(%error, %attempt, "parking again"))
            .await;
        if let Err(error) = parked {
            // The attempt passes its hard deadline, and rescue finds the kept image.
            tracing::error!(%error, %attempt, "not parked; left to rescue");
        }
    }

    fn report(&self, items: &[KeptDelivery], settlements: &[Settlement]) -> Vec<Delivered> {
        let ended: Vec<_> = settlements
            .iter()
            .filter(|it| matches!(it.outcome, SettleOutcome::Settled | SettleOutcome::Repeated))
            .filter_map(|it| it.task)
            .collect();
        self.endings.announce(&ended);
        items
            .iter()
            .map(|item| {
                let outcome =
                    settlements.iter().find(|it| it.attempt == item.attempt).map(|it| it.outcome);
                match outcome {
                    Some(SettleOutcome::Settled | SettleOutcome::Repeated) => Delivered::Settled,
                    Some(SettleOutcome::Surplus) => Delivered::Surplus,
                    Some(SettleOutcome::Already | SettleOutcome::Gone) | None => Delivered::Already,
                }
            })
            .collect()
    }
}
