//! Settings, then duties; nothing else.

use std::process::ExitCode;

use operations::{Program, service};

#[tokio::main]
async fn main() -> ExitCode {
    service::run(Program::Scheduler, scheduler::Config::read, scheduler::run).await
}
