//! Roles belong to the whole cluster, so two databases migrated at once meet here, where no lock of
//! either reaches: every step is repeated until the catalogue agrees.

use std::time::Duration;

use rand::RngExt;
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, PgConnection};

use super::DbError;
use super::password::{Verifier, is_printable_ascii};

const ATTEMPTS_MAX: u32 = 50;
const PAUSE_MAX: Duration = Duration::from_millis(40);

/// A role as it should be. Its names are ours and need no quoting.
pub(super) struct Wanted<'a> {
    pub name: &'a str,
    pub login: bool,
    /// Configuration parameters of its sessions, and their values.
    pub session_defaults: &'a [(&'a str, &'a str)],
    pub password: Option<&'a SecretString>,
}

/// Brings the roles to what they should be and changes nothing that is so already.
pub(super) async fn ensure(conn: &mut PgConnection, roles: &[Wanted<'_>]) -> Result<(), DbError> {
    for role in roles {
        if role.password.is_some_and(|it| !is_printable_ascii(it)) {
            return Err(DbError::PasswordNotAscii { role: role.name.to_owned() });
        }
    }
    let mut attempt = 1;
    loop {
        match converge(conn, roles).await {
            Ok(()) => return Ok(()),
            Err(error) if attempt < ATTEMPTS_MAX && lost_a_race(&error) => {
                attempt += 1;
                pause().await;
            }
            Err(error) => return Err(DbError::Roles(error)),
        }
    }
}

/// Lets this session act as `owner` where it may not yet: managed services give out no superuser.
pub(super) async fn join(conn: &mut PgConnection, owner: &str) -> Result<(), DbError> {
    let may: bool = sqlx::query_scalar("SELECT pg_has_role($1, 'MEMBER')")
        .bind(owner)
        .fetch_one(&mut *conn)
        .await
        .map_err(DbError::Roles)?;
    if may {
        return Ok(());
    }
    let grant = AssertSqlSafe(format!("GRANT {owner} TO CURRENT_USER"));
    match sqlx::raw_sql(grant).execute(conn).await {
        Err(error) if !lost_a_race(&error) => Err(DbError::Roles(error)),
        _ => Ok(()),
    }
}

async fn converge(conn: &mut PgConnection, roles: &[Wanted<'_>]) -> sqlx::Result<()> {
    for role in roles {
        for statement in changes(conn, role).await? {
            // Alone, not in one transaction: what one attempt achieved, the next need not repeat.
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *conn).await?;
        }
    }
    Ok(())
}

/// The statements one role still needs. They hold no input but verifiers, which are base64.
async fn changes(conn: &mut PgConnection, role: &Wanted<'_>) -> sqlx::Result<Vec<String>> {
    let name = role.name;
    let mut statements = Vec::new();
    let found = session_defaults(conn, name).await?;

    if found.is_none() {
        let login = if role.login { "LOGIN" } else { "NOLOGIN" };
        statements.push(format!("CREATE ROLE {name} {login}"));
    }
    if outranks(conn, name).await? {
        statements.push(format!(
            "ALTER ROLE {name} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS"
        ));
    }
    let found = found.unwrap_or_default();
    for (parameter, value) in role.session_defaults {
        if !found.contains(&format!("{parameter}={value}")) {
            statements.push(format!("ALTER ROLE {name} SET {parameter} = '{value}'"));
        }
    }
    if let Some(password) = role.password
        && !stored_verifier(conn, name).await?.is_some_and(|it| it.accepts(password))
    {
        let verifier = Verifier::new(password);
        statements.push(format!("ALTER ROLE {name} PASSWORD '{verifier}'"));
    }
    Ok(statements)
}

/// Whether the role is there and may what no right on a table bounds.
async fn outranks(conn: &mut PgConnection, name: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = $1
             AND (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls))",
    )
    .bind(name)
    .fetch_one(conn)
    .await
}

/// `parameter=value` each; `None` where there is no such role.
async fn session_defaults(
    conn: &mut PgConnection,
    name: &str,
) -> sqlx::Result<Option<Vec<String>>> {
    sqlx::query_scalar(
        "SELECT coalesce(rolconfig, '{}') FROM pg_catalog.pg_roles WHERE rolname = $1",
    )
    .bind(name)
    .fetch_optional(conn)
    .await
}

/// What the server would check a password against; only superusers may read it.
async fn stored_verifier(conn: &mut PgConnection, name: &str) -> sqlx::Result<Option<Verifier>> {
    let readable: bool = sqlx::query_scalar(
        "SELECT has_column_privilege('pg_catalog.pg_authid', 'rolpassword', 'SELECT')",
    )
    .fetch_one(&mut *conn)
    .await?;
    if !readable {
        return Ok(None);
    }
    let stored: Option<Option<String>> =
        sqlx::query_scalar("SELECT rolpassword FROM pg_catalog.pg_authid WHERE rolname = $1")
            .bind(name)
            .fetch_optional(conn)
            .await?;
    Ok(stored.flatten().and_then(|it| Verifier::parse(&it)))
}

/// What two sessions that change the same role at the same time can meet: "tuple concurrently
/// updated" (an internal error by its code), a duplicate name, or a duplicate key in the catalogue.
fn lost_a_race(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else { return false };
    match error.code().as_deref() {
        Some("XX000") => error.message().starts_with("tuple concurrently"),
        Some("42710" | "23505" | "40001" | "40P01") => true,
        _ => false,
    }
}

async fn pause() {
    let pause = rand::rng().random_range(Duration::ZERO..PAUSE_MAX);
    #[expect(clippy::disallowed_methods, reason = "a back-off has no condition to wait on")]
    tokio::time::sleep(pause).await;
}
