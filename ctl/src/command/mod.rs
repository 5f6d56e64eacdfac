//! One file per command. Each reads its settings first, does its work, prints what it did on standard
//! output, and answers the exit code.

pub mod audit;
pub mod create_admin;
pub mod init_env;
pub mod migrate;
pub mod rebuild_balances;
pub mod requeue;
pub mod reset_totp;
pub mod settings;

use std::io::{self, ErrorKind, Write as _};

use anyhow::{Context as _, Result};
use operations::Program;
use operations::settings::{DATABASE_URL, DB_CONNECTIONS, Settings};
use secrecy::SecretString;
use shared::audit_log::{Action, Subject};
use shared::db;
use sqlx::{PgConnection, PgPool};

/// The environment as `ctl` reads it.
fn environment() -> Settings {
    Settings::from_env(Program::Ctl)
}

/// Prints to standard output. A reader that has seen enough (`ctl settings | head`) is no failure.
fn say(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out
        .write_all(text.as_bytes())
        .and_then(|()| out.write_all(b"\n"))
        .and_then(|()| out.flush())
    {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.context("standard output cannot be written"),
    }
}

/// A database that is known to have this build's schema or a newer one.
async fn migrated_database() -> Result<PgPool> {
    let mut settings = environment();
    let url: SecretString = settings.secret(&DATABASE_URL);
    let connections_max = settings.integer(&DB_CONNECTIONS);
    settings.finish()?;

    let pool = db::connect(&url, connections_max, "ctl").await?;
    db::require_schema(&pool).await?;
    Ok(pool)
}

/// In the audit log an entry without an actor is one of the command line.
async fn audit_entry(
    conn: &mut PgConnection,
    action: Action,
    subject: Subject<'_>,
    command: &str,
    detail: serde_json::Value,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO ops.audit_log (actor_id, action, subject, reason, detail, created_at)
         VALUES (NULL, $1, $2, $3, $4, (SELECT aether.now()))",
    )
    .bind(action.as_str())
    .bind(subject.to_string())
    .bind(command)
    .bind(detail)
    .execute(conn)
    .await?;
    Ok(())
}
