//! Rings bells without ever making the caller wait: a bounded queue in the process, emptied in bulk by
//! one task. A full queue, a frozen or absent Redis drop bells; PostgreSQL still knows what is due.

use std::time::Duration;

use apalis::prelude::TaskSink;
use redis::AsyncCommands;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::channel::encode_ids;
use super::queue::storage;
use super::{
    Channels, ExpireCredits, GenerateImage, Job, JobKind, QUEUE_DEPTH_MAX, SyncQuotas, queue_depth,
};

const WAITING_MAX: usize = 8_192;
const BULK_MAX: usize = 500;
/// From one bulk to the next at the least: what follows a bulk shares the next one.
const APART: Duration = Duration::from_millis(2);
/// Tasks of a bulk that share a bell: whoever hears it looks for all that is due. What it has no room for
/// waits for its next free permit, the next bell, or the tick of another worker.
const TASKS_PER_BELL: usize = 8;
/// How long Redis may take for one command before its bells are dropped.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long a sampled queue depth is believed.
const DEPTH_SAMPLE_AGE_MAX: Duration = Duration::from_millis(500);

enum Bell {
    Task(Uuid),
    Kind(JobKind),
    Ended(Vec<Uuid>),
}

/// A handle to the process's pusher. Cheap to clone.
#[derive(Clone)]
pub struct Bells {
    queue: mpsc::Sender<Bell>,
}

impl Bells {
    /// Starts the pusher. Redis need not be there yet.
    pub fn start(redis: redis::Client, namespace: &str) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        tokio::spawn(
            Pusher { redis, namespace: namespace.to_owned(), conn: None, depth: Depth::default() }
                .run(waiting),
        );
        Self { queue }
    }

    /// A task may be due.
    pub fn ring_task(&self, task: Uuid) {
        self.send(Bell::Task(task));
    }

    /// Something of this kind may be due.
    pub fn ring(&self, kind: JobKind) {
        self.send(Bell::Kind(kind));
    }

    /// These tasks reached a final state.
    pub fn publish_ended(&self, tasks: &[Uuid]) {
        if !tasks.is_empty() {
            self.send(Bell::Ended(tasks.to_vec()));
        }
    }

    fn send(&self, bell: Bell) {
        // Dropping is right: the bell is a hint, and a full queue means that Redis is not listening.
        let _ = self.queue.try_send(bell);
    }
}

#[derive(Default)]
struct Depth {
    sampled_at: Option<Instant>,
    waiting: u64,
}

struct Pusher {
    redis: redis::Client,
    namespace: String,
    conn: Option<ConnectionManager>,
    depth: Depth,
}

impl Pusher {
    async fn run(mut self, mut waiting: mpsc::Receiver<Bell>) {
        let mut bells = Vec::with_capacity(BULK_MAX);
        while waiting.recv_many(&mut bells, BULK_MAX).await > 0 {
            let next_at = Instant::now() + APART;
            if let Err(error) = self.push(bells.drain(..)).await {
                tracing::debug!(error, "bells dropped");
            }
            sleep_until(next_at).await;
        }
    }

    async fn push(&mut self, bells: impl Iterator<Item = Bell>) -> Result<(), String> {
        let (mut tasks, mut kinds, mut ended) = (Vec::new(), Vec::new(), Vec::new());
        for bell in bells {
            match bell {
                Bell::Task(task) => tasks.push(GenerateImage { task_id: Some(task) }),
                Bell::Kind(kind) => kinds.push(kind),
                Bell::Ended(ids) => ended.extend(ids),
            }
        }
        let tasks: Vec<_> = tasks.into_iter().step_by(TASKS_PER_BELL).collect();
        let mut conn = self.connection().await?;
        let pushed = async {
            if !ended.is_empty() {
                let channel = Channels::new(&self.namespace).ended();
                let () =
                    conn.publish(channel, encode_ids(&ended)).await.map_err(|it| it.to_string())?;
            }
            kinds.sort_unstable_by_key(|it| it.as_str());
            kinds.dedup();
            if !tasks.is_empty() {
                self.push_jobs(&mut conn, tasks).await?;
            }
            for kind in kinds {
                let conn = &mut conn;
                match kind {
                    JobKind::GenerateImage => {
                        self.push_jobs(conn, vec![GenerateImage { task_id: None }]).await
                    }
                    JobKind::SyncQuotas => self.push_jobs(conn, vec![SyncQuotas {}]).await,
                    JobKind::ExpireCredits => self.push_jobs(conn, vec![ExpireCredits {}]).await,
                }?;
            }
            Ok(())
        };
        // `push_jobs` needs `self`; the connection is a clone of the same manager.
        tokio::time::timeout(PATIENCE * 2, pushed)
            .await
            .unwrap_or_else(|_| Err("Redis took too long".to_owned()))
    }

    async fn push_jobs<J: Job>(
        &mut self,
        conn: &mut ConnectionManager,
        jobs: Vec<J>,
    ) -> Result<(), String> {
        if self.depth.sampled_at.is_none_or(|at| at.elapsed() > DEPTH_SAMPLE_AGE_MAX) {
            self.depth.waiting =
                queue_depth(conn, &self.namespace, J::KIND).await.map_err(|it| it.to_string())?;
            self.depth.sampled_at = Some(Instant::now());
        }
        if self.depth.waiting < QUEUE_DEPTH_MAX {
            self.depth.waiting += jobs.len() as u64;
            storage::<J>(conn.clone(), &self.namespace)
                .push_bulk(jobs)
                .await
                .map_err(|it| it.to_string())?;
        }
        let channel = Channels::new(&self.namespace).wake(J::KIND);
        conn.publish::<_, _, ()>(channel, b"1").await.map_err(|it| it.to_string())
    }

    async fn connection(&mut self) -> Result<ConnectionManager, String> {
        if let Some(conn) = &self.conn {
            return Ok(conn.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(PATIENCE))
            .set_connection_timeout(Some(PATIENCE))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_secs(1));
        let connecting = self.redis.get_connection_manager_with_config(config);
        let conn = tokio::time::timeout(PATIENCE * 2, connecting)
            .await
            .map_err(|_| "Redis does not answer".to_owned())?
            .map_err(|it| it.to_string())?;
        self.conn = Some(conn.clone());
        Ok(conn)
    }
}
