//! Configuration → state → serve.

use std::process::ExitCode;

use api::{config::Config, serve};
use operations::{Program, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => {
            // Nothing is set up to log with yet.
            eprintln!("api: {error}");
            return ExitCode::from(2);
        }
    };
    telemetry::init(Program::Api, config.log_format);
    match serve::run(config).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "cannot go on");
            ExitCode::FAILURE
        }
    }
}
