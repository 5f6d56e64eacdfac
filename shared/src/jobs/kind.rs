//! The kinds of job, one row each. A row and a handler (`worker/src/jobs`) are all there is to a kind:
//! its queue, the scheduler's look for due work, the admin routes and `ctl requeue` follow from the row.

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// What is particular about a kind of job, besides its name and its handler.
#[derive(Debug)]
pub struct JobRow {
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
    ($($(#[doc = $meaning:literal])+ $kind:ident = $name:literal { $($field:ident: $value:expr),* $(,)? })*) => {
        crate::vocabulary! {
            /// The kinds of job, by the names of their queues.
            pub enum JobKind as "JobKindName" {
                $($(#[doc = $meaning])+ $kind = $name),*
            }
        }

        impl JobKind {
            /// The kind's row.
            pub const fn row(self) -> &'static JobRow {
                match self {
                    $(Self::$kind => const { &JobRow { $($field: $value),* } },)*
                }
            }
        }
    };
}

job_kinds! {
    /// Makes images: starts the tasks that are due and calls a provider for each.
    GenerateImage = "generate-image" {
        look_every: SECOND,
        schedule: None,
    }
    /// Reads from the providers how many units hosted keys have left.
    SyncQuotas = "sync-quotas" {
        look_every: Duration::from_secs(30),
        schedule: Some(Schedule {
            every: SECOND,
            due: "FROM pool.resource_state s JOIN pool.resource r ON r.id = s.resource_id
                  WHERE s.sync_due_at <= (SELECT aether.now())
                    AND r.deleted_at IS NULL AND r.status <> 'disabled'",
        }),
    }
    /// Sweeps credits that have expired out of wallets.
    ExpireCredits = "expire-credits" {
        look_every: Duration::from_mins(1),
        schedule: Some(Schedule {
            every: Duration::from_secs(5),
            due: "FROM ledger.wallet WHERE next_expiry <= (SELECT aether.now())",
        }),
    }
}
