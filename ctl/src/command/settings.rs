//! `ctl settings`: the README's table, for where the README is not.

use std::process::ExitCode;

use anyhow::Result;

use super::say;

/// Prints every setting with its default and meaning.
pub fn run() -> Result<ExitCode> {
    say(operations::settings::markdown().trim_end())?;
    Ok(ExitCode::SUCCESS)
}
