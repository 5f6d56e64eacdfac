//! The audit: statements that must find nothing, whatever was killed, retried or raced before. Each
//! is one SQL file with one count, judged in a snapshot of its own, so no snapshot is held for the
//! length of the whole audit. The same checks end the tests and watch production.

mod check;
mod last;
mod report;
mod run;

pub use check::{CHECKS, Check};
pub use last::{LastAudit, LastCheck, read_last};
pub use report::{AuditCheck, AuditReport};
pub use run::{is_due, run, run_these, watermark_is_ours};
