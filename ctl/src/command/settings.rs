//! `ctl settings`: the README's table, for where the README is not.

use std::process::ExitCode;

use anyhow::Result;

/// Prints every setting with its default and meaning.
pub fn run() -> Result<ExitCode> {
    print!("{}", operations::settings::markdown());
    Ok(ExitCode::SUCCESS)
}
