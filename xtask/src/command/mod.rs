//! One file per command.

mod browser;
mod closing;
pub mod console;
mod deny;
pub mod down;
pub mod measure;
pub mod status;
pub mod test;
pub mod up;
pub mod with_databases;
