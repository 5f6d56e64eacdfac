//! Does a long queue slow anything down, and does a newcomer wait behind it?

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use devkit::deadline;
use tests::stack::Stack;

use crate::connection::Connection;
use crate::load::{self, Turns, milliseconds};

/// With so many waiting.
#[derive(Debug)]
pub struct Backlog {
    pub waiting: usize,
    /// Tasks begun per second while the first half of the queue was worked off.
    pub per_second: f64,
    /// The same while no more than `FEW` waited.
    pub per_second_of_few: f64,
    /// A newcomer's one task, from submit to seen.
    pub newcomer_ms: f64,
}

/// What is a short queue; it must be long enough to be timed.
const FEW: usize = 1_500;
/// Where the claims' last batches begin to run out of tasks.
const NEARLY_NONE: usize = 100;

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
    // In production a queue grows while workers are busy, and they get its bells one by one. Here they
    // would get all of them at once, in the half that is timed first.
    stack.forget_in_redis().await;
    for worker in &workers {
        stack.restart(worker).await;
    }
    reached(stack, waiting * 95 / 100).await;
    let began = Instant::now();
    let from = self::waiting(stack).await?;
    let newcomer_ms = one_task(stack, newcomer).await?;
    let rest = reached(stack, waiting / 2).await;
    let per_second = (from - rest) as f64 / began.elapsed().as_secs_f64();

    let from = reached(stack, FEW.min(waiting / 2)).await;
    let began = Instant::now();
    let rest = reached(stack, NEARLY_NONE).await;
    let per_second_of_few = (from - rest) as f64 / began.elapsed().as_secs_f64();
    stack.await_quiet(tests::stack::Leftover::Nothing).await;
    Ok(Backlog { waiting, per_second, per_second_of_few, newcomer_ms })
}

/// Waits until at most so many wait, and answers how many it is then.
async fn reached(stack: &Stack, most: usize) -> usize {
    let what = format!("at most {most} wait");
    deadline::until(&what, Duration::from_mins(5), async || {
        let left = self::waiting(stack).await.ok()?;
        if left <= most {
            return Some(left);
        }
        // Counting many costs what is being measured.
        deadline::pause(Duration::from_micros(left as u64 * 50)).await;
        None
    })
    .await
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
            .fetch_one(&stack.pool)
            .await?;
    usize::try_from(count).context("a count is not negative")
}
