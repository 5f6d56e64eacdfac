//! A database of this test's own, made from the migrations and dropped at its end.

use std::str::FromStr;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use shared::db::{self, Passwords};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};
use uuid::Uuid;

/// How long a condition may take to come true.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Database {
    server: String,
    name: String,
}

impl Database {
    /// On the server of `AETHERFLOW_TEST_DATABASE_URL`.
    pub async fn create() -> Self {
        let server = std::env::var("AETHERFLOW_TEST_DATABASE_URL")
            .expect("AETHERFLOW_TEST_DATABASE_URL names a superuser's database for tests");
        let name = format!("audit_{}", Uuid::now_v7().simple());
        execute(&server, format!("CREATE DATABASE {name}")).await;
        let database = Self { server, name };
        let url = database.options().to_url_lossy().to_string();
        db::migrate(&SecretString::from(url), &Passwords::default()).await.unwrap();
        database
    }

    pub async fn drop(self) {
        execute(&self.server, format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }

    pub async fn superuser(&self) -> PgConnection {
        PgConnection::connect_with(&self.options()).await.unwrap()
    }

    pub async fn pool(&self) -> PgPool {
        PgPoolOptions::new().max_connections(4).connect_with(self.options()).await.unwrap()
    }

    /// As one of the services' roles, whatever passwords the server asks for.
    pub async fn pool_as(&self, role: &'static str) -> PgPool {
        PgPoolOptions::new()
            .max_connections(2)
            .after_connect(move |conn, _| {
                Box::pin(async move {
                    let set = AssertSqlSafe(format!("SET SESSION AUTHORIZATION {role}"));
                    sqlx::raw_sql(set).execute(conn).await.map(|_| ())
                })
            })
            .connect_with(self.options())
            .await
            .unwrap()
    }

    /// Runs statements, as the superuser.
    pub async fn run(&self, sql: &str) {
        let mut conn = self.superuser().await;
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
    }

    pub async fn wait_until(
        &self,
        what: &str,
        condition: impl AsyncFn(&mut PgConnection) -> sqlx::Result<bool>,
    ) {
        let mut conn = self.superuser().await;
        let since = Instant::now();
        let mut look = tokio::time::interval(Duration::from_millis(20));
        while !condition(&mut conn).await.unwrap() {
            assert!(since.elapsed() < PATIENCE, "not in time: {what}");
            look.tick().await;
        }
    }

    /// Until one session of this database waits for a row that another holds.
    pub async fn wait_until_one_waits(&self) {
        let waiting = "SELECT count(*) = 1 FROM pg_stat_activity
                        WHERE wait_event_type = 'Lock' AND datname = current_database()";
        self.wait_until("one waits for a row", async |conn| {
            sqlx::query_scalar(waiting).fetch_one(conn).await
        })
        .await;
    }

    fn options(&self) -> PgConnectOptions {
        PgConnectOptions::from_str(&self.server).unwrap().database(&self.name)
    }
}

async fn execute(url: &str, statement: String) {
    let mut conn = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut conn).await.unwrap();
}
