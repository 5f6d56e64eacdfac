//! The binary as an operator runs it, against real engines: `AETHERFLOW_TEST_DATABASE_URL` (a
//! superuser's) and `AETHERFLOW_TEST_REDIS_URL`; `cargo xtask test` sets both.

#![expect(clippy::unwrap_used, reason = "this whole program is a test")]

mod audit;
mod create_admin;
mod harness;
mod migrate;
mod requeue;
