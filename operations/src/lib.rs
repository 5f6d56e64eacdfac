//! What every binary needs to be run: settings from the environment, logs, metrics, a health and
//! metrics listener, supervised tasks, and the signal to stop. Knows nothing of the domain.

pub mod health;
pub mod listener;
pub mod metrics;
pub mod periodic;
mod program;
pub mod service;
pub mod settings;
pub mod shutdown;
pub mod telemetry;

pub use program::Program;
pub use service::Service;
