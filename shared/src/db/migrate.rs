//! Brings a database to this build's schema: roles, versioned tables, repeatable functions. Safe to
//! run any number of times and by any number of processes at once.

use secrecy::SecretString;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use super::edition::edition;
use super::files::{REPEATABLE, functions_hash, migrator, version_max};
use super::role::{OWNER, wanted};
use super::schema::{edition_on, version_on};
use super::{DbError, Passwords, cluster, pool, seal};

/// The advisory lock one migration at a time holds; advisory locks are counted per database.
const LOCK: i64 = 0x6165_7468_6572;

/// What a migration found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Migrated {
    /// Everything was as this build wants it.
    Unchanged {
        /// The schema version.
        version: i64,
    },
    /// Something was applied.
    Changed {
        /// The version before, if there was any.
        from: Option<i64>,
        /// The version now.
        version: i64,
        /// Whether the functions were replaced.
        functions: bool,
    },
    /// The functions are of a later build, and were left alone.
    NewerFunctions {
        /// The schema version.
        version: i64,
        /// The edition of the functions in the database.
        edition: i32,
    },
    /// The database is ahead of this build; nothing was touched.
    Newer {
        /// The version of the database.
        version: i64,
    },
}

/// Migrates the database of `url`, as a superuser or as one who may create roles and owns the
/// database. Needs a direct connection: its lock belongs to the session.
pub async fn migrate(url: &SecretString, passwords: &Passwords) -> Result<Migrated, DbError> {
    let options = pool::options(url, "ctl migrate")?;
    let mut conn = PgConnection::connect_with(&options).await.map_err(DbError::Connect)?;

    cluster::ensure(&mut conn, &wanted(passwords)).await?;
    cluster::join(&mut conn, OWNER).await?;
    sqlx::query("SELECT pg_advisory_lock($1)").bind(LOCK).execute(&mut conn).await?;
    let migrated = migrate_locked(&mut conn).await;

    // Ends the session and with it the lock, even where the migration failed in between.
    conn.close().await?;
    migrated
}

/// What is open to every role of the server still, as the statements with which a superuser closes it: some of it
/// whoever migrated may not close, and the server's other databases are not ours.
pub async fn left_open(url: &SecretString) -> Result<Vec<String>, DbError> {
    let options = pool::options(url, "ctl migrate")?;
    let mut conn = PgConnection::connect_with(&options).await.map_err(DbError::Connect)?;
    let open = seal::left_open(&mut conn).await?;
    conn.close().await?;
    Ok(open)
}

async fn migrate_locked(conn: &mut PgConnection) -> Result<Migrated, DbError> {
    let from = version_on(conn).await?;
    if let Some(version) = from
        && version > version_max()
    {
        return Ok(Migrated::Newer { version });
    }
    seal::seal(conn).await.map_err(DbError::Seal)?;
    prepare(conn).await?;
    migrator().run_direct(None, &mut *conn, false).await?;
    let version = version_max();
    let edition_found = edition_on(conn).await?;
    if edition_found > edition() {
        return Ok(Migrated::NewerFunctions { version, edition: edition_found });
    }
    let functions = replace_functions(conn).await?;

    Ok(if from == Some(version) && !functions {
        Migrated::Unchanged { version }
    } else {
        Migrated::Changed { from, version, functions }
    })
}

/// The schema for our own records, and the session as the owner of everything. The search path is
/// empty, so a name somebody forgot to qualify fails instead of landing anywhere.
async fn prepare(conn: &mut PgConnection) -> sqlx::Result<()> {
    let (database, may_create): (String, bool) = sqlx::query_as(
        "SELECT format('%I', current_database()), has_database_privilege($1, current_database(), 'CREATE')",
    )
    .bind(OWNER)
    .fetch_one(&mut *conn)
    .await?;
    if !may_create {
        let grant = format!("GRANT CREATE ON DATABASE {database} TO {OWNER}");
        sqlx::raw_sql(AssertSqlSafe(grant)).execute(&mut *conn).await?;
    }
    let session = format!(
        "SET ROLE {OWNER};
         SET search_path = '';
         SET client_min_messages = warning;
         CREATE SCHEMA IF NOT EXISTS aether;
         CREATE TABLE IF NOT EXISTS aether.functions_hash (
             line       bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
             sha256     bytea NOT NULL,
             applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
             edition    int NOT NULL DEFAULT 0
         );"
    );
    sqlx::raw_sql(AssertSqlSafe(session)).execute(conn).await?;
    Ok(())
}

/// All of them or none, and nobody sees a mixture.
async fn replace_functions(conn: &mut PgConnection) -> Result<bool, DbError> {
    let hash = functions_hash();
    let applied: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT sha256 FROM aether.functions_hash ORDER BY line DESC LIMIT 1")
            .fetch_optional(&mut *conn)
            .await?;
    if applied.as_deref() == Some(hash.as_slice()) {
        return Ok(false);
    }
    let mut tx = conn.begin().await?;
    for file in REPEATABLE {
        sqlx::raw_sql(file.sql)
            .execute(&mut *tx)
            .await
            .map_err(|source| DbError::Function { file: file.name, source })?;
    }
    sqlx::query("INSERT INTO aether.functions_hash (sha256, edition) VALUES ($1, $2)")
        .bind(hash.as_slice())
        .bind(edition())
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}
