//! Does a long queue slow anything down, and does a newcomer wait behind it?

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tests::deadline;
use tests::stack::Stack;

use crate::connection::Connection;
use crate::load::{self, Turns, milliseconds};

/// With so many waiting.
#[derive(Debug)]
pub struct Backlog {
    pub waiting: usize,
    /// Tasks completed per second while half of the queue was worked off.
    pub per_second: f64,
    /// A newcomer's one task, from submit to seen.
    pub newcomer_ms: f64,
}

/// Piles tasks up while no worker runs, lets the workers go, and measures.
pub async fn measure(
    stack: &Stack,
    turns: &Turns,
    newcomer: &Turns,
    tasks: usize,
) -> Result<Backlog> {
    let workers = stack.names_of("worker");
    for worker in &workers {
        stack.kill(worker);
    }
    load::pile_up(&stack.api_url, turns, tasks, 64).await?;
    let waiting = waiting(stack).await?;
    for worker in &workers {
        stack.restart(worker).await;
    }
    let half = waiting / 2;
    let what = "the workers have begun";
    deadline::until(what, Duration::from_mins(1), async || {
        (self::waiting(stack).await.ok()? < waiting * 95 / 100).then_some(())
    })
    .await;
    let (from, began) = (self::waiting(stack).await?, Instant::now());
    let newcomer_ms = one_task(stack, newcomer).await?;
    let rest = deadline::until("half of it is done", Duration::from_mins(5), async || {
        let left = self::waiting(stack).await.ok()?;
        (left <= half).then_some(left)
    })
    .await;
    let per_second = (from - rest) as f64 / began.elapsed().as_secs_f64();
    stack.await_quiet(tests::stack::Leftover::Nothing).await;
    Ok(Backlog { waiting, per_second, newcomer_ms })
}

async fn one_task(stack: &Stack, newcomer: &Turns) -> Result<f64> {
    let mut connection = Connection::open(&stack.api_url).await?;
    let began = Instant::now();
    let task = load::submit(&mut connection, newcomer.one()).await?;
    load::wait(&mut connection, newcomer.one(), &task).await?;
    Ok(milliseconds(began))
}

async fn waiting(stack: &Stack) -> Result<usize> {
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM generation.task WHERE status = 'pending'")
            .fetch_one(&stack.database.pool)
            .await?;
    usize::try_from(count).context("a count is not negative")
}
