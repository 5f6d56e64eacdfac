//! What users and admins are shown of a database in which a little of everything has happened, read as
//! the role the api has.

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]

mod admin;
mod conditions;
mod earnings;
mod explanation;
mod history;
mod hosting;
mod overview;
mod presets;
mod statement;

use devkit::database::Database;
use sqlx::{AssertSqlSafe, PgPool};
use uuid::Uuid;

const LIFE_CYCLE: &str = include_str!("../audit/life_cycle.sql");

/// The ids of the life cycle: `id("c1")` is its consumer.
fn id(digits: &str) -> Uuid {
    format!("00000000-0000-7000-8000-{digits:0>12}").parse().unwrap()
}

/// A database after the life cycle; its journal is not rolled up.
async fn lived_in() -> (Database, PgPool) {
    let database = Database::create().await;
    database.run(LIFE_CYCLE).await;
    let api = database.pool_as(shared::db::Role::Api).await;
    (database, api)
}

/// Moves the only clock there is.
async fn set_clock(database: &Database, instant: &str) {
    let sql = format!(
        "CREATE OR REPLACE FUNCTION aether.now() RETURNS timestamptz LANGUAGE sql VOLATILE
         AS $$ SELECT timestamptz '{instant}' $$"
    );
    database.run(&sql).await;
}

/// One number, as the superuser sees it.
async fn number(database: &Database, sql: &str) -> String {
    let mut conn = database.superuser().await;
    sqlx::query_scalar::<_, rust_decimal::Decimal>(AssertSqlSafe(sql.to_owned()))
        .fetch_one(&mut conn)
        .await
        .unwrap()
        .normalize()
        .to_string()
}
