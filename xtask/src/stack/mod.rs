//! A whole Aetherflow on this machine: databases, simulator, services.

pub mod blueprint;
pub mod demo_keys;
pub mod file;
pub mod lock;
pub mod logins;
pub mod simulator;
pub mod start;
pub mod stop;
pub mod supervise;
pub mod trial;
