//! Processes that outlive the command which started them.

pub mod identity;
pub mod launch;
pub mod lock_file;
pub mod readiness;
pub mod record;
pub mod stop;
