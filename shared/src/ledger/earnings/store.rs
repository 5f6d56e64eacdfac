//! Reads of owner accounts.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{Earning, EarningPosition, Earnings};

/// An owner's account, and where its tail and the dispute window begin.
#[derive(Clone, Copy, sqlx::FromRow)]
pub(super) struct Owner {
    account: i64,
    /// Entries of transactions from this one on are not rolled up ...
    upto: i64,
    /// ... unless a rebuild added them, up to this line.
    base_line: i64,
    /// What was earned after it is pending.
    pending_since: DateTime<Utc>,
    /// They are suspended or may not host keys.
    barred: bool,
}

impl Owner {
    pub(super) const fn is_barred(&self) -> bool {
        self.barred
    }
}

pub(super) async fn find_owner(
    conn: &mut PgConnection,
    user_id: Uuid,
    dispute_window: Duration,
) -> sqlx::Result<Option<Owner>> {
    sqlx::query_as(
        "SELECT a.id AS account, m.upto, m.base_line, aether.now() - make_interval(secs => $2) AS pending_since,
                coalesce(u.status <> 'active' OR u.hosting_revoked, false) AS barred
           FROM ledger.rollup m, ledger.account a LEFT JOIN identity.users u ON u.id = a.user_id
          WHERE a.user_id = $1 AND a.kind = 'owner'",
    )
    .bind(user_id)
    .bind(dispute_window.as_secs_f64())
    .fetch_optional(conn)
    .await
}

/// A refund follows what it takes back, so those of pending earnings lie in the window too.
pub(super) async fn sum(conn: &mut PgConnection, owner: Owner) -> sqlx::Result<Earnings> {
    sqlx::query_as(
        "WITH sums AS (
              SELECT coalesce((SELECT b.balance FROM ledger.balance b WHERE b.account = $1), 0)
                   + coalesce((SELECT sum(j.dir * j.net) FROM ledger.journal j
                                WHERE j.credit = $1 AND j.xid >= $2 AND j.line > $3), 0)
                   - coalesce((SELECT sum(j.dir * j.gross) FROM ledger.journal j
                                WHERE j.debit = $1 AND j.xid >= $2 AND j.line > $3), 0) AS balance,
                     coalesce((SELECT sum(j.net) FROM ledger.journal j
                                WHERE j.credit = $1 AND j.dir = 1 AND j.created_at > $4), 0)
                   - coalesce((SELECT sum(r.net) FROM ledger.journal r
                                 JOIN ledger.journal s ON s.ref = r.ref AND s.kind = 'settle' AND s.created_at > $4
                                WHERE r.credit = $1 AND r.kind = 'refund' AND r.created_at > $4), 0) AS pending,
                     coalesce((SELECT sum(j.gross) FROM ledger.journal j
                                WHERE j.debit = $1 AND j.kind = 'transfer'), 0) AS transferred,
                     coalesce((SELECT sum(c.due - c.paid) FROM generation.compensation c
                                WHERE c.owner_id = (SELECT a.user_id FROM ledger.account a WHERE a.id = $1)), 0)
                         AS unpaid)
         SELECT pending, balance - pending AS payable, transferred, unpaid FROM sums",
    )
    .bind(owner.account)
    .bind(owner.upto)
    .bind(owner.base_line)
    .bind(owner.pending_since)
    .fetch_one(conn)
    .await
}

/// An entry without a net is a fee on the owner's own task.
pub(super) async fn list(
    conn: &mut PgConnection,
    owner: Owner,
    dispute_window: Duration,
    before: Option<EarningPosition>,
    rows_max: i64,
) -> sqlx::Result<Vec<Earning>> {
    sqlx::query_as(
        "WITH page AS MATERIALIZED (
              SELECT j.line, j.ref, j.attempt, j.gross, j.net, j.created_at
                FROM ledger.journal j
               WHERE j.credit = $1 AND j.dir = 1 AND j.net > 0 AND j.line < $4
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
                CASE WHEN k.clawed_back THEN 'clawed_back'
                     WHEN k.created_at > $2 THEN CASE WHEN $6 THEN 'frozen' ELSE 'pending' END ELSE 'payable' END AS state,
                k.created_at + make_interval(secs => $3) AS payable_at, k.created_at
           FROM kept k JOIN generation.attempt a ON a.id = k.attempt
          ORDER BY k.line DESC",
    )
    .bind(owner.account)
    .bind(owner.pending_since)
    .bind(dispute_window.as_secs_f64())
    .bind(before.map_or(i64::MAX, |it| it.line))
    .bind(rows_max)
    .bind(owner.barred)
    .fetch_all(conn)
    .await
}
