//! The way to PostgreSQL: the pool, the roles, the schema. `ctl migrate` brings a database to this
//! build's schema; services only check that somebody did.

mod cluster;
mod edition;
mod error;
mod files;
mod interval;
mod migrate;
mod passing;
mod password;
mod pool;
mod role;
mod schema;
mod seal;
#[cfg(test)]
mod tests;

pub use error::DbError;
pub use interval::interval;
pub use migrate::{Migrated, left_open, migrate};
pub use passing::{is_passing, unexpected};
pub use pool::{connect, ping};
pub use role::{Passwords, Role};
pub use schema::{require_schema, schema_needed, schema_version};
pub use seal::database_rights;
