//! Against a real cluster: `AETHERFLOW_TEST_DATABASE_URL` is a superuser's URL of its `postgres`
//! database (`cargo xtask test` sets it).

mod rights;
mod roles;
mod schema;
mod vocabularies;

use std::str::FromStr;

use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};
use uuid::Uuid;

use super::cluster::Wanted;
use super::files::version_max;
use super::*;

fn admin_options() -> PgConnectOptions {
    let url = std::env::var("AETHERFLOW_TEST_DATABASE_URL")
        .expect("AETHERFLOW_TEST_DATABASE_URL is set to a superuser's URL");
    PgConnectOptions::from_str(&url).unwrap()
}

/// A fresh, empty database; dropped by [`Database::drop`].
struct Database {
    admin: PgConnectOptions,
    name: String,
}

impl Database {
    async fn create() -> Self {
        let admin = admin_options();
        let name = format!("db_test_{}", Uuid::now_v7().simple());
        let mut conn = admin.connect().await.unwrap();
        run(&mut conn, &format!("CREATE DATABASE {name}")).await.unwrap();
        Self { admin, name }
    }

    fn url(&self) -> SecretString {
        let url = self.admin.clone().database(&self.name).to_url_lossy();
        SecretString::from(url.to_string())
    }

    async fn pool(&self) -> PgPool {
        connect(&self.url(), 4, "test").await.unwrap()
    }

    async fn drop(self) {
        let mut conn = self.admin.connect().await.unwrap();
        run(&mut conn, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await.unwrap();
        conn.close().await.unwrap();
    }
}

/// A role of this test alone: other tests log in as the real ones and need their passwords.
struct ScratchRole {
    name: String,
}

impl ScratchRole {
    fn new() -> Self {
        Self { name: format!("db_test_{}", Uuid::now_v7().simple()) }
    }

    fn wanted<'a>(&'a self, password: &'a SecretString) -> Wanted<'a> {
        Wanted {
            name: &self.name,
            login: true,
            session_defaults: &[("statement_timeout", "30s")],
            password: Some(password),
        }
    }

    async fn stored(&self, conn: &mut PgConnection) -> String {
        sqlx::query_scalar("SELECT rolpassword FROM pg_authid WHERE rolname = $1")
            .bind(&self.name)
            .fetch_one(conn)
            .await
            .unwrap()
    }

    async fn drop(self) {
        let mut conn = admin_options().connect().await.unwrap();
        run(&mut conn, &format!("DROP ROLE {}", self.name)).await.unwrap();
        conn.close().await.unwrap();
    }
}

async fn run(conn: &mut PgConnection, sql: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.map(drop)
}

/// Runs one statement as a role, in a transaction that never commits.
async fn as_role(pool: &PgPool, role: &str, sql: &str) -> Result<(), String> {
    let mut tx = pool.begin().await.unwrap();
    run(&mut tx, &format!("SET LOCAL ROLE {role}")).await.unwrap();
    run(&mut tx, sql).await.map_err(|it| it.to_string())
}
