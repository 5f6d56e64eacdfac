//! Keeps one duty going for as long as this process leads. An activation that fails, hangs or panics is
//! tried again; it never ends the process, and never holds up another duty.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tracing::Level;

use crate::backoff::Backoff;
use crate::timetable::Duty;
use crate::{Deps, DutyError, Lead, Report};

/// Activates the duty at its pace until `stopping`; an activation under way is finished.
pub(crate) async fn keep(
    duty: Duty,
    deps: Arc<Deps>,
    lead: Arc<Lead>,
    stopping: CancellationToken,
) {
    let mut backoff = Backoff::default();
    while stopping.run_until_cancelled(lead.ours()).await.is_some() {
        let result = activate(&duty, &deps).await;
        let pause = next_pause(&duty, &mut backoff, result);
        // The end of the process is what this waits for, at most so long.
        if tokio::time::timeout(pause, stopping.cancelled()).await.is_ok() {
            return;
        }
    }
}

/// One activation, on a task of its own: a panic ends that task and nothing else.
async fn activate(duty: &Duty, deps: &Arc<Deps>) -> Result<Report, DutyError> {
    let began = Instant::now();
    let mut activation = tokio::spawn(duty.run(Arc::clone(deps)));
    let result = match tokio::time::timeout(duty.limit, &mut activation).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(DutyError::Panicked),
        Err(_) => {
            activation.abort();
            Err(DutyError::TimeLimit(duty.limit))
        }
    };
    metrics::histogram!("aetherflow_duty_seconds", "duty" => duty.name)
        .record(began.elapsed().as_secs_f64());
    result
}

/// Counts and logs the result; answers how long to wait for the next activation.
fn next_pause(duty: &Duty, backoff: &mut Backoff, result: Result<Report, DutyError>) -> Duration {
    let (report, trouble) = match result {
        Ok(mut report) => {
            let trouble = report.trouble.take();
            (report, trouble)
        }
        Err(error) => (Report::default(), Some(error)),
    };
    log(duty, &report);
    if let Some(error) = trouble {
        count(duty, "failed");
        let (pause, first) = backoff.failed();
        if first {
            tracing::error!(duty = duty.name, %error, "a duty fails; it is tried again");
        } else {
            tracing::debug!(duty = duty.name, %error, "a duty still fails");
        }
        return pause.max(duty.every);
    }
    count(duty, if report.did_something() { "done" } else { "idle" });
    let failures = backoff.succeeded();
    if failures > 0 {
        tracing::info!(duty = duty.name, failures, "a duty works again");
    }
    if report.more { Duration::ZERO } else { duty.every }
}

fn log(duty: &Duty, report: &Report) {
    for (what, count) in report.counts() {
        metrics::counter!("aetherflow_duty_items_total", "duty" => duty.name, "what" => *what)
            .increment(*count);
    }
    if report.did_something() {
        let did = report.summary();
        if duty.log_level == Level::INFO {
            tracing::info!(duty = duty.name, did, "a duty did something");
        } else {
            tracing::debug!(duty = duty.name, did, "a duty did something");
        }
    }
}

fn count(duty: &Duty, outcome: &'static str) {
    metrics::counter!("aetherflow_duty_activations_total", "duty" => duty.name, "outcome" => outcome)
        .increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(backoff: &mut Backoff, result: Result<Report, DutyError>) -> u64 {
        let (every, limit) = (Duration::from_secs(5), Duration::from_secs(1));
        let run = |_| async { Ok(Report::default()) };
        let duty = Duty::new("test", every, limit, Level::DEBUG, run);
        next_pause(&duty, backoff, result).as_secs()
    }

    #[test]
    fn a_duty_goes_at_its_pace_and_at_once_while_there_is_more() {
        let mut backoff = Backoff::default();

        assert_eq!(pause(&mut backoff, Ok(Report::default())), 5);
        assert_eq!(pause(&mut backoff, Ok(Report::default().more(true))), 0);
    }

    #[test]
    fn a_duty_that_fails_backs_off_and_never_goes_faster_than_its_pace() {
        let mut backoff = Backoff::default();

        let pauses: Vec<_> =
            (0..5).map(|_| pause(&mut backoff, Err(DutyError::Panicked))).collect();

        assert_eq!(pauses, [5, 5, 5, 8, 16]);
        assert_eq!(pause(&mut backoff, Ok(Report::default())), 5);
    }

    #[test]
    fn trouble_with_a_part_counts_as_a_failure_even_if_there_is_more() {
        let mut backoff = Backoff::default();
        let mut report = Report::default().more(true).with("settled", 1);
        report.trouble = Some(DutyError::Panicked);

        assert_eq!(pause(&mut backoff, Ok(report)), 5);
    }
}
