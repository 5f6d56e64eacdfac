//! What it takes to run Aetherflow on a developer's machine: processes, private PostgreSQL and Redis
//! servers, free ports, and the environment that tests read. `cargo xtask` and the tests of every
//! crate use it; nothing in production does.
//!
//! Modules depend on each other in one direction: files and waiting at the bottom, then
//! [`process`], then [`server`], then `database`.

pub mod account;
#[cfg(feature = "database")]
pub mod database;
#[cfg(feature = "database")]
pub mod deadline;
pub mod environment;
pub mod http;
pub mod interrupt;
pub mod port;
pub mod private_file;
pub mod process;
pub mod progress;
pub mod secret;
pub mod server;
pub mod services;
pub mod stable_hash;
pub mod wait;
