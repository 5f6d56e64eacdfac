//! A small market in SQL (`market.sql`), asked in SQL.

use devkit::database::Database;
use shared::ledger::audit;
use sqlx::{AssertSqlSafe, PgConnection};

pub struct Market {
    pub database: Database,
    pub conn: PgConnection,
}

impl Market {
    pub async fn open() -> Self {
        let database = Database::create().await;
        database.run(include_str!("market.sql")).await;
        let conn = database.superuser().await;
        Self { database, conn }
    }

    /// One value of one row, as text.
    pub async fn ask(&mut self, query: &str) -> String {
        ask(&mut self.conn, query).await
    }

    pub async fn run(&mut self, statements: &str) {
        self.database.run(statements).await;
    }

    /// Submits and claims tasks `numbers` (`1,2,3`) on a key; answers how many were given a call.
    pub async fn call(&mut self, numbers: &str, user: &str, resource: &str) -> String {
        let submit = format!("SELECT submit(n, '{user}') FROM unnest('{{{numbers}}}'::int[]) n");
        self.run(&submit).await;
        self.ask(&format!("claim('{{{numbers}}}', '{resource}')")).await
    }

    /// After the audit, which finds nothing.
    pub async fn close(self) {
        let pool = self.database.pool().await;
        let report = audit::run(&pool).await.unwrap();
        let violated: Vec<_> = report.violated().collect();
        assert!(violated.is_empty(), "the audit found {violated:?}");
        pool.close().await;
        self.database.drop().await;
    }
}

pub async fn ask(conn: &mut PgConnection, query: &str) -> String {
    let query = format!("SELECT ({query})::text");
    let value: Option<String> =
        sqlx::query_scalar(AssertSqlSafe(query)).fetch_one(conn).await.unwrap();
    value.unwrap_or_else(|| "NULL".to_owned())
}
