//! The scheduler: ends what nobody else will, sweeps what has run out, and looks after the books. Any
//! number may run; one leads at a time, which only saves work: every duty is bounded, may be repeated,
//! and is safe with two leaders at once.
//!
//! | where | what |
//! | --- | --- |
//! | `timetable` | every duty with its pace and its time limit |
//! | `duty` | one file per duty |
//! | `keeping` | keeps one duty going: activations, back-off, metrics, logs |
//! | `lead` | takes, renews and resigns the lead |
//! | `answering` | whether the database answered for long enough to declare anybody dead |
//! | `board` | the gauges only a leader shows |

pub mod answering;
mod backoff;
mod board;
mod config;
mod deps;
pub mod duty;
mod health;
mod keeping;
mod lead;
mod report;
mod run;
mod terms;
mod timetable;

pub use config::Config;
pub use deps::Deps;
pub use lead::Lead;
pub use report::{DutyError, Report};
pub use run::run;
pub use terms::Terms;
pub use timetable::{Duty, TIMETABLE};
