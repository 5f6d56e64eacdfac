//! Rings bells without ever making the caller wait: a bounded queue in the process, emptied in bulk by
//! one task. Where that queue is full, or Redis does not answer, bells are dropped; PostgreSQL still
//! knows what is due.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use redis::AsyncCommands;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use super::channel::encode_ids;
use super::{Channels, JobKind, QUEUE_DEPTH_MAX, queue, queue_depth};

const WAITING_MAX: usize = 8_192;
const BULK_MAX: usize = 500;
/// Pause between two bulks: what is rung meanwhile shares the next one.
const BULK_PAUSE: Duration = Duration::from_millis(2);
/// Rings of a bulk that share one bell: the worker that hears it looks for everything that is due. What
/// it has no room for waits for its next free permit, the next bell, or another worker's regular look.
const RINGS_PER_BELL: usize = 8;
/// How long Redis may take for one command before its bells are dropped.
const REDIS_TIMEOUT: Duration = Duration::from_secs(2);
/// How long a sampled queue depth is relied on.
const DEPTH_SAMPLE_AGE_MAX: Duration = Duration::from_millis(500);

enum Message {
    /// Work of this kind may be due.
    Ring(JobKind),
    /// These tasks reached a final state.
    Ended(Vec<Uuid>),
}

/// A handle to the process's pusher. Cheap to clone.
#[derive(Clone)]
pub struct Bells {
    queue: mpsc::Sender<Message>,
}

impl Bells {
    /// Starts the pusher. Redis need not be there yet.
    pub fn start(redis: redis::Client, namespace: &str) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING_MAX);
        let namespace = namespace.to_owned();
        let pusher = Pusher { redis, namespace, conn: None, depths: HashMap::new() };
        tokio::spawn(pusher.run(waiting));
        Self { queue }
    }

    /// Work of this kind may be due.
    pub fn ring(&self, kind: JobKind) {
        self.send(Message::Ring(kind));
    }

    /// These tasks reached a final state. Only for the announcer, which also tells the log.
    pub(crate) fn publish_ended(&self, tasks: &[Uuid]) {
        if !tasks.is_empty() {
            self.send(Message::Ended(tasks.to_vec()));
        }
    }

    fn send(&self, message: Message) {
        // Dropping is right: it is a hint, and a full queue means that Redis does not keep up.
        let _ = self.queue.try_send(message);
    }
}

/// How many entries waited in a queue when it was sampled, and were pushed since.
#[derive(Clone, Copy)]
struct Depth {
    sampled_at: Instant,
    waiting: u64,
}

impl Depth {
    async fn sample(
        conn: &mut ConnectionManager,
        namespace: &str,
        kind: JobKind,
    ) -> redis::RedisResult<Self> {
        let waiting = queue_depth(conn, namespace, kind).await?;
        Ok(Self { sampled_at: Instant::now(), waiting })
    }
}

struct Pusher {
    redis: redis::Client,
    namespace: String,
    conn: Option<ConnectionManager>,
    /// One sample for each queue: a full queue says nothing about the others.
    depths: HashMap<JobKind, Depth>,
}

impl Pusher {
    async fn run(mut self, mut waiting: mpsc::Receiver<Message>) {
        let mut messages = Vec::with_capacity(BULK_MAX);
        while waiting.recv_many(&mut messages, BULK_MAX).await > 0 {
            let next_at = Instant::now() + BULK_PAUSE;
            if let Err(error) = self.push(messages.drain(..)).await {
                tracing::debug!(error, "bells dropped");
            }
            sleep_until(next_at).await;
        }
    }

    async fn push(&mut self, messages: impl Iterator<Item = Message>) -> Result<(), String> {
        let (mut rings, mut ended) = (BTreeMap::new(), Vec::new());
        for message in messages {
            match message {
                Message::Ring(kind) => *rings.entry(kind).or_insert(0_usize) += 1,
                Message::Ended(ids) => ended.extend(ids),
            }
        }
        let mut conn = self.connection().await?;
        let pushed = async {
            if !ended.is_empty() {
                let channel = Channels::new(&self.namespace).ended();
                let () =
                    conn.publish(channel, encode_ids(&ended)).await.map_err(|it| it.to_string())?;
            }
            // A queue that refuses its bells says nothing about the others.
            let mut refused = Ok(());
            for (kind, rings) in rings {
                let pushed = self.push_bells(&mut conn, kind, rings.div_ceil(RINGS_PER_BELL)).await;
                refused = refused.and(pushed);
            }
            refused
        };
        tokio::time::timeout(REDIS_TIMEOUT * 2, pushed)
            .await
            .unwrap_or_else(|_| Err("Redis took too long".to_owned()))
    }

    async fn push_bells(
        &mut self,
        conn: &mut ConnectionManager,
        kind: JobKind,
        count: usize,
    ) -> Result<(), String> {
        let known = self.depths.get(&kind).copied();
        let mut depth = match known.filter(|it| it.sampled_at.elapsed() <= DEPTH_SAMPLE_AGE_MAX) {
            Some(depth) => depth,
            None => {
                Depth::sample(conn, &self.namespace, kind).await.map_err(|it| it.to_string())?
            }
        };
        let has_room = depth.waiting < QUEUE_DEPTH_MAX;
        if has_room {
            depth.waiting += count as u64;
        }
        self.depths.insert(kind, depth);
        if has_room {
            queue::push(conn.clone(), &self.namespace, kind, count).await?;
        }
        let channel = Channels::new(&self.namespace).wake(kind);
        conn.publish::<_, _, ()>(channel, b"1").await.map_err(|it| it.to_string())
    }

    async fn connection(&mut self) -> Result<ConnectionManager, String> {
        if let Some(conn) = &self.conn {
            return Ok(conn.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(REDIS_TIMEOUT))
            .set_connection_timeout(Some(REDIS_TIMEOUT))
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_secs(1));
        let connecting = self.redis.get_connection_manager_with_config(config);
        let conn = tokio::time::timeout(REDIS_TIMEOUT * 2, connecting)
            .await
            .map_err(|_| "Redis does not answer".to_owned())?
            .map_err(|it| it.to_string())?;
        self.conn = Some(conn.clone());
        Ok(conn)
    }
}
