//! PostgreSQL and Redis on this machine: finding, installing and running private instances.

pub mod account;
pub mod home;
pub mod install;
pub mod port;
pub mod postgres;
pub mod programs;
pub mod redis;
