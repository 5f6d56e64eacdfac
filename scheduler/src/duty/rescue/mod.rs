//! Declares silent workers dead and brings what they left behind to its end: an attempt whose image is
//! kept is settled, for it is paid for; one without is unknown, and its task is tried on another key. What
//! is unknown is looked at again for a while: an image may be kept late.

mod attempt;
mod late;
mod parked;

use std::sync::Arc;

use futures::StreamExt;
use shared::failpoint;
use shared::generation::rescue::{self, Stranded, StrandedKind};

use crate::report::counted;
use crate::{Deps, DutyError, Report};

const STRANDED_MAX: i32 = 256;
/// Attempts looked into at once: each may read an image of 32 MiB.
const AT_ONCE: usize = 4;

/// What became of one stranded attempt. The words are the labels of its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rescued {
    /// Its image was kept: the task is completed.
    Settled,
    /// Its image was kept, but the task had ended: the platform paid the owner.
    Surplus,
    /// No image: unknown, and the task goes on without it.
    Unknown,
    /// Its image cannot be settled, or not be read: waits for an admin.
    Parked,
    /// Another process was faster.
    Already,
    /// Still no image; it is looked for again, or was looked for the last time.
    NotYet,
}

impl Rescued {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Surplus => "surplus",
            Self::Unknown => "unknown",
            Self::Parked => "parked",
            Self::Already => "already",
            Self::NotYet => "not_yet",
        }
    }
}

pub async fn run(deps: Arc<Deps>) -> Result<Report, DutyError> {
    // A worker that sent no heartbeat because the database was away is not dead.
    if !deps.watch.may_judge() {
        return Ok(Report::default());
    }
    let lease = deps.settings.lease;
    let boots = rescue::end_silent_boots(&deps.db, lease).await?;
    let stranded = rescue::stranded(&deps.db, lease, STRANDED_MAX).await?;
    if !stranded.is_empty() {
        failpoint::hit("scheduler.before-rescue");
    }
    let of_kind = |kind| stranded.iter().copied().filter(move |it| it.kind == kind);
    let calling: Vec<_> = of_kind(StrandedKind::Calling).collect();
    let parked: Vec<_> = of_kind(StrandedKind::Parked).collect();
    let late: Vec<_> = of_kind(StrandedKind::Late).collect();
    let full = calling.len() >= STRANDED_MAX.unsigned_abs() as usize;

    let mut report = Report::default().with("silent_boots", counted(boots));
    let rescuing = futures::stream::iter(calling).map(|it| attempt::rescue(&deps, it));
    take_in(&mut report, rescuing.buffer_unordered(AT_ONCE).collect().await);
    let retrying = futures::stream::iter(by_task(parked)).map(|it| parked::retry(&deps, it));
    take_in(&mut report, retrying.buffer_unordered(AT_ONCE).collect().await);
    let looking = futures::stream::iter(late).map(|it| late::look(&deps, it));
    take_in(&mut report, looking.buffer_unordered(AT_ONCE).collect().await);

    // With nothing done at all, to look again at once would only meet the same trouble.
    report.more = full && report.did_something();
    Ok(report)
}

fn take_in(report: &mut Report, outcomes: Vec<Result<Rescued, DutyError>>) {
    for outcome in outcomes {
        match outcome {
            Ok(Rescued::NotYet) => {}
            Ok(rescued) => report.add(rescued.as_str(), 1),
            Err(error) => report.trouble = Some(error),
        }
    }
}

/// The attempts of each task, together: one image is enough.
fn by_task(mut stranded: Vec<Stranded>) -> Vec<Vec<Stranded>> {
    stranded.sort_by_key(|it| (it.task, it.attempt));
    stranded.chunk_by(|one, next| one.task == next.task).map(<[_]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn attempts_are_gathered_by_their_task() {
        let parked = |task, attempt| Stranded {
            attempt: Uuid::from_u128(attempt),
            task: Uuid::from_u128(task),
            kind: StrandedKind::Parked,
        };

        let gathered = by_task(vec![parked(1, 3), parked(2, 4), parked(1, 2)]);

        assert_eq!(gathered, [vec![parked(1, 2), parked(1, 3)], vec![parked(2, 4)]]);
    }
}
