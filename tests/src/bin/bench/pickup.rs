//! How soon an idle system begins: from the instant a task is written to the instant the provider
//! is called.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;
use sqlx::FromRow;
use tests::deadline;
use tests::simulator::ProviderKey;
use tests::stack::Stack;

use crate::connection::Connection;
use crate::load::{Turns, submit, wait};

/// Long enough for a system to have nothing to do.
const IDLE: Duration = Duration::from_millis(30);

#[derive(FromRow)]
struct Picked {
    attempt: String,
    created_ms: f64,
}

/// Milliseconds of each of so many tasks, one after the other. The provider's clock and the
/// database's are the same machine's; the provider tells whole milliseconds.
pub async fn measure(
    stack: &Stack,
    turns: &Turns,
    keys: &[ProviderKey],
    count: usize,
) -> Result<Vec<f64>> {
    let mut connection = Connection::open(&stack.api_url).await?;
    let authorization = turns.one();
    let mut tasks = Vec::new();
    for _ in 0..count {
        deadline::pause(IDLE).await;
        let task = submit(&mut connection, authorization).await?;
        wait(&mut connection, authorization, &task).await?;
        tasks.push(task);
    }
    let picked: Vec<Picked> = sqlx::query_as(
        "SELECT a.id::text AS attempt, extract(epoch FROM t.created_at)::float8 * 1000 AS created_ms
           FROM generation.task t JOIN generation.attempt a ON a.task_id = t.id AND a.no = 1
          WHERE t.id = ANY ($1::uuid[])",
    )
    .bind(&tasks)
    .fetch_all(&stack.database.pool)
    .await?;
    let mut called = HashMap::new();
    for key in keys {
        called.extend(key.made().await);
    }
    let latency = |it: &Picked| Some((called.get(&it.attempt)? - it.created_ms).max(0.0));
    Ok(picked.iter().filter_map(latency).collect())
}
