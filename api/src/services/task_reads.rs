//! Reads of single tasks. Clients that poll or begin to wait at the same time share a query.

use std::{collections::HashMap, sync::Arc, time::Duration};

use shared::{
    batch::{BatchError, BatchLimits, Batcher},
    generation::tasks::{self, Task},
};
use sqlx::PgPool;
use uuid::Uuid;

use crate::problem::{Code, Problem};

const LIMITS: BatchLimits = BatchLimits {
    lanes: 2,
    crowd: 16,
    linger: Duration::from_millis(5),
    batch_max: 200,
    waiting_max: 20_000,
};

type Found = Result<Option<Arc<Task>>, Code>;

/// Gathers the reads of this process into queries.
pub struct TaskReads {
    batcher: Batcher<Uuid, Found>,
}

impl TaskReads {
    /// Starts with no reads.
    pub fn start(db: PgPool) -> Self {
        let batcher = Batcher::start(LIMITS, move |ids: Vec<Uuid>| {
            let db = db.clone();
            async move { read(&db, &ids).await }
        });
        Self { batcher }
    }

    /// The task as it is now, if it belongs to this user.
    pub async fn find(&self, id: Uuid, user: Uuid) -> Result<Option<Arc<Task>>, Problem> {
        let found = self.batcher.ask(id).await.map_err(|error| match error {
            BatchError::Full => {
                Problem::new(Code::Unavailable, "too many requests at the same time; try again")
            }
            BatchError::Stopped => {
                Problem::new(Code::Unavailable, "the server is stopping; try again")
            }
        })?;
        let task = found.map_err(|code| Problem::new(code, "the task could not be read"))?;
        Ok(task.filter(|it| it.user_id == user))
    }
}

async fn read(db: &PgPool, ids: &[Uuid]) -> Vec<Found> {
    match list(db, ids).await {
        Ok(tasks) => {
            let found: HashMap<_, _> = tasks.into_iter().map(|it| (it.id, Arc::new(it))).collect();
            ids.iter().map(|id| Ok(found.get(id).cloned())).collect()
        }
        // All readers get the same failure, which is logged once.
        Err(error) => {
            let code = Problem::from(error).code();
            ids.iter().map(|_| Err(code)).collect()
        }
    }
}

async fn list(db: &PgPool, ids: &[Uuid]) -> sqlx::Result<Vec<Task>> {
    tasks::list_any(&mut *db.acquire().await?, ids).await
}
