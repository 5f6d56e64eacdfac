//! A whole Aetherflow on this machine: databases, simulator, services.

pub mod blueprint;
pub mod down;
pub mod file;
pub mod settings;
pub mod start;
pub mod status;
pub mod supervise;
pub mod up;
