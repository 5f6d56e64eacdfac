//! The job `sync-quotas`: asks providers what is left on the hosted keys whose reading is due.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::StreamExt;
use providers::ErrorClass;
use shared::pool::Resource;
use shared::pool::quota;
use tokio_util::sync::CancellationToken;

use super::Handler;
use crate::deps::Deps;
use crate::unopened::unopened;

const BATCH: i32 = 32;
const AT_ONCE: usize = 8;
/// A reading that failed is tried again after this.
const RETRY_AFTER: Duration = Duration::from_mins(1);

pub struct SyncQuotas {
    deps: Arc<Deps>,
}

impl SyncQuotas {
    pub fn new(deps: Arc<Deps>) -> Self {
        Self { deps }
    }
}

#[async_trait]
impl Handler for SyncQuotas {
    async fn look(&self, stopping: &CancellationToken) -> anyhow::Result<()> {
        // A process that stops does not wait for providers: what was not read is due again.
        while let Some(taken) = stopping.run_until_cancelled(sync_batch(&self.deps)).await {
            if taken? < BATCH.unsigned_abs() as usize {
                break;
            }
        }
        Ok(())
    }
}

async fn sync_batch(deps: &Deps) -> sqlx::Result<usize> {
    let due = quota::take_due_syncs(&deps.db, BATCH, RETRY_AFTER).await?;
    if due.iter().any(|(id, _)| deps.catalogue.current().resource(*id).is_none()) {
        // Connected a moment ago: passed over, it would wait for a minute.
        deps.refresh_catalogue().await?;
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
        Err(class @ (ErrorClass::KeyInvalid | ErrorClass::KeyForbidden)) => {
            quota::refuse(&deps.db, resource.id, class.as_str(), "the provider refuses the key")
                .await
                .map(|_| "refused")
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
    let key = match deps.open_key(resource) {
        Ok(key) => key,
        Err(error) => {
            unopened(deps, resource, &error).await;
            return Err(ErrorClass::NotSent);
        }
    };
    provider.balance(&key).await.map_err(|it| it.class)
}
