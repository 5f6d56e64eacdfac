//! What this scheduler depends on.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use operations::health::{Check, HealthSource};

use crate::Deps;

/// Redis answers within this, or is away.
const PATIENCE: Duration = Duration::from_millis(800);

pub(crate) struct Dependencies {
    deps: Arc<Deps>,
    redis: redis::Client,
}

impl Dependencies {
    pub fn new(deps: Arc<Deps>, redis: redis::Client) -> Self {
        Self { deps, redis }
    }

    async fn postgres(&self) -> Check {
        match sqlx::query("SELECT 1").execute(&self.deps.db).await {
            Ok(_) => Check::ok("postgres"),
            Err(_) => Check::down("postgres", "no answer"),
        }
    }

    async fn redis(&self) -> Check {
        let ping = async {
            let mut conn = self.redis.get_multiplexed_async_connection().await?;
            redis::cmd("PING").query_async::<()>(&mut conn).await
        };
        match tokio::time::timeout(PATIENCE, ping).await {
            Ok(Ok(())) => Check::ok("redis"),
            _ => Check::degraded("redis", "no answer; bells are not rung"),
        }
    }

    fn object_store(&self) -> Check {
        if self.deps.store_works() {
            Check::ok("object_store")
        } else {
            Check::degraded("object_store", "it failed lately; attempts wait for their rescue")
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
