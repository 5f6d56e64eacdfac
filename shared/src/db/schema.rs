//! Whether a database fits this build: an older one is refused, a newer one is survived.

use sqlx::{PgConnection, PgPool};

use super::DbError;
use super::edition::edition;
use super::files::{functions_hash, version_max};

/// The schema version this build was made for.
pub fn schema_needed() -> i64 {
    version_max()
}

/// The schema version of the database; `None` if it was never migrated.
pub async fn schema_version(pool: &PgPool) -> Result<Option<i64>, DbError> {
    let mut conn = pool.acquire().await?;
    version_on(&mut conn).await
}

/// Refuses a database that this build is ahead of. Every service asks this once, at start; an
/// upgrade migrates first and replaces the services after, so a newer database is normal.
pub async fn require_schema(pool: &PgPool) -> Result<(), DbError> {
    let mut conn = pool.acquire().await?;
    let (found, needed) = (version_on(&mut conn).await?, schema_needed());
    match found {
        Some(version) if version > needed => Ok(()),
        Some(version) if version == needed => require_functions(&mut conn).await,
        _ => Err(DbError::SchemaOlder { found, needed }),
    }
}

/// A database that ever had this build's functions has them, or later ones.
async fn require_functions(conn: &mut PgConnection) -> Result<(), DbError> {
    let had: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM aether.functions_hash WHERE sha256 = $1)")
            .bind(functions_hash().as_slice())
            .fetch_one(&mut *conn)
            .await?;
    if had || edition_on(conn).await? > edition() {
        return Ok(());
    }
    Err(DbError::FunctionsMissing)
}

/// The latest edition of functions the database ever had.
pub(super) async fn edition_on(conn: &mut PgConnection) -> Result<i32, DbError> {
    Ok(sqlx::query_scalar("SELECT coalesce(max(edition), 0) FROM aether.functions_hash")
        .fetch_one(conn)
        .await?)
}

pub(super) async fn version_on(conn: &mut PgConnection) -> Result<Option<i64>, DbError> {
    let migrated: bool =
        sqlx::query_scalar("SELECT to_regclass('aether._sqlx_migrations') IS NOT NULL")
            .fetch_one(&mut *conn)
            .await?;
    if !migrated {
        return Ok(None);
    }
    Ok(sqlx::query_scalar("SELECT max(version) FROM aether._sqlx_migrations WHERE success")
        .fetch_one(conn)
        .await?)
}
