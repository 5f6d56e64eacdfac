//! Every duty, how often it is done and how long one activation may take.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use crate::duty;
use crate::{Deps, DutyError, Report, Terms};

/// One duty of the leader.
pub struct Duty {
    /// Its label in metrics and logs.
    pub name: &'static str,
    /// The pause between two activations that found nothing left to do.
    pub every: fn(&Terms) -> Duration,
    /// An activation that takes longer is dropped: the next one finds what it left.
    pub limit: Duration,
    pub(crate) voice: Voice,
    /// One activation.
    pub run: fn(Arc<Deps>) -> BoxFuture<'static, Result<Report, DutyError>>,
}

/// How loudly a duty says that it did something.
pub(crate) enum Voice {
    /// Worth a line in the log.
    Loud,
    /// Happens all the time.
    Quiet,
}

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// All of them. They run beside each other, so that a slow object store stops no roll-up.
pub const TIMETABLE: &[Duty] = &[
    Duty {
        name: "rescue",
        every: |terms| (terms.lease / 8).clamp(SECOND / 10, SECOND),
        limit: Duration::from_secs(90),
        voice: Voice::Loud,
        run: |deps| Box::pin(duty::rescue::run(deps)),
    },
    Duty {
        name: "fail-overdue",
        every: |_| SECOND,
        limit: Duration::from_secs(30),
        voice: Voice::Loud,
        run: |deps| Box::pin(duty::fail_overdue::run(deps)),
    },
    Duty {
        name: "vacate",
        every: |_| Duration::from_secs(2),
        limit: Duration::from_secs(30),
        voice: Voice::Quiet,
        run: |deps| Box::pin(duty::vacate::run(deps)),
    },
    Duty {
        name: "expire-credits",
        every: |_| Duration::from_secs(5),
        limit: MINUTE,
        voice: Voice::Loud,
        run: |deps| Box::pin(duty::expire_credits::run(deps)),
    },
    Duty {
        name: "sync-quotas",
        every: |_| SECOND,
        limit: Duration::from_secs(10),
        voice: Voice::Quiet,
        run: |deps| Box::pin(duty::sync_quotas::run(deps)),
    },
    Duty {
        name: "roll-up",
        every: |_| SECOND,
        limit: MINUTE,
        voice: Voice::Quiet,
        run: |deps| Box::pin(duty::roll_up::run(deps)),
    },
    Duty {
        name: "audit",
        // It asks the database whether the last one, by whomever, has aged.
        every: |terms| (terms.audit_interval / 4).clamp(SECOND / 4, MINUTE / 2),
        limit: HOUR,
        voice: Voice::Loud,
        run: |deps| Box::pin(duty::audit::run(deps)),
    },
    Duty {
        name: "image-retention",
        // From one walk along all tasks to the next.
        every: |terms| (terms.image_retention / 4).clamp(SECOND, 6 * HOUR),
        limit: Duration::from_mins(5),
        voice: Voice::Loud,
        run: |deps| Box::pin(duty::image_retention::run(deps)),
    },
    Duty {
        name: "forget-answers",
        every: |_| Duration::from_mins(10),
        limit: MINUTE,
        voice: Voice::Quiet,
        run: |deps| Box::pin(duty::forget_answers::run(deps)),
    },
    Duty {
        name: "forget-sign-ins",
        every: |_| Duration::from_mins(10),
        limit: MINUTE,
        voice: Voice::Quiet,
        run: |deps| Box::pin(duty::forget_sign_ins::run(deps)),
    },
    Duty {
        name: "gauges",
        every: |_| Duration::from_secs(10),
        limit: Duration::from_secs(30),
        voice: Voice::Quiet,
        run: |deps| Box::pin(duty::gauges::run(deps)),
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn duties_have_names_of_their_own_and_a_pace_at_any_terms() {
        let names: BTreeSet<_> = TIMETABLE.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), TIMETABLE.len());

        for length in [Duration::from_millis(1), SECOND, Duration::from_hours(24 * 3650)] {
            let terms = Terms {
                lease: length,
                attempts_max: 6,
                audit_interval: length,
                image_retention: length,
            };
            for duty in TIMETABLE {
                let every = (duty.every)(&terms);
                assert!(every >= SECOND / 10 && every <= 6 * HOUR, "{}: {every:?}", duty.name);
            }
        }
    }

    #[test]
    fn a_dead_worker_is_noticed_within_a_second_of_its_lease() {
        let terms = Terms {
            lease: Duration::from_secs(20),
            attempts_max: 6,
            audit_interval: MINUTE,
            image_retention: MINUTE,
        };
        let rescue = TIMETABLE.iter().find(|it| it.name == "rescue").unwrap();

        assert!((rescue.every)(&terms) <= SECOND);
    }
}
