//! What is written into a stream: events with a name, an id that says from where to go on, and JSON.

use std::fmt::Write;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use poem_openapi::types::ToJSON;
use shared::{
    clock::unix_seconds,
    generation::tasks::{Task, TaskStatus},
    ledger::wallet::WalletTotals,
};
use uuid::Uuid;

use crate::{
    extract::{Amount, Word},
    response::view,
    routes::generation::TaskView,
    services::ImageLinks,
};

shared::vocabulary! {
    /// What an event tells.
    pub enum EventType {
        /// A task waits for a resource: it was submitted, or an attempt failed and another may start.
        TaskPending = "task.pending",
        /// An attempt for a task is running, or canceling it was asked for.
        TaskProcessing = "task.processing",
        /// A task has its image.
        TaskCompleted = "task.completed",
        /// A task ended without an image.
        TaskFailed = "task.failed",
        /// A task was canceled.
        TaskCanceled = "task.canceled",
        /// The credits in the wallet changed.
        Balance = "balance",
        /// The status or the health of a resource of yours changed; what it has earned is not told.
        Resource = "resource",
        /// Events were missed: read what you show again.
        Reset = "stream.reset",
    }
}

shared::vocabulary! {
    /// Why events were missed.
    pub enum ResetReason {
        /// The last event you had is older than events are kept.
        TooOld = "too_old",
        /// More tasks have ended since than are repeated.
        TooMany = "too_many",
        /// `Last-Event-ID` is no id of an event.
        UnknownId = "unknown_id",
    }
}

view! {
    /// What a wallet holds.
    pub struct BalanceTotalsView as "BalanceTotals" from totals: WalletTotals {
        /// Credits that can be spent now.
        available: Amount,
        /// Credits set aside for tasks that have not ended.
        held: Amount,
        /// Both amounts together, available and held.
        total: Amount = totals.total(),
    }
}

view! {
    /// The news that events were missed.
    pub struct ResetView as "StreamReset" {
        /// Why they were missed; read everything again that is shown.
        pub reason: Word<ResetReason>,
    }
}

impl EventType {
    /// That of a task in this state.
    pub const fn of_task(status: TaskStatus) -> Self {
        match status {
            TaskStatus::Pending => Self::TaskPending,
            TaskStatus::Processing => Self::TaskProcessing,
            // It has its image, whatever became of its charge.
            TaskStatus::Completed | TaskStatus::Refunded => Self::TaskCompleted,
            TaskStatus::Failed => Self::TaskFailed,
            TaskStatus::Canceled => Self::TaskCanceled,
        }
    }
}

/// A set of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTypes(u16);

impl EventTypes {
    /// All there are.
    pub const ALL: Self = Self(u16::MAX);

    /// Of these. News of missed events always come.
    pub fn of(types: impl IntoIterator<Item = EventType>) -> Self {
        Self(types.into_iter().fold(bit(EventType::Reset), |set, it| set | bit(it)))
    }

    /// Whether it is one of them.
    pub const fn has(self, event: EventType) -> bool {
        self.0 & bit(event) != 0
    }
}

const fn bit(event: EventType) -> u16 {
    1 << event as u16
}

/// An event's id: when what it tells was so, by the database's clock in microseconds, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventId {
    /// Everything that ended three quarters of a minute before was told before.
    pub at: DateTime<Utc>,
    /// What it is about; nil for nothing in particular.
    pub subject: Uuid,
}

impl EventId {
    /// Of an event at this time.
    pub const fn new(at: DateTime<Utc>, subject: Uuid) -> Self {
        Self { at, subject }
    }

    /// Out of `Last-Event-ID`.
    pub fn parse(text: &str) -> Option<Self> {
        let (micros, subject) = text.split_once('-')?;
        let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some(Self { at, subject: Uuid::try_parse(subject).ok()? })
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.at.timestamp_micros(), self.subject)
    }
}

/// An event as it is written. JSON has no line breaks outside of strings, and none unescaped in them.
pub fn frame<T: ToJSON>(id: EventId, event: EventType, data: &T) -> Bytes {
    let data = data.to_json().unwrap_or_default();
    let mut text = String::with_capacity(1024);
    // Writing to a string cannot fail.
    let _ = write!(text, "id: {id}\nevent: {event}\ndata: {data}\n\n");
    Bytes::from(text)
}

/// The event of a task in its present state, at `at`.
pub fn task_frame(task: Task, links: &ImageLinks, at: DateTime<Utc>) -> Bytes {
    let (id, event) = (EventId::new(at, task.id), EventType::of_task(task.status));
    frame(id, event, &TaskView::of(task, links, unix_seconds()))
}

/// How a stream begins: how soon to come back after an interruption.
pub const fn opening() -> Bytes {
    Bytes::from_static(b"retry: 2000\n\n")
}

/// From where to go on after an interruption, even if nothing happens before it. No event: it has no data.
pub fn position(id: EventId) -> Bytes {
    Bytes::from(format!("id: {id}\n\n"))
}

/// Says that the stream lives.
pub const fn comment() -> Bytes {
    Bytes::from_static(b":\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_what_is_none_does_not() {
        let at = DateTime::from_timestamp_micros(1_764_300_000_123_456).unwrap();
        let id = EventId::new(at, Uuid::now_v7());

        assert_eq!(EventId::parse(&id.to_string()), Some(id));
        for text in
            ["", "7", "7-", "x-00000000-0000-0000-0000-000000000000", "99999999999999999999-x"]
        {
            assert_eq!(EventId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_set_has_what_was_asked_for_and_always_the_news_of_missed_events() {
        let set = EventTypes::of([EventType::Balance]);

        let had: Vec<_> = EventType::ALL.iter().copied().filter(|it| set.has(*it)).collect();
        assert_eq!(had, [EventType::Balance, EventType::Reset]);
        assert!(EventType::ALL.iter().all(|it| EventTypes::ALL.has(*it)));
    }

    #[test]
    fn line_breaks_in_a_text_do_not_end_an_event() {
        let id = EventId::new(DateTime::UNIX_EPOCH, Uuid::nil());
        let frame = frame(id, EventType::Balance, &"one\ntwo\r\nthree".to_owned());

        let text = std::str::from_utf8(&frame).unwrap();
        assert_eq!(
            text,
            "id: 0-00000000-0000-0000-0000-000000000000\nevent: balance\n\
             data: \"one\\ntwo\\r\\nthree\"\n\n"
        );
    }
}
