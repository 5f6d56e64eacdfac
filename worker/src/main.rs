//! Settings, then work; nothing else.

use std::process::ExitCode;

use operations::{Program, service};

#[tokio::main]
async fn main() -> ExitCode {
    service::run(Program::Worker, worker::Config::read, worker::run).await
}
