//! A small exchange to be looked after.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use devkit::database::Database;
use devkit::deadline;
use scheduler::{Deps, DutyError, DutySettings, Report};
use shared::db::Role;
use shared::generation::CompensationBudgets;
use shared::images::{ImageFormat, ImageStore, KeptImage, Seed, TimeLimits};
use shared::ledger::audit;
use sqlx::{AssertSqlSafe, PgConnection};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub const LEASE: Duration = Duration::from_secs(20);
const IMAGE: &[u8] = b"not looked into by anybody here";

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for something that is about to happen elsewhere.
pub async fn wait_until(what: &str, condition: impl AsyncFnMut() -> bool) {
    deadline::until_true(what, PATIENCE, condition).await;
}

pub struct Exchange {
    pub database: Database,
    pub folder: TempDir,
    pub conn: PgConnection,
}

/// What a report says it did.
pub type Counts = Vec<(&'static str, u64)>;

pub fn settings() -> DutySettings {
    DutySettings {
        lease: LEASE,
        attempts_max: 6,
        strikes_max: 20,
        budgets: budgets("10", "10", "200"),
        audit_interval: Duration::from_hours(1),
        image_retention: Duration::from_hours(30 * 24),
    }
}

pub fn budgets(owner: &str, consumer: &str, total: &str) -> CompensationBudgets {
    let [owner, consumer, total] = [owner, consumer, total].map(|it| it.parse().unwrap());
    CompensationBudgets { owner, consumer, total }
}

/// Ids by the short names of `exchange.sql`.
pub fn u(name: &str) -> Uuid {
    format!("00000000-0000-7000-8000-{name:0>12}").parse().unwrap()
}

impl Exchange {
    pub async fn open() -> Self {
        let database = Database::create().await;
        let mut conn = database.superuser().await;
        sqlx::raw_sql(include_str!("exchange.sql")).execute(&mut conn).await.unwrap();
        Self { database, folder: tempfile::tempdir().unwrap(), conn }
    }

    /// A scheduler's dependencies, of a process the database has answered for long enough.
    pub async fn scheduler(&self) -> Arc<Deps> {
        let deps = self.fresh_scheduler().await;
        let now = Instant::now();
        let seconds_ago = |seconds| now.checked_sub(Duration::from_secs(seconds)).unwrap();
        for seconds in (0..=LEASE.as_secs() + 1).rev() {
            deps.watch.answered(seconds_ago(seconds), seconds_ago(seconds));
        }
        deps
    }

    /// Of a process that has just started. Its Redis is away: bells are hints.
    pub async fn fresh_scheduler(&self) -> Arc<Deps> {
        self.scheduler_with(redis::Client::open("redis://127.0.0.1:1").unwrap(), "test").await
    }

    pub async fn scheduler_with(&self, redis: redis::Client, namespace: &str) -> Arc<Deps> {
        let (pool, images) = (self.database.pool_as(Role::Scheduler).await, self.images().await);
        let stopping = CancellationToken::new();
        Arc::new(Deps::new(pool, redis, namespace, images, settings(), stopping))
    }

    pub async fn images(&self) -> ImageStore {
        let address = format!("file://{}", self.folder.path().display());
        ImageStore::open(&address, [], TimeLimits::default()).await.unwrap()
    }

    pub async fn keep_image(&self, task: &str, attempt: &str) {
        let described = KeptImage::describe(ImageFormat::Png, 64, 32, Some(Seed(7)), IMAGE);
        let image = Bytes::from_static(IMAGE);
        self.images().await.keep(u(task), u(attempt), &described, image).await.unwrap();
    }

    pub async fn has_image(&self, task: &str, attempt: &str) -> bool {
        self.images().await.find_kept(u(task), u(attempt)).await.unwrap().is_some()
    }

    /// Runs statements as the superuser.
    pub async fn sql(&mut self, statements: &str) {
        sqlx::raw_sql(AssertSqlSafe(statements.to_owned())).execute(&mut self.conn).await.unwrap();
    }

    /// One value of one row, as text.
    pub async fn text(&mut self, query: &str) -> String {
        let query = format!("SELECT ({query})::text");
        let value: Option<String> =
            sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(&mut self.conn).await.unwrap();
        value.unwrap_or_else(|| "NULL".to_owned())
    }

    pub async fn task(&mut self, task: &str) -> String {
        self.text(&format!("SELECT status FROM generation.task WHERE id = u('{task}')")).await
    }

    pub async fn attempt(&mut self, attempt: &str) -> String {
        self.text(&format!("SELECT state FROM generation.attempt WHERE id = u('{attempt}')")).await
    }

    pub async fn advance(&mut self, by: &str) {
        self.sql(&format!("UPDATE public.shift SET by = by + interval '{by}'")).await;
    }

    /// Ends the test: the books are in order.
    pub async fn close(self) {
        let pool = self.database.pool_as(Role::Scheduler).await;
        let report = audit::run(&pool).await.unwrap();
        assert_eq!(report.violated().map(|it| it.name).collect::<Vec<_>>(), [""; 0]);
        pool.close().await;
        self.database.drop().await;
    }
}

/// What an activation did that had no trouble.
pub fn did(result: Result<Report, DutyError>) -> Counts {
    let report = result.unwrap();
    assert!(report.trouble.is_none(), "{:?}", report.trouble);
    report.counts().to_vec()
}

pub const NOTHING: [(&str, u64); 0] = [];
