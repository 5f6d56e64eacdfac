//! One statement per function over `pool.provider`; only the admin role writes it.

use sqlx::PgConnection;

use super::{PolicyReview, Provider};

pub(super) async fn list_providers(
    conn: &mut PgConnection,
    name: Option<&str>,
) -> sqlx::Result<Vec<Provider>> {
    sqlx::query_as(
        "SELECT name, display_name, unit, policy, evidence, reviewed_at, reference_price, rate_requests,
                rate_seconds
           FROM pool.provider WHERE $1::text IS NULL OR name = $1 ORDER BY name",
    )
    .bind(name)
    .fetch_all(conn)
    .await
}

pub(in crate::pool) async fn find_name(
    conn: &mut PgConnection,
    name: &str,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT name FROM pool.provider WHERE name = $1")
        .bind(name)
        .fetch_optional(conn)
        .await
}

pub(super) async fn update_policy(
    conn: &mut PgConnection,
    name: &str,
    review: &PolicyReview<'_>,
) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "UPDATE pool.provider
            SET policy = $2, evidence = $3, reviewed_at = $4, reference_price = coalesce($5, reference_price)
          WHERE name = $1",
    )
    .bind(name)
    .bind(review.policy)
    .bind(review.evidence)
    .bind(review.reviewed_at)
    .bind(review.reference_price)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
