//! What can go wrong between a process and its database, before any domain is involved.

use sqlx::migrate::MigrateError;

/// Why a database cannot be used, or not be migrated. Never shows a URL or a password.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The URL does not parse; the parser's message is left out because it may quote the password.
    #[error(
        "the database url is not one; write e.g. postgres://user:password@host:5432/aetherflow"
    )]
    Url,
    /// No connection could be made.
    #[error("cannot connect to the database: {0}")]
    Connect(#[source] sqlx::Error),
    /// A role's password holds something else than printable ASCII: clients would normalise it
    /// (RFC 4013) and every driver a little differently.
    #[error("the password of {role} must be printable ASCII")]
    PasswordNotAscii {
        /// The role it was given for.
        role: String,
    },
    /// The roles could not be made.
    #[error("cannot set up the roles: {0}")]
    Roles(#[source] sqlx::Error),
    /// What everybody may do in a new database could not be taken back.
    #[error("cannot take back what everybody may do in the database: {0}")]
    Seal(#[source] sqlx::Error),
    /// A versioned migration failed.
    #[error("cannot migrate: {0}")]
    Migrate(#[source] MigrateError),
    /// A versioned migration that was applied has been edited since, as happens before a release.
    #[error(
        "cannot migrate: this database was made by a build whose migration {version} differs, and cannot be \
         brought to this one; begin with an empty database (a development stack: `cargo xtask down --wipe`)"
    )]
    OtherTables {
        /// The first that differs.
        version: i64,
    },
    /// A repeatable file failed; none of them was applied.
    #[error("cannot apply migrations/functions/{file}: {source}")]
    Function {
        /// The file's name.
        file: &'static str,
        /// PostgreSQL's answer.
        source: sqlx::Error,
    },
    /// The database has no schema, or one this build is ahead of.
    #[error("{}; run `ctl migrate`", older(*.found, *.needed))]
    SchemaOlder {
        /// The version of the database, if it has any.
        found: Option<i64>,
        /// The version this build was made for.
        needed: i64,
    },
    /// The tables are this build's, the functions are not and never were.
    #[error("this build's functions were never applied to the database; run `ctl migrate`")]
    FunctionsMissing,
    /// Any other failure of a statement.
    #[error("the database failed: {0}")]
    Store(#[from] sqlx::Error),
}

impl From<MigrateError> for DbError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMismatch(version) => Self::OtherTables { version },
            error => Self::Migrate(error),
        }
    }
}

fn older(found: Option<i64>, needed: i64) -> String {
    match found {
        None => format!("the database has no schema, this build needs version {needed}"),
        Some(found) => {
            format!("the database is at schema version {found}, this build needs {needed}")
        }
    }
}
