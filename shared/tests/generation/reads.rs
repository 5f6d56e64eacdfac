//! What a turn reads of the tables that grow.

use std::collections::HashMap;

use devkit::database::Database;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// Whole turns of an exchange.
const TURNS: &str = include_str!("turns.sql");
/// Consumers whose tasks pile up; those of the others come and go.
const PILE_UP: &str = "
    SELECT sum(submit((SELECT array_agg(user_id)
                         FROM (SELECT user_id FROM consumer ORDER BY user_id LIMIT 32) c)))
      FROM generate_series(1, 60)";
const TURN: &str = "
    SELECT turn((SELECT array_agg(user_id) FROM (SELECT user_id FROM consumer ORDER BY user_id OFFSET 32) c))";

async fn count(conn: &mut PgConnection, sql: &'static str) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT ({sql})::bigint"));
    sqlx::query_scalar(sql).fetch_one(conn).await.unwrap()
}

/// Rows this session has read of each table and not yet reported.
async fn rows_read(conn: &mut PgConnection) -> HashMap<String, i64> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT schemaname || '.' || relname, seq_tup_read + coalesce(idx_tup_fetch, 0)
           FROM pg_stat_xact_user_tables WHERE schemaname IN ('ledger', 'pool', 'generation')",
    )
    .fetch_all(conn)
    .await
    .unwrap();
    rows.into_iter().collect()
}

#[tokio::test]
async fn a_turn_reads_no_more_rows_however_many_tasks_wait() {
    let database = Database::create().await;
    database.run(TURNS).await;
    let mut conn = database.superuser().await;
    for _ in 0..25 {
        assert_eq!(count(&mut conn, TURN).await, 8);
    }
    // Plans are made now, while nothing waits, and stay.
    database.run("VACUUM (ANALYZE)").await;
    assert_eq!(count(&mut conn, TURN).await, 8);
    assert_eq!(count(&mut conn, PILE_UP).await, 60 * 32);
    let mut tx = conn.begin().await.unwrap();
    let before = rows_read(&mut tx).await;

    assert_eq!(count(&mut tx, TURN).await, 8);

    for (table, rows) in rows_read(&mut tx).await {
        let rows = rows - before[&table];
        assert!(rows < 200, "8 tasks read {rows} rows of {table}");
    }
    tx.rollback().await.unwrap();
    conn.close().await.unwrap();
    database.drop().await;
}
