//! Settings, then serve; nothing else.

use std::process::ExitCode;

use operations::{Program, service};

#[tokio::main]
async fn main() -> ExitCode {
    service::run(Program::Api, api::config::Config::read, api::serve::run).await
}
