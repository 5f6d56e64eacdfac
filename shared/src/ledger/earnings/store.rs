//! Reads of owner accounts.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{DisputeWindow, Earning, EarningPosition, Earnings};

pub(super) async fn instant_before_now(
    conn: &mut PgConnection,
    by: Duration,
) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query_scalar("SELECT aether.now() - make_interval(secs => $1)")
        .bind(by.as_secs_f64())
        .fetch_one(conn)
        .await
}

/// One statement, so watermark, balance and tail are of one snapshot. The tail is what `ledger.roll_up`
/// has not folded yet: at or above the watermark, and not folded by a rebuild. A refund follows what it
/// takes back, so those of pending rows lie in the window too.
pub(super) async fn read(
    conn: &mut PgConnection,
    user_id: Uuid,
    window: DisputeWindow,
) -> sqlx::Result<Earnings> {
    let earnings: Option<Earnings> = sqlx::query_as(
        "WITH mark AS MATERIALIZED (SELECT upto, base_line FROM ledger.rollup),
              owner AS MATERIALIZED (SELECT id FROM ledger.account WHERE user_id = $1 AND kind = 'owner'),
              sums AS (
              SELECT coalesce((SELECT b.balance FROM ledger.balance b WHERE b.account = o.id), 0)
                   + coalesce((SELECT sum(j.dir * j.net) FROM ledger.journal j, mark m
                                WHERE j.credit = o.id AND j.xid >= m.upto AND j.line > m.base_line), 0)
                   - coalesce((SELECT sum(j.dir * j.gross) FROM ledger.journal j, mark m
                                WHERE j.debit = o.id AND j.xid >= m.upto AND j.line > m.base_line), 0) AS balance,
                     coalesce((SELECT sum(j.net) FROM ledger.journal j
                                WHERE j.credit = o.id AND j.kind IN ('settle', 'surplus', 'compensate')
                                  AND j.created_at > $2), 0)
                   - coalesce((SELECT sum(r.net) FROM ledger.journal r
                                 JOIN ledger.journal s ON s.ref = r.ref AND s.kind = 'settle' AND s.created_at > $2
                                WHERE r.credit = o.id AND r.kind = 'refund' AND r.created_at > $2), 0) AS pending,
                     coalesce((SELECT sum(j.gross) FROM ledger.journal j
                                WHERE j.debit = o.id AND j.kind = 'transfer'), 0) AS transferred
                FROM owner o)
         SELECT pending, balance - pending AS payable, transferred FROM sums",
    )
    .bind(user_id)
    .bind(window.since)
    .fetch_optional(conn)
    .await?;
    Ok(earnings.unwrap_or_default())
}

/// A row without a net is a fee on the owner's own task.
pub(super) async fn list(
    conn: &mut PgConnection,
    user_id: Uuid,
    window: DisputeWindow,
    before: Option<EarningPosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<Earning>> {
    sqlx::query_as(
        "WITH page AS MATERIALIZED (
              SELECT j.line, j.ref, j.attempt, j.gross, j.net, j.created_at
                FROM ledger.journal j
               WHERE j.credit = (SELECT id FROM ledger.account WHERE user_id = $1 AND kind = 'owner')
                 AND j.kind IN ('settle', 'surplus', 'compensate') AND j.net > 0 AND j.line < $4
               ORDER BY j.line DESC LIMIT $5),
              refunded AS (
              SELECT p.*, coalesce(r.gross, 0) AS gross_back, coalesce(r.net, 0) AS net_back
                FROM page p, LATERAL (
                     SELECT sum(b.gross) AS gross, sum(b.net) AS net FROM ledger.journal b
                      WHERE b.ref = p.ref AND b.kind = 'refund' AND b.attempt = p.attempt) r),
              kept AS (
              SELECT f.*, f.gross_back >= f.gross AS clawed_back,
                     f.gross - CASE WHEN f.gross_back < f.gross THEN f.gross_back ELSE 0 END AS gross_kept,
                     f.net - CASE WHEN f.gross_back < f.gross THEN f.net_back ELSE 0 END AS net_kept
                FROM refunded f)
         SELECT k.line, a.task_id, a.resource_id, k.gross_kept AS gross, k.gross_kept - k.net_kept AS commission,
                k.net_kept AS net, a.commission_rate,
                CASE WHEN k.clawed_back THEN 'clawed_back' WHEN k.created_at > $2 THEN 'pending' ELSE 'payable' END AS state,
                k.created_at + make_interval(secs => $3) AS payable_at, k.created_at
           FROM kept k JOIN generation.attempt a ON a.id = k.attempt
          ORDER BY k.line DESC",
    )
    .bind(user_id)
    .bind(window.since)
    .bind(window.length.as_secs_f64())
    .bind(before.map_or(i64::MAX, |it| it.line))
    .bind(rows_max)
    .fetch_all(conn)
    .await
}
