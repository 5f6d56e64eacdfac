//! Processes: those that end with the command which started them, and those that go on.

mod identity;
mod launch;
mod lock_file;
mod owned;
mod readiness;
mod record;
pub mod stop;

pub use identity::Identity;
pub use launch::Launch;
pub use owned::Process;
pub use readiness::Readiness;
pub use record::{Record, Records};
