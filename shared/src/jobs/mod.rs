//! Jobs: bells in Redis. A job says that something is due and carries an id at the most; whoever hears
//! it looks into PostgreSQL. Losing every one of them loses nothing but a second.

mod bells;
mod channel;
mod depth;
mod queue;
mod sweep;

pub use bells::Bells;
pub use channel::{Channels, Listener};
pub use depth::{QUEUE_DEPTH_MAX, queue_depth};
pub use queue::{BATCH_SIZE, JobStorage, storage};
pub use sweep::sweep_finished;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The kinds of job, by the names of their queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobKind {
    GenerateImage,
    SyncQuotas,
    ExpireCredits,
}

impl JobKind {
    pub const ALL: [Self; 3] = [Self::GenerateImage, Self::SyncQuotas, Self::ExpireCredits];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GenerateImage => "generate-image",
            Self::SyncQuotas => "sync-quotas",
            Self::ExpireCredits => "expire-credits",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == name)
    }
}

/// What a queue carries.
pub trait Job:
    Serialize + for<'de> Deserialize<'de> + Send + Sync + Unpin + Clone + 'static
{
    const KIND: JobKind;
}

/// A task may be due. `None`: look for whatever is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GenerateImage {
    pub task_id: Option<Uuid>,
}

impl Job for GenerateImage {
    const KIND: JobKind = JobKind::GenerateImage;
}

/// Quotas of hosted keys may be due for a reading.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SyncQuotas {}

impl Job for SyncQuotas {
    const KIND: JobKind = JobKind::SyncQuotas;
}

/// Credits may have expired.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExpireCredits {}

impl Job for ExpireCredits {
    const KIND: JobKind = JobKind::ExpireCredits;
}
