//! The whole system as real processes: what the system tests, the measurements and the storm share.
//!
//! A [`stack::Stack`] is a deployment of its own: a database made from a migrated template, a Redis
//! namespace, a simulated provider and the real binaries with the environment of production. It is
//! spoken to over HTTP only, through [`client`], and every test ends with [`stack::Stack::finish`],
//! which compares our books with those of the simulated provider ([`books`]).
//!
//! Run by `cargo xtask test`; a single test by
//! `cargo xtask with-databases -- cargo nextest run -p tests --test system NAME`.

pub mod books;
pub mod client;
pub mod generated;
pub mod hostile;
pub mod server;
pub mod simulator;
pub mod stack;
pub mod storm;
