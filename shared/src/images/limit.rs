use std::time::Duration;

use tokio::task::spawn_blocking;

use super::{ImageStoreError, Operation, StoreFault};

/// How long each operation may take. A file store that hangs keeps a thread of the blocking pool
/// beyond that; health checks keep their number bounded.
#[derive(Debug, Clone, Copy)]
pub struct TimeLimits {
    /// For writing an image and its record.
    pub keep: Duration,
    /// For finding one: the whole object is read and hashed.
    pub find: Duration,
    /// For each part of an image that is read, not for the whole: readers may be slow.
    pub read: Duration,
    /// For deleting one.
    pub delete: Duration,
    /// For a health check, and for opening.
    pub probe: Duration,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self {
            keep: Duration::from_secs(30),
            find: Duration::from_secs(30),
            read: Duration::from_secs(10),
            delete: Duration::from_secs(10),
            probe: Duration::from_secs(5),
        }
    }
}

/// Runs `work`, but not longer than `limit`.
pub(super) async fn within<T>(
    operation: Operation,
    limit: Duration,
    work: impl Future<Output = Result<T, ImageStoreError>>,
) -> Result<T, ImageStoreError> {
    tokio::time::timeout(limit, work)
        .await
        .unwrap_or(Err(ImageStoreError::TimedOut { operation, limit }))
}

/// Runs what blocks on a thread that may.
pub(super) async fn off_thread<T: Send + 'static>(
    operation: Operation,
    work: impl FnOnce() -> Result<T, ImageStoreError> + Send + 'static,
) -> Result<T, ImageStoreError> {
    // It ends without a result only when the process shuts down.
    let unknown = ImageStoreError::Failed { operation, fault: StoreFault::Unknown };
    spawn_blocking(work).await.unwrap_or(Err(unknown))
}
