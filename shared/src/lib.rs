//! The domain of Aetherflow. Knows sqlx, Redis and apalis; never an HTTP framework, never an HTTP
//! client, never the environment. Each folder is one domain: decisions in pure Rust, SQL in `store`,
//! verbs that run inside the caller's transaction.

pub mod audit_log;
pub mod batch;
pub mod clock;
pub mod db;
pub mod failpoint;
pub mod generation;
pub mod idempotency;
pub mod identity;
pub mod images;
pub mod jobs;
pub mod leader;
pub mod ledger;
pub mod overview;
pub mod pool;
pub mod vocabulary;
