//! `ctl` with nothing but the environment it is given.

use std::io::Write as _;
use std::process::{Command, Stdio};

use devkit::database::Database;
use secrecy::ExposeSecret as _;

/// The result of one run of `ctl`.
#[derive(Debug)]
pub struct Answer {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs `ctl`, with `input` on its standard input.
pub fn ctl(environment: &[(&str, &str)], arguments: &[&str], input: &str) -> Answer {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ctl"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may have closed it.
    let _closed = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Answer {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `ctl` with this database and nothing else.
pub fn ctl_on(database: &Database, arguments: &[&str], input: &str) -> Answer {
    ctl(&[("DATABASE_URL", database.url().expose_secret())], arguments, input)
}
