//! A database of this test's own, made from the migrations, with the interpreter in it.

use std::str::FromStr;

use secrecy::SecretString;
use shared::db::{self, Passwords};
use shared::ledger::audit;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};
use uuid::Uuid;

const INTERPRETER: &str = include_str!("interpreter.sql");

pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// On the server of `AETHERFLOW_TEST_DATABASE_URL`.
    pub async fn create() -> Self {
        let server = std::env::var("AETHERFLOW_TEST_DATABASE_URL")
            .expect("AETHERFLOW_TEST_DATABASE_URL names a superuser's database for tests");
        let name = format!("ledger_model_{}", Uuid::now_v7().simple());
        execute(&server, format!("CREATE DATABASE {name}")).await;
        let database = Self { server, name };
        let url = database.options().to_url_lossy().to_string();
        db::migrate(&SecretString::from(url), &Passwords::default()).await.unwrap();
        let mut conn = database.connect().await;
        sqlx::raw_sql(INTERPRETER).execute(&mut conn).await.unwrap();
        database
    }

    pub async fn drop(self) {
        execute(&self.server, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }

    /// For sequences: what they test is what the functions do, not how they are planned or that a commit
    /// survives a crash, and so much more is tested in the same time.
    pub async fn connect(&self) -> PgConnection {
        let options = self.options().options([
            ("synchronous_commit", "off"),
            ("jit", "off"),
            ("plan_cache_mode", "force_generic_plan"),
        ]);
        PgConnection::connect_with(&options).await.unwrap()
    }

    /// For races: a commit holds its locks for as long as it does in production.
    pub async fn connect_durably(&self) -> PgConnection {
        PgConnection::connect_with(&self.options()).await.unwrap()
    }

    /// Everything is as the audit wants it.
    pub async fn assert_audited(&self) {
        let pool = self.pool().await;
        let report = audit::run(&pool).await.unwrap();
        let violated: Vec<_> = report.violated().collect();
        assert!(violated.is_empty(), "the audit found {violated:?}");
        pool.close().await;
    }

    async fn pool(&self) -> PgPool {
        PgPoolOptions::new().max_connections(1).connect_with(self.options()).await.unwrap()
    }

    fn options(&self) -> PgConnectOptions {
        PgConnectOptions::from_str(&self.server)
            .unwrap()
            .database(&self.name)
            .options([("timezone", "UTC")])
    }
}

async fn execute(url: &str, statement: String) {
    let mut conn = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut conn).await.unwrap();
}
