//! Every duty, how often it is done and how long one activation may take.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use shared::jobs::JobKind;
use tracing::Level;

use crate::duty::{
    audit, fail_overdue, fail_struck, forget_answers, forget_boots, forget_sign_ins,
    forget_strikes, gauges, image_retention, rescue, ring, roll_up, sweep_credits, vacate,
};
use crate::{Deps, DutyError, DutySettings, Report};

/// One duty of the leader.
pub struct Duty {
    /// Its label in metrics and logs.
    pub name: &'static str,
    /// The pause between two activations that found nothing left to do.
    pub every: Duration,
    /// An activation that takes longer is dropped: the next one finds what it left.
    pub limit: Duration,
    /// `INFO` where it is worth a line in the log that the duty did something, `DEBUG` where that
    /// happens all the time.
    pub(crate) log_level: Level,
    run: Box<dyn Fn(Arc<Deps>) -> Activation + Send + Sync>,
}

type Activation = BoxFuture<'static, Result<Report, DutyError>>;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// All of them. They run beside each other, so that a slow object store stops no roll-up.
pub fn timetable(settings: &DutySettings) -> Vec<Duty> {
    let rescue_every = (settings.lease / 8).clamp(SECOND / 10, SECOND);
    // It asks the database how old the last audit is, whichever process made it.
    let audit_every = (settings.audit_interval / 4).clamp(SECOND / 4, MINUTE / 2);
    // From one walk along all tasks to the next.
    let retention_every = (settings.image_retention / 4).clamp(SECOND, 6 * HOUR);
    let (info, debug) = (Level::INFO, Level::DEBUG);
    let mut duties = vec![
        Duty::new("rescue", rescue_every, 90 * SECOND, info, rescue::run),
        Duty::new("fail-overdue", SECOND, 30 * SECOND, info, fail_overdue::run),
        Duty::new("fail-struck", SECOND, 30 * SECOND, info, fail_struck::run),
        Duty::new("vacate", 2 * SECOND, 30 * SECOND, debug, vacate::run),
        Duty::new("sweep-credits", 5 * SECOND, MINUTE, info, sweep_credits::run),
        Duty::new("roll-up", SECOND, MINUTE, debug, roll_up::run),
        Duty::new("audit", audit_every, HOUR, info, audit::run),
        Duty::new("image-retention", retention_every, 5 * MINUTE, info, image_retention::run),
        Duty::new("forget-answers", 10 * MINUTE, MINUTE, debug, forget_answers::run),
        Duty::new("forget-boots", 10 * MINUTE, MINUTE, debug, forget_boots::run),
        Duty::new("forget-sign-ins", 10 * MINUTE, MINUTE, debug, forget_sign_ins::run),
        Duty::new("forget-strikes", HOUR, MINUTE, debug, forget_strikes::run),
        Duty::new("gauges", 10 * SECOND, 30 * SECOND, debug, gauges::run),
    ];
    duties.extend(JobKind::ALL.iter().copied().filter_map(ringing));
    duties
}

/// Rings for a kind of job whose work becomes due by itself.
fn ringing(kind: JobKind) -> Option<Duty> {
    let schedule = kind.row().schedule.as_ref()?;
    let ring = move |deps| ring::run(kind, schedule, deps);
    Some(Duty::new(kind.as_str(), schedule.every, 10 * SECOND, Level::DEBUG, ring))
}

impl Duty {
    pub(crate) fn new<F>(
        name: &'static str,
        every: Duration,
        limit: Duration,
        log_level: Level,
        run: impl Fn(Arc<Deps>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Report, DutyError>> + Send + 'static,
    {
        let run = Box::new(move |deps| -> Activation { Box::pin(run(deps)) });
        Self { name, every, limit, log_level, run }
    }

    /// One activation.
    pub fn run(&self, deps: Arc<Deps>) -> Activation {
        (self.run)(deps)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shared::generation::CompensationBudgets;
    use shared::ledger::Credits;

    use super::*;

    fn settings(length: Duration) -> DutySettings {
        DutySettings {
            lease: length,
            attempts_max: 6,
            strikes_max: 20,
            budgets: CompensationBudgets {
                owner: Credits::ZERO,
                consumer: Credits::ZERO,
                total: Credits::ZERO,
            },
            audit_interval: length,
            image_retention: length,
        }
    }

    #[test]
    fn duties_have_names_of_their_own_and_a_pace_at_any_settings() {
        for length in [Duration::from_millis(1), SECOND, Duration::from_hours(24 * 3650)] {
            let duties = timetable(&settings(length));
            let names: BTreeSet<_> = duties.iter().map(|it| it.name).collect();
            assert_eq!(names.len(), duties.len());
            for Duty { name, every, .. } in duties {
                assert!(every >= SECOND / 10 && every <= 6 * HOUR, "{name}: {every:?}");
            }
        }
    }

    #[test]
    fn every_kind_of_job_with_a_schedule_is_rung_at_its_pace() {
        let duties = timetable(&settings(SECOND));
        let rung: Vec<(JobKind, Duration)> =
            duties.iter().filter_map(|it| Some((it.name.parse().ok()?, it.every))).collect();

        assert_eq!(rung, [(JobKind::SyncQuotas, SECOND), (JobKind::ExpireCredits, 5 * SECOND)]);
    }

    #[test]
    fn a_dead_worker_is_noticed_within_a_second_of_its_lease() {
        let duties = timetable(&settings(20 * SECOND));
        let rescue = duties.iter().find(|it| it.name == "rescue").unwrap();

        assert!(rescue.every <= SECOND);
    }
}
