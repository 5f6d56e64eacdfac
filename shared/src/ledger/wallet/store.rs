//! Reads of wallets and grants, and the calls that issue and revoke. The tables are written by SQL
//! functions only (`migrations/functions/11_ledger_grants.sql`).

use sqlx::{FromRow, PgConnection, Row, postgres::PgRow};
use uuid::Uuid;

use super::{Balance, Grant, HeldByTask, NewManualGrant};
use crate::ledger::Credits;

/// What is held of a wallet, and by which tasks the most.
pub(super) async fn find_held(
    conn: &mut PgConnection,
    account: i64,
    rows_max: i64,
) -> sqlx::Result<(Credits, Vec<HeldByTask>)> {
    let held = sqlx::query_scalar(
        "SELECT coalesce(sum(h.amount), 0) FROM ledger.hold h WHERE h.wallet = $1 AND h.state = 'open'",
    )
    .bind(account)
    .fetch_one(&mut *conn)
    .await?;
    let tasks = sqlx::query_as(
        "SELECT h.id AS task_id, h.amount FROM ledger.hold h
          WHERE h.wallet = $1 AND h.state = 'open' AND h.ref_kind = 'task' AND h.amount > 0
          ORDER BY h.amount DESC, h.id LIMIT $2",
    )
    .bind(account)
    .bind(rows_max)
    .fetch_all(conn)
    .await?;
    Ok((held, tasks))
}

/// One statement, so available, held and the grants are of one snapshot. `wallet.available` still
/// contains what expired since the last sweep; spending would sweep it first, so nobody can spend it.
pub(super) async fn find_balance(
    conn: &mut PgConnection,
    account: i64,
) -> sqlx::Result<Option<Balance>> {
    let rows = sqlx::query(
        "WITH clock AS MATERIALIZED (SELECT aether.now() AS now)
         SELECT w.available - coalesce((SELECT sum(o.remaining) FROM ledger.credit_grant o
                                         WHERE o.wallet = w.account AND o.live
                                           AND o.expires_at <= c.now), 0) AS available,
                coalesce((SELECT sum(h.amount) FROM ledger.hold h
                           WHERE h.wallet = w.account AND h.state = 'open'), 0) AS held,
                g.id, g.source, g.source_id, g.amount, g.remaining, g.priority,
                nullif(g.expires_at, 'infinity') AS expires_at, g.created_at
           FROM clock c
           JOIN ledger.wallet w ON w.account = $1
           LEFT JOIN ledger.credit_grant g ON g.wallet = w.account AND g.live AND g.expires_at > c.now
          ORDER BY g.priority, g.expires_at, g.id",
    )
    .bind(account)
    .fetch_all(conn)
    .await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let (available, held) = (first.try_get("available")?, first.try_get("held")?);
    let has_grant = |row: &&PgRow| matches!(row.try_get::<Option<Uuid>, _>("id"), Ok(Some(_)));
    let grants =
        rows.iter().filter(has_grant).map(Grant::from_row).collect::<sqlx::Result<Vec<Grant>>>()?;
    Ok(Some(Balance { available, held, grants }))
}

/// The wallet's account of a user.
pub(super) async fn find_account(
    conn: &mut PgConnection,
    user_id: Uuid,
) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("SELECT account FROM ledger.wallet WHERE user_id = $1")
        .bind(user_id)
        .fetch_optional(conn)
        .await
}

/// By id, whatever is left of it.
pub(super) async fn find_grant(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<Grant>> {
    sqlx::query_as(
        "SELECT id, source, source_id, amount, remaining, priority,
                nullif(expires_at, 'infinity') AS expires_at, created_at
           FROM ledger.credit_grant WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
}

/// `false`: this id was issued before.
pub(super) async fn issue_admin_grant(
    conn: &mut PgConnection,
    wallet: i64,
    new: &NewManualGrant,
) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT ledger.issue_grant($1, $2, 'admin', NULL, $3, 0::smallint,
                                   aether.now() + make_interval(days => $4))",
    )
    .bind(new.id)
    .bind(wallet)
    .bind(new.amount)
    .bind(new.expires_in_days.map(i32::from))
    .fetch_one(conn)
    .await
}

/// Whether the grant is revoked; `None` if there is none.
pub(super) async fn find_revocation(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar("SELECT revoked_at IS NOT NULL FROM ledger.credit_grant WHERE id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await
}

/// Answers the credits taken now; `None` if there is no such grant.
pub(super) async fn revoke_grant(
    conn: &mut PgConnection,
    id: Uuid,
) -> sqlx::Result<Option<Credits>> {
    sqlx::query_scalar("SELECT ledger.revoke_grant($1)").bind(id).fetch_one(conn).await
}
