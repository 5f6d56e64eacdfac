//! What a test looks at behind the API: attempts and their boots, kept images, log lines.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

use serde_json::Value;
use sqlx::FromRow;
use tests::client::Task;
use tests::simulator::ProviderKey;
use tests::stack::Stack;
use uuid::Uuid;

/// One attempt as the database has it.
#[derive(Debug, FromRow)]
pub struct AttemptRow {
    pub id: Uuid,
    pub task_id: Uuid,
    pub resource_id: Uuid,
    pub pid: i32,
    pub state: String,
    pub error_class: Option<String>,
}

/// Every attempt of these tasks, with the process that made it.
pub async fn attempts_of(stack: &Stack, tasks: &[Task]) -> Vec<AttemptRow> {
    let ids: Vec<&str> = tasks.iter().map(|it| it.id.as_str()).collect();
    sqlx::query_as(
        "SELECT a.id, a.task_id, a.resource_id, b.pid, a.state, a.error_class
           FROM generation.attempt a JOIN generation.boot b ON b.id = a.boot_id
          WHERE a.task_id = ANY ($1::text[]::uuid[]) ORDER BY a.task_id, a.no",
    )
    .bind(ids)
    .fetch_all(&stack.pool)
    .await
    .expect("a superuser reads everything")
}

/// How many of these tasks have this status.
pub async fn count_with_status(stack: &Stack, tasks: &[Task], status: &str) -> u64 {
    let ids: Vec<&str> = tasks.iter().map(|it| it.id.as_str()).collect();
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM generation.task WHERE id = ANY ($1::text[]::uuid[]) AND status = $2",
    )
    .bind(ids)
    .bind(status)
    .fetch_one(&stack.pool)
    .await
    .expect("a superuser reads everything");
    count.unsigned_abs()
}

/// One number, asked as superuser.
pub async fn count(stack: &Stack, query: &'static str) -> u64 {
    let count: i64 = sqlx::query_scalar(query).fetch_one(&stack.pool).await.expect("a count");
    count.unsigned_abs()
}

/// The attempts whose image is in the object store, oldest first.
pub fn kept_attempts(stack: &Stack) -> Vec<Uuid> {
    let mut kept = Vec::new();
    collect(&stack.folder().join("images").join("images"), &mut kept);
    kept.sort_unstable();
    kept.into_iter().map(|(_, attempt)| attempt).collect()
}

/// An object's last name is `<task>.<attempt>`; one being written has a longer one.
fn collect(folder: &Path, into: &mut Vec<(SystemTime, Uuid)>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    for path in entries.map(|it| it.path()) {
        if path.is_dir() {
            collect(&path, into);
        } else if let Some((attempt, at)) = object(&path) {
            into.push((at, attempt));
        }
    }
}

fn object(path: &Path) -> Option<(Uuid, SystemTime)> {
    let (task, attempt) = path.file_name()?.to_str()?.split_once('.')?;
    Uuid::try_parse(task).ok()?;
    Some((Uuid::try_parse(attempt).ok()?, path.metadata().ok()?.modified().ok()?))
}

/// Calls and images of all these keys.
pub async fn bought(keys: &[&ProviderKey]) -> (u64, u64) {
    let mut sum = (0, 0);
    for key in keys {
        let books = key.books().await;
        sum = (sum.0 + books.calls, sum.1 + books.images);
    }
    sum
}

/// No task was tried twice with one key.
pub fn assert_no_key_twice(attempts: &[AttemptRow]) {
    let pairs: BTreeSet<_> = attempts.iter().map(|it| (it.task_id, it.resource_id)).collect();
    assert_eq!(pairs.len(), attempts.len(), "a task was tried twice with one key: {attempts:#?}");
}

/// The JSON lines a process wrote after its first `from` bytes.
pub fn log_lines(stack: &Stack, name: &str, from: usize) -> Vec<Value> {
    let log = stack.log(name);
    log[from..].lines().filter_map(|it| serde_json::from_str(it).ok()).collect()
}

/// The value of a metric without labels, or summed over its labels where they contain `with`.
pub async fn metric(stack: &Stack, process: &str, name: &str, with: &str) -> f64 {
    let text = stack.metrics(process).await;
    let lines = text.lines().filter(|it| !it.starts_with('#') && it.contains(with));
    lines
        .filter_map(|it| {
            let (series, value) = it.rsplit_once(' ')?;
            let bare = series.split('{').next()?;
            (bare == name).then(|| value.parse::<f64>().ok())?
        })
        .sum()
}
