//! A database with the interpreter in it.

use shared::ledger::audit;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection};

const INTERPRETER: &str = include_str!("interpreter.sql");

pub struct Database {
    database: devkit::database::Database,
}

impl Database {
    pub async fn create() -> Self {
        let database = devkit::database::Database::create().await;
        database.run(INTERPRETER).await;
        Self { database }
    }

    pub async fn drop(self) {
        self.database.drop().await;
    }

    /// For sequences: they test what the functions do, not how they are planned or whether a commit
    /// survives a crash, so that much more is tested in the same time.
    pub async fn connect(&self) -> PgConnection {
        let options = self.options().options([
            ("synchronous_commit", "off"),
            ("jit", "off"),
            ("plan_cache_mode", "force_generic_plan"),
        ]);
        options.connect().await.unwrap()
    }

    /// For races: a commit holds its locks for as long as it does in production.
    pub async fn connect_durably(&self) -> PgConnection {
        self.options().connect().await.unwrap()
    }

    /// The audit finds nothing.
    pub async fn assert_audited(&self) {
        let pool = self.database.pool().await;
        let report = audit::run(&pool).await.unwrap();
        let violated: Vec<_> = report.violated().collect();
        assert!(violated.is_empty(), "the audit found {violated:?}");
        pool.close().await;
    }

    fn options(&self) -> PgConnectOptions {
        self.database.options().options([("timezone", "UTC")])
    }
}
