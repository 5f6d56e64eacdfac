//! Moderated prompts, per UTC day: what ends a consumer's work for the day, and how an admin forgives it.

use sha2::{Digest, Sha256};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// Counts are kept for as long as somebody may ask about them.
const KEEP_DAYS: i32 = 40;

/// Where a user stands today.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Strikes {
    pub user_id: Uuid,
    /// Prompts that moderation refused today (UTC).
    pub count: i32,
    /// Their own limit; `None`: everybody's.
    pub limit: Option<i32>,
}

/// Where a user stands today; `None`: no such user.
pub async fn find(conn: &mut PgConnection, user: Uuid) -> sqlx::Result<Option<Strikes>> {
    sqlx::query_as(
        "SELECT u.id AS user_id, coalesce(s.count, 0) AS count, u.strikes_max AS \"limit\"
           FROM identity.users u
           LEFT JOIN generation.strike s
             ON s.day = (SELECT aether.utc_day(aether.now())) AND s.user_id = u.id AND s.end_user = ''
          WHERE u.id = $1",
    )
    .bind(user)
    .fetch_optional(conn)
    .await
}

/// An end user as tasks and strikes name them: the same for one user's same end user, meaningless to anybody else.
pub fn end_user_digest(user: Uuid, end_user: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(b"aetherflow end user of ")
        .chain_update(user.as_bytes())
        .chain_update(end_user)
        .finalize()
        .into()
}

/// Ends up to `limit` waiting tasks of consumers and end users who are at their limit, and answers them.
pub async fn fail_struck(db: &PgPool, limit: i32, strikes_max: i32) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar("SELECT generation.fail_struck($1, $2)")
        .bind(limit)
        .bind(strikes_max)
        .fetch_all(db)
        .await
}

/// Deletes up to `limit` counts that are older than anybody asks for; answers how many.
pub async fn forget_strikes(db: &PgPool, limit: i32) -> sqlx::Result<i32> {
    sqlx::query_scalar("SELECT generation.forget_strikes($1, $2)")
        .bind(KEEP_DAYS)
        .bind(limit)
        .fetch_one(db)
        .await
}

/// Forgives today's strikes of a user and their end users; answers how many the user had.
pub async fn lift_strikes(conn: &mut PgConnection, user: Uuid) -> sqlx::Result<i32> {
    sqlx::query_scalar("SELECT generation.lift_strikes($1)").bind(user).fetch_one(conn).await
}

/// Sets how many strikes a day end this user's work; `None`: as many as anybody's.
pub async fn set_limit(
    conn: &mut PgConnection,
    user: Uuid,
    limit: Option<i32>,
) -> sqlx::Result<()> {
    sqlx::query("UPDATE identity.users SET strikes_max = $2 WHERE id = $1")
        .bind(user)
        .bind(limit)
        .execute(conn)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_user_is_told_apart_by_name_and_by_whose_they_are() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));

        assert_eq!(end_user_digest(one, "anna"), end_user_digest(one, "anna"));
        assert_ne!(end_user_digest(one, "anna"), end_user_digest(one, "bert"));
        assert_ne!(end_user_digest(one, "anna"), end_user_digest(other, "anna"));
    }
}
