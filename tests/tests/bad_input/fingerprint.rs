//! A digest of everything we store, to see whether a request left a trace.

use std::collections::BTreeMap;

use sqlx::AssertSqlSafe;
use sqlx::PgPool;

/// What a refusal may touch: sessions and their tokens (a stolen one ends its family), counters of
/// failed sign-ins, and what runs by itself.
const ASIDE: [&str; 7] = [
    "identity.session",
    "identity.refresh_token",
    "identity.throttle",
    "ops.audit_log",
    "ops.leader",
    "ops.audit_result",
    "generation.boot",
];

/// Rows and their digest, by table.
pub type Fingerprint = BTreeMap<String, (i64, String)>;

/// The query that takes it, made once.
pub struct Tables {
    query: String,
}

impl Tables {
    pub async fn of(pool: &PgPool) -> Self {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
              WHERE schemaname IN ('identity', 'ledger', 'pool', 'generation', 'ops') ORDER BY 1",
        )
        .fetch_all(pool)
        .await
        .expect("a superuser reads everything");
        let watched = tables.iter().filter(|it| !ASIDE.contains(&it.as_str()));
        let parts: Vec<String> = watched
            .map(|it| {
                format!(
                    "SELECT '{it}', count(*), coalesce(sum(hashtextextended(row::text, 0)::numeric), 0)::text
                       FROM {it} AS row"
                )
            })
            .collect();
        assert!(parts.len() > 15, "our tables are not where they were: {tables:?}");
        Self { query: parts.join(" UNION ALL ") }
    }

    pub async fn fingerprint(&self, pool: &PgPool) -> Fingerprint {
        let rows: Vec<(String, i64, String)> = sqlx::query_as(AssertSqlSafe(self.query.clone()))
            .fetch_all(pool)
            .await
            .expect("a superuser reads everything");
        rows.into_iter().map(|(table, count, digest)| (table, (count, digest))).collect()
    }
}

/// The tables that differ.
pub fn changed(before: &Fingerprint, after: &Fingerprint) -> Vec<String> {
    after
        .iter()
        .filter(|(table, it)| before.get(*table) != Some(it))
        .map(|it| it.0.clone())
        .collect()
}
