//! The worker: takes due tasks, chooses the cheapest healthy key, calls the provider, keeps the image
//! and settles. Any number may run; any may be killed at any instant.
//!
//! | where | what |
//! | --- | --- |
//! | `bell` | apalis: hears jobs and wakes the executor, nothing more |
//! | `executor` | claims while there are permits; owns every call |
//! | `claim` | one round: lock due tasks, place them, start attempts |
//! | `attempt` | one attempt: call, keep, settle or end |
//! | `settler` | settles kept images in batches |
//! | `boot` | this life of the process: registered, beating |
//! | `quota`, `expiry` | the other two kinds of job |

mod attempt;
mod bell;
mod boot;
mod claim;
mod config;
mod deps;
mod executor;
mod expiry;
mod health;
mod hot_cache;
mod patience;
mod quota;
mod settler;

use std::sync::Arc;

use anyhow::Context;
use tokio_util::sync::CancellationToken;

pub use config::Config;

use boot::Boot;
use deps::Deps;
use operations::Program;

/// Works until a signal asks it to stop, then finishes what is out.
pub async fn run(config: Config) -> anyhow::Result<()> {
    operations::telemetry::init(Program::Worker, config.log_format);
    if let Some(points) = &config.failpoints {
        shared::failpoint::arm(points)?;
    }
    let metrics = operations::metrics::install(Program::Worker)?;
    let stopping = operations::shutdown::on_signal()?;
    operations::shutdown::warn_if_short(config.grace_period, config.attempt_timeout);

    let deps = Arc::new(Deps::open(&config).await?);
    let boot = Boot::register(Arc::clone(&deps)).await.context("cannot register this worker")?;
    let health = operations::health::Health::new(
        health::Dependencies::new(Arc::clone(&deps)),
        stopping.clone(),
    );
    let _listener = operations::listener::serve(config.metrics_listen, metrics, &health).await?;

    let background = CancellationToken::new();
    tokio::spawn(boot::beat(Arc::clone(&boot), background.clone()));
    tokio::spawn(deps::keep_catalogue_fresh(Arc::clone(&deps), background.clone()));
    tokio::spawn(deps::watch_image_store(Arc::clone(&deps), background.clone()));
    tokio::spawn(bell::hear(Arc::clone(&deps), stopping.clone()));
    tokio::spawn(quota::run(Arc::clone(&deps), stopping.clone()));
    tokio::spawn(expiry::run(Arc::clone(&deps), stopping.clone()));
    tracing::info!(boot = %boot.id(), permits = config.concurrency, "working");

    let work = executor::Executor::new(Arc::clone(&deps), Arc::clone(&boot), config.concurrency);
    work.run_until(&stopping).await;
    operations::shutdown::within(config.grace_period, work.drain()).await;
    boot.end().await;
    background.cancel();
    tracing::info!("stopped");
    Ok(())
}
