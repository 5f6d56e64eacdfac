//! Running cargo and what it builds: tests, measurements, single commands.

pub mod cargo;
pub mod closing;
pub mod measure;
pub mod test;
pub mod with_databases;
