//! Configuration → state → serve.

use operations::{Program, telemetry};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let config = api::config::Config::from_env()?;
    telemetry::init(Program::Api, config.log_format);
    api::serve::run(config).await
}
