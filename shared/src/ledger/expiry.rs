//! The sweep of expired credits.

use sqlx::PgPool;

use super::Credits;

#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Swept {
    pub wallets: i32,
    pub credits: Credits,
}

/// Moves what has expired in up to `wallets_max` wallets to breakage. Nothing left: `wallets` is below
/// the maximum.
pub async fn expire_due(db: &PgPool, wallets_max: i32) -> sqlx::Result<Swept> {
    sqlx::query_as("SELECT wallets, credits FROM ledger.expire_due($1)")
        .bind(wallets_max)
        .fetch_one(db)
        .await
}
