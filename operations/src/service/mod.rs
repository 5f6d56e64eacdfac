//! One start and one end for every service: settings, logs, metrics, signals, health, tasks that live as
//! long as the process, and the grace period.

mod settings;
mod supervisor;

use std::process::ExitCode;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::health::Health;
use crate::listener::{self, ListenError, Listener};
use crate::metrics::{self, Metrics};
use crate::settings::Settings;
use crate::{Program, shutdown, telemetry};

pub use settings::ServiceSettings;
use supervisor::Supervisor;

/// What upkeep may take to end after the work has: it only resigns, or finishes one query.
const UPKEEP_END_MAX: Duration = Duration::from_secs(10);
/// A process that was never configured, as distinct from one that failed.
const EXIT_SETTINGS: u8 = 2;

/// The running process. Dropped at its end, so that health is answered until then.
pub struct Service {
    settings: ServiceSettings,
    metrics: Metrics,
    supervisor: Supervisor,
    /// Ends when a signal asks the process to stop, and is drained within the grace period.
    work: TaskTracker,
    /// Serves the work to its very end.
    upkeep: TaskTracker,
    ending: CancellationToken,
    listener: Option<Listener>,
}

/// Runs a service from its settings to its end. `work` starts its tasks and waits until
/// they are to end, usually by [`until_drained`](Service::until_drained).
///
/// Exits with 0 after a signal, 1 after a failure (also of a supervised task), 2 where the environment
/// cannot be used.
pub async fn run<C>(
    program: Program,
    read: impl FnOnce(&mut Settings) -> C,
    work: impl AsyncFnOnce(C, &mut Service) -> anyhow::Result<()>,
) -> ExitCode {
    let settings = Settings::from_env(program);
    let (settings, config) = match settings.load(|from| (ServiceSettings::read(from), read(from))) {
        Ok(loaded) => loaded,
        Err(error) => {
            // Logging is not set up yet.
            eprintln!("{program}: {error}");
            return ExitCode::from(EXIT_SETTINGS);
        }
    };
    telemetry::init(program, settings.log_format);
    match run_configured(program, settings, config, work).await {
        Ok(()) => {
            tracing::info!("stopped");
            ExitCode::SUCCESS
        }
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "cannot go on");
            ExitCode::FAILURE
        }
    }
}

async fn run_configured<C>(
    program: Program,
    settings: ServiceSettings,
    config: C,
    work: impl AsyncFnOnce(C, &mut Service) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let stopping = shutdown::on_signal()?;
    let mut service = Service::new(settings, metrics::install(program)?, stopping);
    let worked = work(config, &mut service).await;
    service.end().await;
    worked?;
    Ok(service.supervisor.outcome()?)
}

impl Service {
    /// A process that stops when `stopping` is canceled: by a signal, or by a test.
    pub fn new(settings: ServiceSettings, metrics: Metrics, stopping: CancellationToken) -> Self {
        Self {
            settings,
            metrics,
            supervisor: Supervisor::new(stopping),
            work: TaskTracker::new(),
            upkeep: TaskTracker::new(),
            ending: CancellationToken::new(),
            listener: None,
        }
    }

    /// What every service reads.
    pub fn settings(&self) -> &ServiceSettings {
        &self.settings
    }

    /// What was counted.
    pub fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// Canceled when no new work may begin.
    pub fn stopping(&self) -> CancellationToken {
        self.supervisor.stopping.clone()
    }

    /// Canceled when the last work has ended: what it needs may end too.
    pub fn ending(&self) -> CancellationToken {
        self.ending.clone()
    }

    /// Arms the fail points that were set, by the function of the crate that has them.
    pub fn arm_failpoints<E>(&self, arm: impl FnOnce(&str) -> Result<(), E>) -> Result<(), E> {
        self.settings.failpoints.as_deref().map_or(Ok(()), arm)
    }

    /// Logs a warning if the grace period is too short for the longest call to a provider.
    pub fn warn_if_grace_is_short(&self, longest_call: Duration) {
        shutdown::warn_if_short(self.settings.grace_period, longest_call);
    }

    /// Answers `/metrics` and `/health` until the process ends.
    pub async fn serve(&mut self, health: &Health) -> Result<(), ListenError> {
        let address = self.settings.metrics_listen;
        self.listener = Some(listener::serve(address, self.metrics(), health).await?);
        Ok(())
    }

    /// Supervises work: a task that ends, drained, once `stopping` is canceled. If it panics or ends
    /// before, the process stops and exits with 1.
    pub fn work(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.supervisor.spawn(&self.work, name, task);
    }

    /// Supervises upkeep: the same for a task that ends once `ending` is canceled.
    pub fn upkeep(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.supervisor.spawn(&self.upkeep, name, task);
    }

    /// Waits until the process is to stop, and then for its work, within the grace period.
    pub async fn until_drained(&self) {
        self.supervisor.stopping.cancelled().await;
        self.work.close();
        shutdown::within(self.settings.grace_period, self.work.wait()).await;
    }

    /// Ends the upkeep; [`run`] does it for a service that does not.
    pub async fn end(&self) {
        self.ending.cancel();
        self.upkeep.close();
        if tokio::time::timeout(UPKEEP_END_MAX, self.upkeep.wait()).await.is_err() {
            tracing::warn!("upkeep did not end in time and is dropped");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::LogFormat;

    fn service(grace_period: Duration) -> Service {
        let settings = ServiceSettings {
            metrics_listen: ([127, 0, 0, 1], 0).into(),
            log_format: LogFormat::Text,
            grace_period,
            failpoints: None,
        };
        let metrics = metrics::install(Program::Worker).unwrap();
        Service::new(settings, metrics, CancellationToken::new())
    }

    async fn in_time<T>(work: impl Future<Output = T>) -> T {
        tokio::time::timeout(Duration::from_secs(20), work).await.expect("in time")
    }

    #[tokio::test]
    async fn upkeep_outlives_the_work_it_serves() {
        let service = service(Duration::from_mins(1));
        let (stopping, ending) = (service.stopping(), service.ending());
        let ended = ending.clone();
        service.upkeep("heartbeat", async move { ended.cancelled().await });
        service.work("calls", async move {
            stopping.cancelled().await;
            assert!(!ending.is_cancelled(), "its upkeep ended before it");
        });

        service.stopping().cancel();
        in_time(service.until_drained()).await;
        in_time(service.end()).await;

        assert!(service.supervisor.outcome().is_ok());
    }

    #[tokio::test]
    async fn work_that_does_not_end_is_dropped_after_the_grace_period() {
        let service = service(Duration::from_millis(1));
        service.work("calls", std::future::pending());

        service.stopping().cancel();

        in_time(service.until_drained()).await;
    }

    #[tokio::test]
    async fn upkeep_that_panics_stops_the_process_once_its_work_is_drained() {
        let service = service(Duration::from_mins(1));
        let stopping = service.stopping();
        let (drained, was_drained) = tokio::sync::oneshot::channel();
        service.work("calls", async move {
            stopping.cancelled().await;
            drained.send(()).unwrap();
        });
        service.upkeep("heartbeat", async { panic!("planted") });

        in_time(service.until_drained()).await;
        in_time(service.end()).await;

        assert!(was_drained.await.is_ok());
        let error = service.supervisor.outcome().unwrap_err();
        assert_eq!(error.to_string(), "the task heartbeat panicked");
    }
}
