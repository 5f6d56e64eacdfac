//! Every duty against a real PostgreSQL, as the role the scheduler logs in with: its effect, that
//! doing it again changes nothing, and that two leaders at once are harmless.
#![expect(clippy::unwrap_used, reason = "a test ends where it is surprised")]

mod duties;
mod exchange;
mod finished;
mod keys;
mod late_images;
mod lead;
mod models;
mod owners;
mod process;
mod rescue;
mod retention;
mod suspicion;
mod unproven;
