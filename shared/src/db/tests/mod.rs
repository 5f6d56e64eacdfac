//! Against a real server, in databases that begin empty.

mod rights;
mod roles;
mod schema;
mod seal;
mod vocabularies;

use std::str::FromStr;

use devkit::database::Database;
use devkit::environment;
use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};
use uuid::Uuid;

use super::cluster::Wanted;
use super::files::version_max;
use super::*;

fn admin_options() -> PgConnectOptions {
    PgConnectOptions::from_str(&environment::database_url()).unwrap()
}

async fn pool(database: &Database) -> PgPool {
    connect(&database.url(), 4, "test").await.unwrap()
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
