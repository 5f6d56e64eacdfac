//! What keeps the exchange running and what was done to it: the audit log, and what operators look at
//! and set.

pub mod audit_log;
pub mod idempotency;
pub mod journal;
pub mod leader;
pub mod offer;
pub mod overview;
pub mod resources;
pub mod work;
pub mod workers;
