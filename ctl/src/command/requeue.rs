//! `ctl requeue`: rings for every kind of job. Never needed for correctness, since workers look by
//! themselves; it shows that Redis works.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use operations::settings::{REDIS_NAMESPACE, REDIS_URL};
use secrecy::{ExposeSecret as _, SecretString};
use shared::jobs::{Bells, Channels, JobKind};

use super::{environment, say};

/// For Redis to take the bells.
const PATIENCE: Duration = Duration::from_secs(10);

/// Rings, and waits until each bell has arrived in Redis.
pub async fn run() -> Result<ExitCode> {
    let mut settings = environment();
    let url = settings.secret(&REDIS_URL);
    let namespace = settings.string(&REDIS_NAMESPACE);
    settings.finish()?;

    tokio::time::timeout(PATIENCE, ring_all(&url, &namespace))
        .await
        .context("Redis took too long")??;
    for kind in JobKind::ALL {
        say(&format!("{}: rung", kind.as_str()))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn ring_all(url: &SecretString, namespace: &str) -> Result<()> {
    // Without the parser's message: it may quote the password.
    let redis = redis::Client::open(url.expose_secret())
        .map_err(|_| anyhow::anyhow!("REDIS_URL is not a Redis URL"))?;
    let channels = Channels::new(namespace);

    // A bell is pushed before its wake-up is published, so receiving that proves the push.
    let mut woken = redis.get_async_pubsub().await.context("Redis cannot be reached")?;
    for kind in JobKind::ALL {
        woken.subscribe(channels.wake(*kind)).await?;
    }
    let bells = Bells::start(redis, namespace);
    for kind in JobKind::ALL {
        bells.ring(*kind);
    }
    let mut silent: BTreeSet<String> =
        JobKind::ALL.iter().map(|kind| channels.wake(*kind)).collect();
    let mut messages = woken.into_on_message();
    while !silent.is_empty() {
        let Some(message) = messages.next().await else { bail!("Redis closed the connection") };
        silent.remove(message.get_channel_name());
    }
    Ok(())
}
