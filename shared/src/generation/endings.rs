//! Tells of tasks that ended: clients that wait for them, and the log, which gets one line for each. Nobody
//! who ends a task waits for either.

use std::time::Duration;

use rust_decimal::Decimal;
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

use crate::jobs::Bells;

const WAITING_MAX: usize = 65_536;
const BATCH_MAX: usize = 500;
/// Pause between two questions: what ends meanwhile shares the next one.
const PAUSE: Duration = Duration::from_millis(200);
/// What the end of a process waits for its last lines.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// A handle to the process's announcer. Cheap to clone.
#[derive(Clone)]
pub struct Endings {
    bells: Bells,
    lines: mpsc::Sender<Line>,
}

enum Line {
    Task(Uuid),
    Flush(oneshot::Sender<()>),
}

/// What the log says about a task.
#[derive(Debug, sqlx::FromRow)]
struct Finished {
    task_id: Uuid,
    status: String,
    model: String,
    /// Of the attempt that made the image, else of the last one.
    provider: Option<String>,
    attempts: i32,
    waited_ms: i64,
    run_ms: i64,
    credits: Decimal,
    error_code: Option<String>,
}

impl Endings {
    /// Starts the announcer, whose questions go to `db`.
    pub fn start(bells: Bells, db: PgPool) -> Self {
        let (lines, waiting) = mpsc::channel(WAITING_MAX);
        tokio::spawn(write(waiting, db));
        Self { bells, lines }
    }

    /// These tasks reached a final state, by what this process did.
    pub fn announce(&self, tasks: &[Uuid]) {
        self.bells.publish_ended(tasks);
        for task in tasks {
            if self.lines.try_send(Line::Task(*task)).is_err() {
                without_details(*task);
            }
        }
    }

    /// Waits until what was announced is in the log.
    pub async fn flush(&self) {
        let (done, written) = oneshot::channel();
        let flushed = async {
            if self.lines.send(Line::Flush(done)).await.is_ok() {
                // An error: the announcer ended, and there is nothing to wait for.
                let _ = written.await;
            }
        };
        if tokio::time::timeout(FLUSH_MAX, flushed).await.is_err() {
            tracing::warn!("the last finished tasks are not in the log");
        }
    }
}

async fn write(mut waiting: mpsc::Receiver<Line>, db: PgPool) {
    let mut lines = Vec::new();
    while waiting.recv_many(&mut lines, BATCH_MAX).await > 0 {
        let next_at = Instant::now() + PAUSE;
        let (mut tasks, mut flushes) = (Vec::new(), Vec::new());
        for line in lines.drain(..) {
            match line {
                Line::Task(task) => tasks.push(task),
                Line::Flush(done) => flushes.push(done),
            }
        }
        if !tasks.is_empty() {
            write_batch(&tasks, &db).await;
        }
        let hurry = !flushes.is_empty();
        for done in flushes {
            let _ = done.send(());
        }
        if !hurry {
            sleep_until(next_at).await;
        }
    }
}

async fn write_batch(tasks: &[Uuid], db: &PgPool) {
    match read(tasks, db).await {
        Ok(finished) => finished.iter().for_each(write_line),
        Err(error) => {
            tracing::debug!(%error, "finished tasks are logged without details");
            tasks.iter().copied().for_each(without_details);
        }
    }
}

async fn read(tasks: &[Uuid], db: &PgPool) -> sqlx::Result<Vec<Finished>> {
    sqlx::query_as("SELECT * FROM generation.finished_tasks($1)").bind(tasks).fetch_all(db).await
}

fn write_line(it: &Finished) {
    tracing::info!(
        task = %it.task_id,
        status = it.status,
        model = it.model,
        provider = it.provider,
        attempts = it.attempts,
        waited_ms = it.waited_ms,
        run_ms = it.run_ms,
        credits = %it.credits.normalize(),
        error_code = it.error_code,
        "task finished"
    );
}

fn without_details(task: Uuid) {
    tracing::info!(%task, "task finished");
}
