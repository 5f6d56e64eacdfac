//! A pool that a transaction pooler may stand behind: no session state, only prepared statements.

use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::DbError;

/// How long a caller waits for a free connection; a pool that is busy for longer is overload, and
/// saying so early is better than queueing.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections are renewed now and then, so a failed-over or resized server is found again.
const LIFETIME_MAX: Duration = Duration::from_mins(30);
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);
/// Prepared statements kept per connection; more than all statements of one service.
const STATEMENTS_MAX: usize = 256;

/// Opens a pool of at most `connections_max` connections and makes the first one, so a wrong URL is
/// told at start. TLS is chosen by the URL (`?sslmode=verify-full`); `application_name` is what
/// `pg_stat_activity` shows.
///
/// Connections are not tested before use (a round trip per statement); one that broke in the pool
/// fails its first statement, which every caller must be able to repeat anyway.
pub async fn connect(
    url: &SecretString,
    connections_max: u32,
    application_name: &str,
) -> Result<PgPool, DbError> {
    let options = options(url, application_name)?;
    PgPoolOptions::new()
        .max_connections(connections_max)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .max_lifetime(LIFETIME_MAX)
        .idle_timeout(IDLE_TIMEOUT)
        .test_before_acquire(false)
        .connect_with(options)
        .await
        .map_err(DbError::Connect)
}

/// Whether the server answers at all: SQL of no domain, for health checks.
pub async fn ping(db: &PgPool) -> sqlx::Result<()> {
    sqlx::query("SELECT 1").execute(db).await?;
    Ok(())
}

/// Reads the URL without ever quoting it in an error.
pub(super) fn options(
    url: &SecretString,
    application_name: &str,
) -> Result<PgConnectOptions, DbError> {
    let options = PgConnectOptions::from_str(url.expose_secret()).map_err(|_| DbError::Url)?;
    Ok(options.application_name(application_name).statement_cache_capacity(STATEMENTS_MAX))
}
