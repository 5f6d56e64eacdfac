//! What the machine spent: processor time by process, transactions, WAL.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use sqlx::FromRow;
use tests::stack::Stack;

/// Readings at one instant.
#[derive(Debug, Clone)]
pub struct Usage {
    /// Seconds of processor time so far, by kind of process.
    pub cpu: BTreeMap<&'static str, f64>,
    transactions: i64,
    wal_bytes: i64,
}

/// What one task cost, averaged.
#[derive(Debug, Clone, Default)]
pub struct PerTask {
    pub cpu: BTreeMap<&'static str, f64>,
    pub transactions: f64,
    pub wal_bytes: f64,
}

#[derive(FromRow)]
struct Counters {
    transactions: i64,
    wal_bytes: i64,
    backend: i32,
}

/// What runs beside the databases, by the names tests know.
pub const KINDS: [&str; 4] = ["api", "worker", "scheduler", "simulator"];

impl Usage {
    /// Reads them all now.
    pub async fn read(stack: &Stack) -> Result<Self> {
        let counters: Counters = sqlx::query_as(
            "SELECT (xact_commit + xact_rollback) AS transactions,
                    (pg_current_wal_lsn() - '0/0')::bigint AS wal_bytes, pg_backend_pid() AS backend
               FROM pg_stat_database WHERE datname = current_database()",
        )
        .fetch_one(&stack.pool)
        .await?;
        let mut cpu = BTreeMap::new();
        for kind in KINDS {
            let pids = names_of(stack, kind).into_iter().map(|it| stack.pid(&it));
            cpu.insert(kind, pids.map(own_cpu).sum());
        }
        cpu.insert("client", own_cpu(nix::unistd::getpid().as_raw()));
        cpu.insert("postgres", cluster_cpu(counters.backend)?);
        cpu.insert("redis", redis_cpu(stack).await?);
        let Counters { transactions, wal_bytes, .. } = counters;
        Ok(Self { cpu, transactions, wal_bytes })
    }

    /// What was spent since `earlier`, per task.
    pub fn since(&self, earlier: &Self, tasks: usize) -> PerTask {
        let tasks = tasks.max(1) as f64;
        let cpu = self.cpu.iter().map(|(kind, now)| (*kind, (now - earlier.cpu[kind]) / tasks));
        PerTask {
            cpu: cpu.collect(),
            transactions: (self.transactions - earlier.transactions) as f64 / tasks,
            wal_bytes: (self.wal_bytes - earlier.wal_bytes) as f64 / tasks,
        }
    }
}

impl PerTask {
    /// Processor seconds of everything a deployment consists of; the load and the simulated
    /// provider are not part of it.
    pub fn cpu_seconds(&self) -> f64 {
        let outside = ["client", "simulator"];
        self.cpu.iter().filter(|(kind, _)| !outside.contains(kind)).map(|(_, it)| it).sum()
    }
}

/// Resident megabytes of each kind of process, the largest of each.
pub fn rss_mb(stack: &Stack) -> BTreeMap<&'static str, f64> {
    let megabytes = |name: &String| {
        let path = format!("/proc/{}/statm", stack.pid(name));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let pages = text.split(' ').nth(1).and_then(|it| it.parse::<f64>().ok());
        pages.unwrap_or(0.0) * 4_096.0 / 1_048_576.0
    };
    let largest = |kind| names_of(stack, kind).iter().map(megabytes).fold(0.0, f64::max);
    KINDS.into_iter().map(|kind| (kind, largest(kind))).collect()
}

fn names_of(stack: &Stack, kind: &str) -> Vec<String> {
    if kind == "simulator" { vec![kind.to_owned()] } else { stack.names_of(kind) }
}

/// User and system seconds of a process; 0 once it is gone.
fn own_cpu(pid: i32) -> f64 {
    stat(pid).map_or(0.0, |it| ticks(&it[11..13]))
}

/// The server of a backend: itself, its children, and those it has buried.
fn cluster_cpu(backend: i32) -> Result<f64> {
    let server = parent(backend).context("a backend has a parent")?;
    let buried = stat(server).map_or(0.0, |it| ticks(&it[11..15]));
    let children = std::fs::read_dir("/proc")?
        .filter_map(|it| it.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(|it| parent(*it) == Some(server));
    Ok(buried + children.map(own_cpu).sum::<f64>())
}

fn parent(pid: i32) -> Option<i32> {
    stat(pid)?[1].parse().ok()
}

/// The fields after the name, which may hold anything: state is the first.
fn stat(pid: i32) -> Option<Vec<String>> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = text.rsplit_once(')')?;
    let fields: Vec<String> = fields.split_whitespace().map(str::to_owned).collect();
    (fields.len() > 15).then_some(fields)
}

fn ticks(fields: &[String]) -> f64 {
    /// Linux reports hundredths of a second to programs on every processor it runs on.
    const PER_SECOND: f64 = 100.0;
    let sum: f64 = fields.iter().filter_map(|it| it.parse::<f64>().ok()).sum();
    sum / PER_SECOND
}

async fn redis_cpu(stack: &Stack) -> Result<f64> {
    let client = redis::Client::open(stack.redis_url.clone())?;
    let mut conn = client.get_multiplexed_async_connection().await?;
    let info: String = redis::cmd("INFO").arg("cpu").query_async(&mut conn).await?;
    let field = |name: &str| {
        let line = info.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|it| it.trim().parse::<f64>().ok()).unwrap_or(0.0)
    };
    Ok(field("used_cpu_sys") + field("used_cpu_user"))
}
