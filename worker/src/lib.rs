//! The worker: takes due tasks, chooses the cheapest healthy key, calls the provider, keeps the image
//! and settles. Any number may run; any may be killed at any instant.
//!
//! | where | what |
//! | --- | --- |
//! | `bell` | apalis: hears bells and wakes the handler of their kind, nothing more |
//! | `jobs` | the handlers, one file for each kind of job |
//! | `claim` | one round: lock due tasks, place them, start attempts |
//! | `attempt` | one attempt: call, keep, settle or end |
//! | `settler` | settles kept images in batches |
//! | `boot` | this life of the process: registered, beating |
//! | `withheld`, `reach`, `unopened` | keys and providers this worker cannot use, and why |

mod attempt;
mod backoff;
mod bell;
mod boot;
mod claim;
mod config;
mod deps;
mod health;
mod hot_cache;
mod jobs;
mod reach;
mod settler;
mod unopened;
mod withheld;

use std::sync::Arc;

pub use config::Config;

use deps::Deps;
use operations::Service;
use operations::health::Health;
use shared::jobs::JobKind;

/// Works until a signal asks it to stop, then finishes the calls that are out.
pub async fn run(config: Config, service: &mut Service) -> anyhow::Result<()> {
    service.arm_failpoints(shared::failpoint::arm)?;
    service.warn_if_grace_is_short(config.attempt_timeout);
    let deps = Arc::new(Deps::open(&config).await?);
    let health = health::Dependencies::new(Arc::clone(&deps));
    service.serve(&Health::new(health, service.stopping())).await?;

    let (stopping, ending) = (service.stopping(), service.ending());
    service.upkeep("heartbeat", boot::keep_beating(Arc::clone(&deps), ending.clone()));
    service.upkeep("catalogue", deps::keep_catalogue_fresh(Arc::clone(&deps), ending.clone()));
    service.upkeep("image-store", deps::watch_image_store(Arc::clone(&deps), ending));
    let conn = bell::connect(&deps.redis)?;
    service.work("queues", bell::tend(Arc::clone(&deps), conn.clone(), stopping.clone()));
    for kind in JobKind::ALL.iter().copied() {
        let hearing = bell::hear(kind, Arc::clone(&deps), conn.clone(), stopping.clone());
        service.work("bells", hearing);
        service.work(kind.as_str(), jobs::work(kind, Arc::clone(&deps), stopping.clone()));
    }
    tracing::info!(boot = %deps.boot.id(), permits = deps.permits, "working");

    service.until_drained().await;
    deps.endings.flush().await;
    deps.boot.end().await;
    Ok(())
}
