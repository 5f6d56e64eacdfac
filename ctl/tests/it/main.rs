//! The binary as an operator runs it, against a real PostgreSQL and Redis.

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]

mod audit;
mod create_admin;
mod harness;
mod migrate;
mod requeue;
