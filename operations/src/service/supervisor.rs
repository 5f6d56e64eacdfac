//! Tasks a process cannot do without: one that panics, or ends before the process stops, stops it.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Why the process stopped without being asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskFailure {
    /// A defect; the log shows the panic.
    #[error("the task {0} panicked")]
    Panicked(&'static str),
    /// A defect: it should have run until the process stopped.
    #[error("the task {0} ended before the process stopped")]
    Ended(&'static str),
}

/// Watches the tasks of one process.
pub(super) struct Supervisor {
    /// Canceled by a signal, or by the failure of a task.
    pub stopping: CancellationToken,
    /// The first failure.
    failure: Arc<OnceLock<TaskFailure>>,
}

impl Supervisor {
    pub fn new(stopping: CancellationToken) -> Self {
        Self { stopping, failure: Arc::default() }
    }

    /// Starts a task and watches it.
    pub fn spawn(
        &self,
        tracker: &TaskTracker,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        let (stopping, first_failure) = (self.stopping.clone(), Arc::clone(&self.failure));
        tracker.spawn(async move {
            let failure = match tokio::spawn(task).await {
                Ok(()) if stopping.is_cancelled() => return,
                Ok(()) => TaskFailure::Ended(name),
                Err(error) if error.is_panic() => TaskFailure::Panicked(name),
                // The runtime ends, and all its tasks with it.
                Err(_) => return,
            };
            tracing::error!(task = name, error = %failure, "this process cannot work without it and stops");
            // A later failure follows from the first.
            let _ = first_failure.set(failure);
            stopping.cancel();
        });
    }

    /// What the process ended of.
    pub fn outcome(&self) -> Result<(), TaskFailure> {
        self.failure.get().cloned().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn outcome(task: impl Future<Output = ()> + Send + 'static) -> Result<(), TaskFailure> {
        let (supervisor, tracker) = (Supervisor::new(CancellationToken::new()), TaskTracker::new());
        supervisor.spawn(&tracker, "heartbeat", task);
        supervisor.stopping.cancelled().await;
        supervisor.outcome()
    }

    #[tokio::test]
    async fn a_task_that_panics_stops_the_process() {
        assert_eq!(
            outcome(async { panic!("planted") }).await,
            Err(TaskFailure::Panicked("heartbeat"))
        );
    }

    #[tokio::test]
    async fn a_task_that_ends_too_early_stops_the_process() {
        assert_eq!(outcome(async {}).await, Err(TaskFailure::Ended("heartbeat")));
    }

    #[tokio::test]
    async fn a_task_that_ends_because_the_process_stops_is_no_failure() {
        let (supervisor, tracker) = (Supervisor::new(CancellationToken::new()), TaskTracker::new());
        let stopping = supervisor.stopping.clone();
        supervisor.spawn(&tracker, "heartbeat", async move { stopping.cancelled().await });

        supervisor.stopping.cancel();
        tracker.close();
        tracker.wait().await;

        assert_eq!(supervisor.outcome(), Ok(()));
    }
}
