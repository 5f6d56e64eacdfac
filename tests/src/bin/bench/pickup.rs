//! How soon an idle system begins: until the provider is called, from the instant the submit is answered
//! (its bell is pushed then), and from the instant its task is written (which ends with a commit).

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use devkit::deadline;
use sqlx::FromRow;
use tests::simulator::ProviderKey;
use tests::stack::Stack;

use crate::connection::Connection;
use crate::load::{Turns, submit, wait};

/// Long enough for a system to have nothing to do.
const IDLE: Duration = Duration::from_millis(30);

#[derive(FromRow)]
struct Picked {
    task: String,
    attempt: String,
    created_ms: f64,
}

/// The provider reports whole milliseconds, rounded down.
const HALF_OF_A_MILLISECOND: f64 = 0.5;

/// Milliseconds of each task.
#[derive(Debug, Default)]
pub struct Pickup {
    /// From the answer to the submit.
    pub answered: Vec<f64>,
    /// From the reading of the clock before the task was written.
    pub written: Vec<f64>,
}

/// So many tasks, one after the other. All clocks are the same machine's.
pub async fn measure(
    stack: &Stack,
    turns: &Turns,
    keys: &[ProviderKey],
    count: usize,
) -> Result<Pickup> {
    let mut connection = Connection::open(&stack.api_url).await?;
    let authorization = turns.one();
    let mut answered = HashMap::new();
    for _ in 0..count {
        deadline::pause(IDLE).await;
        let task = submit(&mut connection, authorization).await?;
        let at = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
        wait(&mut connection, authorization, &task).await?;
        answered.insert(task, at.as_secs_f64() * 1_000.0);
    }
    let tasks: Vec<&String> = answered.keys().collect();
    let picked: Vec<Picked> = sqlx::query_as(
        "SELECT t.id::text AS task, a.id::text AS attempt, extract(epoch FROM t.created_at)::float8 * 1000 AS created_ms
           FROM generation.task t JOIN generation.attempt a ON a.task_id = t.id AND a.no = 1
          WHERE t.id = ANY ($1::uuid[])",
    )
    .bind(&tasks)
    .fetch_all(&stack.pool)
    .await?;
    let mut called = HashMap::new();
    for key in keys {
        called.extend(key.made().await);
    }
    let mut pickup = Pickup::default();
    for it in picked {
        let Some(called) = called.get(&it.attempt).map(|at| at + HALF_OF_A_MILLISECOND) else {
            continue;
        };
        pickup.answered.push((called - answered[&it.task]).max(0.0));
        pickup.written.push((called - it.created_ms).max(0.0));
    }
    Ok(pickup)
}
