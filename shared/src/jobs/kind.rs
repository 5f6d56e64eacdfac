//! The kinds of job, one row each. A row and a handler (`worker/src/jobs`) are all there is to a kind:
//! its queue, the scheduler's look for due work, the admin routes and `ctl requeue` follow from the row.

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// What is particular about a kind of job, besides its handler.
#[derive(Debug)]
pub struct JobRow {
    /// Names its queue, its wake channel and its metrics.
    pub name: &'static str,
    /// What its handler does, for whoever reads the API's document.
    pub meaning: &'static str,
    /// How often each worker looks for work that no bell announced: Redis may have lost the bell.
    pub look_every: Duration,
    /// When the scheduler rings; `None` where whatever makes the work rings for it.
    pub schedule: Option<Schedule>,
}

/// How the scheduler notices work that becomes due by itself.
#[derive(Debug)]
pub struct Schedule {
    /// How often it looks.
    pub every: Duration,
    /// What follows `SELECT` in a query with one row for each thing that is due.
    pub due: &'static str,
}

macro_rules! job_kinds {
    ($($kind:ident { name: $name:literal, meaning: $meaning:literal, $($field:ident: $value:expr),* $(,)? })*) => {
        /// A kind of job.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum JobKind {
            $(#[doc = $meaning] $kind,)*
        }

        impl JobKind {
            /// Every kind.
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$kind),*];

            /// The kind's row.
            pub const fn row(self) -> &'static JobRow {
                match self {
                    $(Self::$kind => const {
                        &JobRow { name: $name, meaning: $meaning, $($field: $value),* }
                    },)*
                }
            }
        }
    };
}

job_kinds! {
    GenerateImage {
        name: "generate-image",
        meaning: "Makes images: starts the tasks that are due and calls a provider for each.",
        look_every: SECOND,
        schedule: None,
    }
    SyncQuotas {
        name: "sync-quotas",
        meaning: "Reads from the providers how many units hosted keys have left.",
        look_every: Duration::from_secs(30),
        schedule: Some(Schedule {
            every: SECOND,
            due: "FROM pool.resource_state s JOIN pool.resource r ON r.id = s.resource_id
                  WHERE s.sync_due_at <= (SELECT aether.now())
                    AND r.deleted_at IS NULL AND r.status <> 'disabled'",
        }),
    }
    ExpireCredits {
        name: "expire-credits",
        meaning: "Sweeps credits that have expired out of wallets.",
        look_every: Duration::from_mins(1),
        schedule: Some(Schedule {
            every: Duration::from_secs(5),
            due: "FROM ledger.wallet WHERE next_expiry <= (SELECT aether.now())",
        }),
    }
}

impl JobKind {
    /// Names its queue, its wake channel and its metrics.
    pub const fn as_str(self) -> &'static str {
        self.row().name
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn kinds_have_names_of_their_own_and_are_found_by_them() {
        let names: BTreeSet<_> = JobKind::ALL.iter().map(|it| it.as_str()).collect();
        assert_eq!(names.len(), JobKind::ALL.len());
        for kind in JobKind::ALL {
            assert_eq!(JobKind::from_name(kind.as_str()), Some(kind));
        }
        assert_eq!(JobKind::from_name("make-coffee"), None);
    }
}
