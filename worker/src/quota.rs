//! The job `sync-quotas`: asks providers what is left on the hosted keys whose reading is due.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures::StreamExt;
use providers::ErrorClass;
use shared::pool::Resource;
use shared::pool::quota;
use shared::pool::vault::{SealContext, Sealed};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::deps::Deps;

const TICK: Duration = Duration::from_secs(30);
const BATCH: i32 = 32;
const AT_ONCE: usize = 8;
/// A reading that failed is tried again after this.
const RETRY_AFTER: Duration = Duration::from_mins(1);

/// Reads what is due whenever the bell rings, and every half minute.
pub async fn run(deps: Arc<Deps>, stopping: CancellationToken) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !stopping.is_cancelled() {
        tokio::select! {
            () = deps.sync_due.notified() => {}
            _ = tick.tick() => {}
            () = stopping.cancelled() => return,
        }
        while !stopping.is_cancelled() {
            match sync_batch(&deps).await {
                Ok(taken) if taken == usize::try_from(BATCH).unwrap_or(0) => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "quotas were not synced");
                    break;
                }
            }
        }
    }
}

async fn sync_batch(deps: &Deps) -> sqlx::Result<usize> {
    let due = quota::take_due_syncs(&deps.db, BATCH, RETRY_AFTER).await?;
    if due.iter().any(|(id, _)| deps.catalogue.current().resource(*id).is_none()) {
        // Its owner connected it a moment ago and asks already: passed over, it would wait a minute.
        deps.catalogue.refresh().await?;
    }
    let catalogue = deps.catalogue.current();
    let count = due.len();
    futures::stream::iter(due)
        .for_each_concurrent(AT_ONCE, |(id, asked_at)| {
            let resource = catalogue.resource(id).cloned();
            async move {
                if let Some(resource) = resource {
                    sync(deps, &resource, asked_at).await;
                }
            }
        })
        .await;
    Ok(count)
}

async fn sync(deps: &Deps, resource: &Resource, asked_at: DateTime<Utc>) {
    let outcome = match read(deps, resource).await {
        Ok(units) => {
            quota::record_sync(&deps.db, resource.id, units, asked_at, deps.quota_sync_interval)
                .await
                .map(|()| "read")
        }
        Err(ErrorClass::KeyInvalid | ErrorClass::KeyForbidden) => {
            quota::park(&deps.db, resource.id, "the provider refuses the key")
                .await
                .map(|()| "refused")
        }
        Err(class) => Ok(class.as_str()),
    };
    let outcome = outcome.unwrap_or_else(|error| {
        tracing::warn!(%error, resource = %resource.id, "a reading was not recorded");
        "not_recorded"
    });
    metrics::counter!("aetherflow_quota_syncs_total", "outcome" => outcome).increment(1);
}

async fn read(
    deps: &Deps,
    resource: &Resource,
) -> Result<Option<rust_decimal::Decimal>, ErrorClass> {
    let provider = deps.providers.get(&resource.provider).ok_or(ErrorClass::NotSent)?;
    let context = SealContext {
        resource_id: resource.id,
        owner_id: resource.owner_id,
        provider: &resource.provider,
    };
    let sealed = Sealed {
        key_ciphertext: resource.key_ciphertext.clone(),
        data_key_wrapped: resource.data_key_wrapped.clone(),
        master_key_id: resource.master_key_id.clone(),
    };
    let key = deps.keyring.open(&context, &sealed).map_err(|_| ErrorClass::NotSent)?;
    provider.balance(&key).await.map_err(|it| it.class)
}
