//! The roles of the exchange. Roles belong to the whole cluster, so two databases migrated at once
//! meet here, where no lock of either reaches: every step is repeated until the catalogue agrees.

use std::time::Duration;

use rand::RngExt;
use secrecy::SecretString;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::DbError;
use super::password::{Verifier, is_printable_ascii};

/// Owns every table and function; nobody logs in as it.
pub(super) const OWNER: &str = "aether_owner";
const ATTEMPTS_MAX: u32 = 50;
const PAUSE_MAX: Duration = Duration::from_millis(40);

/// A role a service logs in as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The api, for all but what admins do.
    Api,
    /// The workers.
    Worker,
    /// The schedulers.
    Scheduler,
    /// The api's admin and payment paths: the only one that may issue credits.
    Admin,
    /// People and dashboards: reads, never secrets.
    Readonly,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Api, Self::Worker, Self::Scheduler, Self::Admin, Self::Readonly];

    /// Its name in PostgreSQL.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Api => "aether_api",
            Self::Worker => "aether_worker",
            Self::Scheduler => "aether_scheduler",
            Self::Admin => "aether_admin",
            Self::Readonly => "aether_readonly",
        }
    }

    /// Defaults of its sessions, kept with the role because a service must set none itself: behind
    /// a transaction pooler it would set them for somebody else.
    const fn session_default(self) -> (&'static str, &'static str) {
        match self {
            // A process that froze inside a transaction must not hold a wallet for ever.
            Self::Api | Self::Worker | Self::Scheduler | Self::Admin => {
                ("idle_in_transaction_session_timeout", "30s")
            }
            Self::Readonly => ("default_transaction_read_only", "on"),
        }
    }
}

/// Passwords to set; a role without one keeps what it has (none at first: it cannot log in by
/// password, only where the server trusts it).
#[derive(Debug, Default)]
pub struct Passwords {
    given: Vec<(Role, SecretString)>,
}

impl Passwords {
    /// Sets the password of one role.
    #[must_use]
    pub fn with(mut self, role: Role, password: SecretString) -> Self {
        self.given.retain(|(it, _)| *it != role);
        self.given.push((role, password));
        self
    }

    fn of(&self, role: Role) -> Option<&SecretString> {
        self.given.iter().find(|(it, _)| *it == role).map(|(_, password)| password)
    }
}

/// Brings the roles to what they should be and changes nothing that is so already.
pub(super) async fn ensure(conn: &mut PgConnection, passwords: &Passwords) -> Result<(), DbError> {
    for (role, password) in &passwords.given {
        if !is_printable_ascii(password) {
            return Err(DbError::PasswordNotAscii { role: role.name() });
        }
    }
    let mut attempt = 1;
    loop {
        match converge(conn, passwords).await {
            Ok(()) => return Ok(()),
            Err(error) if attempt < ATTEMPTS_MAX && lost_a_race(&error) => {
                attempt += 1;
                pause().await;
            }
            Err(error) => return Err(DbError::Roles(error)),
        }
    }
}

async fn converge(conn: &mut PgConnection, passwords: &Passwords) -> sqlx::Result<()> {
    for statement in changes(conn, passwords).await? {
        // Alone, not in one transaction: what one attempt achieved, the next need not repeat.
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *conn).await?;
    }
    Ok(())
}

/// The statements that are still needed. They hold no input but verifiers, which are base64.
async fn changes(conn: &mut PgConnection, passwords: &Passwords) -> sqlx::Result<Vec<String>> {
    let mut statements = Vec::new();
    if find(conn, OWNER).await?.is_none() {
        statements.push(format!("CREATE ROLE {OWNER} NOLOGIN"));
    }
    for role in Role::ALL {
        let name = role.name();
        let (parameter, value) = role.session_default();
        let found = find(conn, name).await?;

        if found.is_none() {
            statements.push(format!("CREATE ROLE {name} LOGIN"));
        }
        let settings = found.map(|it| it.settings).unwrap_or_default();
        if !settings.contains(&format!("{parameter}={value}")) {
            statements.push(format!("ALTER ROLE {name} SET {parameter} = '{value}'"));
        }
        if let Some(password) = passwords.of(role)
            && !stored_verifier(conn, name).await?.is_some_and(|it| it.accepts(password))
        {
            let verifier = Verifier::new(password);
            statements.push(format!("ALTER ROLE {name} PASSWORD '{verifier}'"));
        }
    }
    if !may_act_as_owner(conn).await? {
        // Becomes true with CREATE ROLE; managed services give out no superuser.
        statements.push(format!("GRANT {OWNER} TO CURRENT_USER"));
    }
    Ok(statements)
}

struct Found {
    settings: Vec<String>,
}

async fn find(conn: &mut PgConnection, name: &str) -> sqlx::Result<Option<Found>> {
    let row = sqlx::query("SELECT coalesce(rolconfig, '{}') FROM pg_catalog.pg_roles WHERE rolname = $1")
        .bind(name)
        .fetch_optional(conn)
        .await?;
    row.map(|row| Ok(Found { settings: row.try_get(0)? })).transpose()
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

async fn may_act_as_owner(conn: &mut PgConnection) -> sqlx::Result<bool> {
    let may: Option<bool> = sqlx::query_scalar(
        "SELECT pg_has_role(oid, 'MEMBER') FROM pg_catalog.pg_roles WHERE rolname = $1",
    )
    .bind(OWNER)
    .fetch_optional(&mut *conn)
    .await?;
    match may {
        Some(may) => Ok(may),
        // Not made yet: a superuser may act as anyone.
        None => {
            sqlx::query_scalar("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = CURRENT_USER")
                .fetch_one(conn)
                .await
        }
    }
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
