//! Every duty against a real PostgreSQL, as the role the scheduler logs in with: its effect, that
//! doing it again changes nothing, and that two leaders at once are harmless.
#![expect(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod duties;
mod exchange;
mod lead;
mod process;
mod rescue;
mod retention;
