//! What this worker depends on.

use std::sync::Arc;

use async_trait::async_trait;
use operations::health::{Check, HealthSource};

use crate::deps::Deps;

pub struct Dependencies {
    deps: Arc<Deps>,
}

impl Dependencies {
    pub fn new(deps: Arc<Deps>) -> Self {
        Self { deps }
    }
}

#[async_trait]
impl HealthSource for Dependencies {
    async fn checks(&self) -> Vec<Check> {
        vec![
            self.postgres().await,
            self.redis().await,
            self.bells(),
            self.image_store(),
            self.master_keys(),
            self.providers(),
        ]
    }
}

impl Dependencies {
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
        match tokio::time::timeout(std::time::Duration::from_millis(800), ping).await {
            Ok(Ok(())) => Check::ok("redis"),
            _ => Check::degraded("redis", "no answer; due tasks are found once a second"),
        }
    }

    fn bells(&self) -> Check {
        let deaf = self.deps.ears.deaf();
        if deaf.is_empty() {
            Check::ok("bells")
        } else {
            let kinds = deaf.join(", ");
            Check::degraded("bells", format!("not read: {kinds}; due work is found by looking"))
        }
    }

    fn image_store(&self) -> Check {
        if self.deps.store_is_healthy() {
            Check::ok("object_store")
        } else {
            Check::down("object_store", "images cannot be kept; nothing is claimed")
        }
    }

    fn providers(&self) -> Check {
        let unreachable = self.deps.reach.unreachable();
        if unreachable.is_empty() {
            Check::ok("providers")
        } else {
            let names = unreachable.join(", ");
            Check::degraded("providers", format!("no connection from here: {names}"))
        }
    }

    fn master_keys(&self) -> Check {
        let missing = self.deps.missing_master_keys();
        if missing.is_empty() {
            Check::ok("master_keys")
        } else {
            Check::down("master_keys", format!("not loaded: {}", missing.join(", ")))
        }
    }
}
