//! `PostgreSQL` and Redis: what tests share, and servers of one's own for tests that hurt them.

mod cluster;
mod database;
mod redis_server;

pub use cluster::Cluster;
pub use database::{Database, role_password};
pub use redis_server::RedisServer;
