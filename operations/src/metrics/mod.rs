//! Metrics in Prometheus' text form. Code counts with the macros of the crate `metrics`; here is
//! only the recorder behind them and what is known about the process itself.

mod endpoint;

use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;

use crate::Program;

pub use endpoint::MetricsEndpoint;

/// From a memory look-up to the longest call to a provider.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0,
    30.0, 60.0, 120.0, 300.0,
];
/// From a thumbnail to the largest image accepted.
const BYTES: &[f64] = &[
    1_024.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    2_097_152.0,
    4_194_304.0,
    8_388_608.0,
    16_777_216.0,
    33_554_432.0,
];
/// Everything else is a count: batches, attempts.
const COUNTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, 1_024.0];
/// Histograms collect every sample until they are folded: without a scrape, for ever.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Renders what was counted; cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
    /// What the kernel knows about this process: memory, threads, files, processor time.
    process: Collector,
}

/// Something else in this process counts already.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot install the metrics recorder: {0}")]
pub struct InstallError(String);

/// Installs the recorder of this process and starts its upkeep. A process has one recorder, so a
/// second call answers the first one's.
pub fn install(program: Program) -> Result<Metrics, InstallError> {
    static INSTALLED: OnceLock<Result<Metrics, InstallError>> = OnceLock::new();
    let metrics = INSTALLED.get_or_init(recorder).clone()?;
    ::metrics::gauge!(
        "aetherflow_build_info", "program" => program.name(), "version" => env!("CARGO_PKG_VERSION")
    )
    .set(1.0);
    Ok(metrics)
}

fn recorder() -> Result<Metrics, InstallError> {
    let handle = build().map_err(|it| InstallError(it.to_string()))?;
    let upkeep = handle.clone();
    // A thread and not a task: it outlives runtimes, of which a test process has many.
    std::thread::Builder::new()
        .name("metrics-upkeep".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(UPKEEP_INTERVAL);
                upkeep.run_upkeep();
            }
        })
        .map_err(|it| InstallError(it.to_string()))?;
    let process = Collector::default();
    process.describe();
    Ok(Metrics { handle, process })
}

fn build() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Suffix("_bytes".to_owned()), BYTES)?
        .set_buckets(COUNTS)?
        .install_recorder()
}

impl Metrics {
    /// Everything counted so far and the state of the process. A gauge that was set to `NaN` is gone: what it told of
    /// is not there any more, or not for this process to tell.
    pub fn render(&self) -> String {
        self.process.collect();
        without_gone(&self.handle.render())
    }

    /// Serves `/metrics` to anybody who reaches the address.
    pub fn endpoint(&self) -> MetricsEndpoint {
        MetricsEndpoint { metrics: self.clone() }
    }
}

/// The recorder forgets no gauge by itself.
fn without_gone(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.trim_end().ends_with(" NaN")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_rendered_with_fitting_buckets() {
        let metrics = install(Program::Scheduler).unwrap();
        ::metrics::histogram!("test_wait_seconds").record(0.003);
        ::metrics::histogram!("test_image_bytes").record(70_000.0);
        ::metrics::histogram!("test_batch").record(3.0);

        let text = metrics.render();

        for line in [
            "test_wait_seconds_bucket{le=\"0.005\"} 1",
            "test_image_bytes_bucket{le=\"262144\"} 1",
            "test_batch_bucket{le=\"4\"} 1",
            "process_resident_memory_bytes ",
            "process_cpu_seconds_total ",
            "process_open_fds ",
            "process_threads ",
            "aetherflow_build_info{program=\"scheduler\"",
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
    }

    #[test]
    fn a_gauge_that_was_set_to_nothing_is_not_shown() {
        let metrics = install(Program::Scheduler).unwrap();
        let gauge = |key: &'static str| ::metrics::gauge!("test_keys", "key" => key);
        gauge("kept").set(1.0);
        gauge("gone").set(1.0);
        assert!(metrics.render().contains("test_keys{key=\"gone\"} 1"));

        gauge("gone").set(f64::NAN);

        let text = metrics.render();
        assert!(text.contains("test_keys{key=\"kept\"} 1"));
        assert!(!text.contains("test_keys{key=\"gone\"}"), "{text}");
        gauge("gone").set(2.0);
        assert!(metrics.render().contains("test_keys{key=\"gone\"} 2"), "it can come back");
    }

    #[test]
    fn a_second_call_answers_the_same_recorder() {
        let one = install(Program::Api).unwrap();
        let two = install(Program::Api).unwrap();
        ::metrics::counter!("test_shared_total").increment(1);

        assert!(one.render().contains("test_shared_total 1"));
        assert!(two.render().contains("test_shared_total 1"));
    }
}
