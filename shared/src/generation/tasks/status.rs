use serde::{Deserialize, Serialize};

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum TaskStatus {
    /// Waits; no attempt runs.
    Pending,
    /// An attempt runs, or its image waits to be settled.
    Processing,
    /// The image is there and paid for.
    Completed,
    /// Nothing could be delivered; nothing was charged.
    Failed,
    /// Its consumer took it back; nothing was charged.
    Canceled,
    /// Paid for, and given back.
    Refunded,
}

impl TaskStatus {
    /// As rows and answers spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Refunded => "refunded",
        }
    }

    /// Whether waiting for it makes no sense any more. (A completed task may still be refunded.)
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Processing)
    }
}
