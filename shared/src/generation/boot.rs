//! One life of a worker process: registered, beating, ended.

use sqlx::PgPool;
use uuid::Uuid;

/// Registers a new boot of this process.
pub async fn register(
    db: &PgPool,
    id: Uuid,
    host: &str,
    version: &str,
    permits: i32,
) -> sqlx::Result<()> {
    let pid = i32::try_from(std::process::id()).unwrap_or(i32::MAX);
    sqlx::query("SELECT generation.register_boot($1, $2, $3, $4, $5)")
        .bind(id)
        .bind(host)
        .bind(pid)
        .bind(version)
        .bind(permits)
        .execute(db)
        .await?;
    Ok(())
}

/// `false`: this boot was declared dead and what it called was rescued; register a new one.
pub async fn beat(db: &PgPool, id: Uuid, busy: i32) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT generation.beat($1, $2)").bind(id).bind(busy).fetch_one(db).await
}

pub async fn end(db: &PgPool, id: Uuid, reason: &str) -> sqlx::Result<()> {
    sqlx::query("SELECT generation.end_boot($1, $2)").bind(id).bind(reason).execute(db).await?;
    Ok(())
}
