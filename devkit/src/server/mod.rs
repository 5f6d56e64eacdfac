//! PostgreSQL and Redis on this machine: finding, installing and running private servers.

pub mod install;
pub mod postgres;
pub mod programs;
pub mod redis;

/// How long the data of a server is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// Until it is deleted: it survives restarts.
    Stack,
    /// Until the command that started the server ends.
    Run,
}
