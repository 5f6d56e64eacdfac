//! A whole Aetherflow on this machine: databases, simulator, services.

pub mod blueprint;
pub mod file;
pub mod lock;
pub mod logins;
pub mod settings;
pub mod simulator;
pub mod start;
pub mod stop;
pub mod supervise;
