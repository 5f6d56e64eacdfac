//! From a configuration to a process that answers, and to its end.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use operations::{Program, listener, metrics, shutdown};
use poem::{Server, listener::TcpAcceptor};
use shared::identity::access;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use crate::{
    config::Config,
    middleware::rate_limit,
    state::{State, redis_client},
};

/// A connection on which nothing moves for this long is closed: twice the longest `?wait`, so that
/// whoever waits is never cut off, and whoever sends nothing does not stay for ever.
const SILENCE_MAX: Duration = Duration::from_mins(2);

/// Serves until a signal asks it to stop, then lets what runs finish within the grace period.
pub async fn run(config: Config) -> anyhow::Result<()> {
    if let Some(points) = &config.failpoints {
        shared::failpoint::arm(points)?;
    }
    let stop = shutdown::on_signal().context("cannot listen for signals")?;
    let metrics = metrics::install(Program::Api)?;
    let app = State::connect(config, metrics.clone(), stop.clone()).await?;
    let _beside = listener::serve(app.config.metrics_listen, metrics, &app.health).await?;

    let socket = TcpListener::bind(app.config.listen)
        .await
        .with_context(|| format!("cannot listen on {} (AETHERFLOW_LISTEN)", app.config.listen))?;
    tracing::info!(address = %socket.local_addr()?, "serving");

    // Background work outlives the drain: requests that finish still need what it keeps fresh.
    let (tracker, background) = (TaskTracker::new(), tokio_util::sync::CancellationToken::new());
    let (own, token) = (Arc::clone(&app), background.clone());
    tracker.spawn(async move { access::follow(&own.access, &own.db, token).await });
    let (own, token) = (Arc::clone(&app), background.clone());
    tracker.spawn(async move {
        let namespace = &own.config.redis_namespace;
        rate_limit::share(&own.limits, own.redis.clone(), namespace, token).await;
    });

    app.generation.follow(
        &tracker,
        redis_client(&app.config)?,
        &app.config.redis_namespace,
        &background,
    );

    let grace = app.config.grace_period;
    let acceptor = TcpAcceptor::from_tokio(socket)?;
    Server::new_with_acceptor(acceptor)
        .idle_timeout(SILENCE_MAX)
        .run_with_graceful_shutdown(
            crate::app(Arc::clone(&app)),
            async move { stop.cancelled().await },
            Some(grace),
        )
        .await?;

    background.cancel();
    tracker.close();
    tracker.wait().await;
    app.db.close().await;
    app.admin_db.close().await;
    tracing::info!("stopped");
    Ok(())
}
