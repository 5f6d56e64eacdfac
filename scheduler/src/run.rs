//! Start, duties, end.

use std::sync::Arc;

use anyhow::Context;
use operations::{Program, health, listener, shutdown, telemetry};
use secrecy::ExposeSecret;
use shared::images::{ImageStore, TimeLimits};
use shared::jobs::Bells;
use shared::ledger::audit;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::health::Dependencies;
use crate::keeping;
use crate::timetable::TIMETABLE;
use crate::{Config, Deps, Lead};

/// Does its duties until a signal asks it to stop; then finishes the activations under way, within the
/// grace period, and resigns.
pub async fn run(config: Config) -> anyhow::Result<()> {
    telemetry::init(Program::Scheduler, config.log_format);
    if let Some(points) = &config.failpoints {
        shared::failpoint::arm(points)?;
    }
    let metrics = operations::metrics::install(Program::Scheduler)?;
    let stopping = shutdown::on_signal()?;

    let redis = redis::Client::open(config.redis_url.expose_secret()).context("REDIS_URL")?;
    let deps = Arc::new(open(&config, &redis, stopping.clone()).await?);
    let health = health::Health::new(Dependencies::new(Arc::clone(&deps), redis), stopping.clone());
    let _listener = listener::serve(config.metrics_listen, metrics, &health).await?;

    let lead = Arc::new(Lead::new());
    let resigning = CancellationToken::new();
    let keeping_lead = tokio::spawn({
        let (lead, deps, resigning) = (Arc::clone(&lead), Arc::clone(&deps), resigning.clone());
        async move { lead.keep(&deps, &resigning).await }
    });
    let mut duties: JoinSet<()> = TIMETABLE
        .iter()
        .map(|duty| keeping::keep(duty, Arc::clone(&deps), Arc::clone(&lead), stopping.clone()))
        .collect();
    tracing::info!("watching");

    stopping.cancelled().await;
    // The lead is kept meanwhile: nobody need do again what is being finished.
    let finished = async { while duties.join_next().await.is_some() {} };
    shutdown::within(config.grace_period, finished).await;
    resigning.cancel();
    keeping_lead.await.context("keeping the lead")?;
    tracing::info!("stopped");
    Ok(())
}

async fn open(
    config: &Config,
    redis: &redis::Client,
    stopping: CancellationToken,
) -> anyhow::Result<Deps> {
    // One connection of all is the lead's.
    let connections = config.db_connections.saturating_sub(1).max(1);
    let db = shared::db::connect(&config.database_url, connections, "aetherflow-scheduler").await?;
    shared::db::require_schema(&db).await?;
    anyhow::ensure!(
        audit::watermark_is_ours(&db).await?,
        "the roll-up's watermark is from another cluster (a restore?); run `ctl rebuild-balances`"
    );
    let options = config.object_store_options.iter().cloned();
    let images = ImageStore::open(&config.object_store, options, TimeLimits::default())
        .await
        .context("AETHERFLOW_OBJECT_STORE")?;
    let bells = Bells::start(redis.clone(), &config.redis_namespace);
    Ok(Deps::new(db, images, bells, config.terms, stopping))
}
