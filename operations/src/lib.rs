//! What every binary needs to be run: settings from the environment, logs, metrics, a health and
//! metrics listener, and the signal to stop. Knows nothing of the domain.

pub mod health;
pub mod listener;
pub mod metrics;
mod program;
pub mod settings;
pub mod shutdown;
pub mod telemetry;

pub use program::Program;
