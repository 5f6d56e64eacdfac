//! Counts and sums over whole tables: for an admin's page, not for a request path.

use sqlx::PgConnection;

use super::{CreditSums, Outstanding, ResourceCounts, TaskCounts, UserCounts};
use crate::ledger::statistics::Span;

pub(super) async fn count_users(conn: &mut PgConnection, span: Span) -> sqlx::Result<UserCounts> {
    sqlx::query_as(
        "SELECT count(*) AS total,
                count(*) FILTER (WHERE u.status = 'suspended') AS suspended,
                count(*) FILTER (WHERE u.created_at >= $1 AND u.created_at < $2) AS registered,
                (SELECT count(DISTINCT t.user_id) FROM generation.task t
                  WHERE t.created_at >= $1 AND t.created_at < $2) AS active
           FROM identity.users u",
    )
    .bind(span.from)
    .bind(span.to)
    .fetch_one(conn)
    .await
}

pub(super) async fn count_tasks(conn: &mut PgConnection, span: Span) -> sqlx::Result<TaskCounts> {
    sqlx::query_as(
        "SELECT count(*) AS submitted,
                count(*) FILTER (WHERE t.status = 'pending') AS pending,
                count(*) FILTER (WHERE t.status = 'processing') AS processing,
                count(*) FILTER (WHERE t.status = 'completed') AS completed,
                count(*) FILTER (WHERE t.status = 'failed') AS failed,
                count(*) FILTER (WHERE t.status = 'canceled') AS canceled,
                count(*) FILTER (WHERE t.status = 'refunded') AS refunded
           FROM generation.task t WHERE t.created_at >= $1 AND t.created_at < $2",
    )
    .bind(span.from)
    .bind(span.to)
    .fetch_one(conn)
    .await
}

pub(super) async fn count_resources(conn: &mut PgConnection) -> sqlx::Result<ResourceCounts> {
    sqlx::query_as(
        "SELECT count(*) FILTER (WHERE r.status = 'active') AS active,
                count(*) FILTER (WHERE r.status = 'paused') AS paused,
                count(*) FILTER (WHERE r.status = 'disabled') AS disabled,
                count(*) FILTER (WHERE r.status = 'error') AS error
           FROM pool.resource r WHERE r.deleted_at IS NULL",
    )
    .fetch_one(conn)
    .await
}

pub(super) async fn list_models_gone(conn: &mut PgConnection) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT id FROM pool.model WHERE gone_since IS NOT NULL AND deleted_at IS NULL ORDER BY id",
    )
    .fetch_all(conn)
    .await
}

/// By the accounts on both sides of an entry; those of the platform and of issuance have fixed numbers. Sign-up credits
/// are promotional too.
pub(super) async fn sum_credits(conn: &mut PgConnection, span: Span) -> sqlx::Result<CreditSums> {
    sqlx::query_as(
        "SELECT coalesce(sum(j.gross) FILTER (WHERE j.debit = 10), 0) AS purchased,
                coalesce(sum(j.gross) FILTER (WHERE j.debit = 11), 0) AS subscribed,
                coalesce(sum(j.gross) FILTER (WHERE j.debit = 12), 0) AS added,
                coalesce(sum(j.gross) FILTER (WHERE j.debit IN (13, 14)), 0) AS promoted,
                coalesce(sum(j.gross) FILTER (WHERE j.kind = 'settle'), 0) AS spent,
                coalesce(sum(j.gross) FILTER (WHERE j.kind = 'refund'), 0) AS refunded,
                coalesce(sum(j.gross) FILTER (WHERE c.kind = 'breakage'), 0) AS expired,
                coalesce(sum(j.gross) FILTER (WHERE c.kind IN ('issuance', 'platform')), 0) AS revoked,
                coalesce(sum(j.dir * j.net) FILTER (WHERE c.kind IN ('owner', 'service')), 0) AS earned,
                coalesce(sum(j.dir * j.fee) FILTER (WHERE j.debit <> 1), 0) AS commission,
                coalesce(sum(j.net) FILTER (WHERE j.debit = 1), 0) AS absorbed,
                (SELECT coalesce(sum(c.due - c.paid), 0) FROM generation.compensation c
                  WHERE c.created_at >= $1 AND c.created_at < $2) AS unpaid
           FROM ledger.journal j JOIN ledger.account c ON c.id = j.credit
          WHERE j.created_at >= $1 AND j.created_at < $2",
    )
    .bind(span.from)
    .bind(span.to)
    .fetch_one(conn)
    .await
}

pub(super) async fn sum_outstanding(conn: &mut PgConnection) -> sqlx::Result<Outstanding> {
    sqlx::query_as(
        "SELECT (SELECT coalesce(sum(w.available), 0) FROM ledger.wallet w) AS available,
                (SELECT coalesce(sum(h.amount), 0) FROM ledger.hold h WHERE h.state = 'open') AS held",
    )
    .fetch_one(conn)
    .await
}
