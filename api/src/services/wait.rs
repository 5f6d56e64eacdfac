//! Waiting for the end of a task.

use std::{sync::Arc, time::Duration};

use shared::generation::tasks::Task;
use uuid::Uuid;

use super::Generation;
use crate::problem::Problem;

/// The longest a client may wait for a task, in seconds.
pub const WAIT_SECONDS_MAX: u32 = 60;

/// The caller's task once it has ended, or as it is after `wait_seconds`; 404 for a task of anyone else.
///
/// The waiter is registered before the task is read, so that an end between the two is not missed. No
/// connection is held while it waits.
pub async fn wait(
    generation: &Generation,
    id: Uuid,
    user: Uuid,
    wait_seconds: u32,
) -> Result<Arc<Task>, Problem> {
    let waiter = match wait_seconds {
        0 => None,
        _ => Some(generation.waiters.register(id, user)?),
    };
    let task = find(generation, id, user).await?;
    match waiter {
        Some(waiter) if !task.status.is_final() => {
            match waiter.ended(Duration::from_secs(wait_seconds.into())).await {
                Some(ended) => Ok(ended),
                None => find(generation, id, user).await,
            }
        }
        _ => Ok(task),
    }
}

async fn find(generation: &Generation, id: Uuid, user: Uuid) -> Result<Arc<Task>, Problem> {
    generation.reads.find(id, user).await?.ok_or_else(Problem::not_found)
}
