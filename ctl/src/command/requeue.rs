//! `ctl requeue`: rings every bell. Never needed for correctness, since workers look by themselves;
//! it shows that Redis is there and who listens.

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

/// Rings, and waits until each bell was heard to ring.
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
    // Not with the parser's words: they may quote the password.
    let redis = redis::Client::open(url.expose_secret())
        .map_err(|_| anyhow::anyhow!("REDIS_URL is not a Redis URL"))?;
    let channels = Channels::new(namespace);

    // A bell is pushed before its channel is told, so hearing the channel proves the push.
    let mut heard = redis.get_async_pubsub().await.context("Redis cannot be reached")?;
    for kind in JobKind::ALL {
        heard.subscribe(channels.wake(kind)).await?;
    }
    let bells = Bells::start(redis, namespace);
    for kind in JobKind::ALL {
        bells.ring(kind);
    }
    let mut silent: BTreeSet<String> = JobKind::ALL.map(|kind| channels.wake(kind)).into();
    let mut messages = heard.into_on_message();
    while !silent.is_empty() {
        let Some(message) = messages.next().await else { bail!("Redis hung up") };
        silent.remove(message.get_channel_name());
    }
    Ok(())
}
