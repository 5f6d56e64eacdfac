//! From a configuration to a process that answers, and to its end.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use operations::{Service, periodic::every};
use tokio::net::TcpListener;

use crate::{
    config::Config,
    connections::{self, ConnectionLimits},
    middleware::rate_limit,
    state::State,
    streams::Streams,
};

/// How often a process looks for suspensions and ended sessions.
const ACCESS_EVERY: Duration = Duration::from_secs(1);

/// Serves until a signal asks it to stop, then lets what runs finish within the grace period.
pub async fn run(config: Config, service: &mut Service) -> anyhow::Result<()> {
    service.arm_failpoints(shared::failpoint::arm)?;
    let app = State::connect(config, service.metrics(), service.stopping()).await?;
    service.serve(&app.health).await?;

    let socket = TcpListener::bind(app.config.listen)
        .await
        .with_context(|| format!("cannot listen on {} (AETHERFLOW_LISTEN)", app.config.listen))?;
    tracing::info!(address = %socket.local_addr()?, "serving");

    // Upkeep outlives the drain: requests that finish still need what it keeps fresh.
    let (own, ending) = (Arc::clone(&app), service.ending());
    service.upkeep("access-feed", async move {
        every(ACCESS_EVERY, &ending, "access-feed", || own.access.look(&own.db)).await;
    });
    let (own, ending) = (Arc::clone(&app), service.ending());
    service.upkeep("rate-limits", async move {
        let namespace = &own.config.redis_namespace;
        rate_limit::share(&own.limits, own.redis.clone(), namespace, ending).await;
    });
    app.generation.follow(service, &app.config)?;
    Streams::follow(&app, service)?;

    let limits = ConnectionLimits::new(app.config.trusted_proxies.clone());
    let (endpoint, grace) = (crate::app(Arc::clone(&app)), service.settings().grace_period);
    connections::serve(socket, endpoint, limits, service.stopping(), grace).await;
    app.endings.flush().await;
    service.end().await;
    app.db.close().await;
    app.admin_db.close().await;
    Ok(())
}
