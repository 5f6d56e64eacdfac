//! Sums over a wallet's entries in the journal.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{ModelSums, Period, PeriodSums, Span};

/// The present instant, by the database's clock.
pub async fn now(conn: &mut PgConnection) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query_scalar("SELECT aether.now()").fetch_one(conn).await
}

/// Every period of the span, those without an entry as well.
pub(super) async fn list_periods(
    conn: &mut PgConnection,
    account: i64,
    span: Span,
    period: Period,
) -> sqlx::Result<Vec<PeriodSums>> {
    sqlx::query_as(
        "WITH sums AS (
             SELECT date_trunc($4, l.created_at AT TIME ZONE 'UTC') AS period,
                    sum(l.amount) FILTER (WHERE l.amount > 0) AS received,
                    -sum(l.amount) FILTER (WHERE l.kind = 'settle') AS spent,
                    count(h.id) AS tasks
               FROM (SELECT j.ref, j.kind, j.created_at, -j.dir * j.gross AS amount
                       FROM ledger.journal j WHERE j.debit = $1 AND j.created_at >= $2 AND j.created_at < $3
                      UNION ALL
                     SELECT j.ref, j.kind, j.created_at, j.dir * j.net
                       FROM ledger.journal j WHERE j.credit = $1 AND j.created_at >= $2 AND j.created_at < $3) l
               LEFT JOIN ledger.hold h ON h.id = l.ref AND l.kind = 'settle' AND h.ref_kind = 'task'
              GROUP BY 1)
         SELECT to_char(p.period, CASE $4 WHEN 'day' THEN 'YYYY-MM-DD' ELSE 'YYYY-MM' END) AS period,
                coalesce(s.spent, 0) AS spent, coalesce(s.received, 0) AS received, coalesce(s.tasks, 0) AS tasks
           FROM generate_series(date_trunc($4, $2 AT TIME ZONE 'UTC'),
                                ($3 - interval '1 microsecond') AT TIME ZONE 'UTC',
                                ('1 ' || $4)::interval) AS p (period)
           LEFT JOIN sums s ON s.period = p.period
          ORDER BY p.period",
    )
    .bind(account)
    .bind(span.from)
    .bind(span.to)
    .bind(period)
    .fetch_all(conn)
    .await
}

/// Charges of tasks by the model that made the image.
pub(super) async fn list_models(
    conn: &mut PgConnection,
    account: i64,
    span: Span,
) -> sqlx::Result<Vec<ModelSums>> {
    sqlx::query_as(
        "SELECT t.model, sum(j.gross) AS spent, count(*) AS tasks
           FROM ledger.journal j JOIN generation.task t ON t.id = j.ref
          WHERE j.debit = $1 AND j.kind = 'settle' AND j.created_at >= $2 AND j.created_at < $3
            AND t.model IS NOT NULL
          GROUP BY t.model
          ORDER BY spent DESC, t.model",
    )
    .bind(account)
    .bind(span.from)
    .bind(span.to)
    .fetch_all(conn)
    .await
}
