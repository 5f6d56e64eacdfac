//! What this scheduler depends on.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use operations::health::{Check, HealthSource};

use crate::Deps;

/// A Redis that has not answered by then is away.
const REDIS_TIMEOUT: Duration = Duration::from_millis(800);

pub(crate) struct Dependencies {
    deps: Arc<Deps>,
}

impl Dependencies {
    pub fn new(deps: Arc<Deps>) -> Self {
        Self { deps }
    }

    async fn postgres(&self) -> Check {
        match shared::db::ping(&self.deps.db).await {
            Ok(()) => Check::ok("postgres"),
            Err(_) => Check::down("postgres", "no answer"),
        }
    }

    async fn redis(&self) -> Check {
        let ping = async {
            let mut conn = self.deps.redis.get_multiplexed_async_connection().await?;
            redis::cmd("PING").query_async::<()>(&mut conn).await
        };
        match tokio::time::timeout(REDIS_TIMEOUT, ping).await {
            Ok(Ok(())) => Check::ok("redis"),
            _ => Check::degraded("redis", "no answer; bells are not rung"),
        }
    }

    fn object_store(&self) -> Check {
        if self.deps.store_works() {
            Check::ok("object_store")
        } else {
            Check::degraded(
                "object_store",
                "its last request failed; lost attempts wait to be rescued",
            )
        }
    }
}

#[async_trait]
impl HealthSource for Dependencies {
    async fn checks(&self) -> Vec<Check> {
        let (postgres, redis) = tokio::join!(self.postgres(), self.redis());
        vec![postgres, redis, self.object_store()]
    }
}
