//! The simulator over its socket: what the vendor publishes, what the control API promises.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod account;
mod binary;
mod charges;
mod connection;
mod control;
mod faults;
mod images;
mod limits;
mod openai;
mod protocol;
mod published;
mod stage;
