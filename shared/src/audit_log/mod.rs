//! What admins did, to what, and why. An entry is written in the transaction of its change, so there is
//! never one without the other; the table is append-only.

mod action;
mod store;

use chrono::{DateTime, Utc};
use serde_json::Value;
use uuid::Uuid;

pub use action::{Action, Subject};
pub use store::{RecordError, list, record};

/// An entry about to be written.
#[derive(Clone, Debug)]
pub struct NewEntry<'a> {
    /// The admin.
    pub actor_id: Uuid,
    pub action: Action,
    pub subject: Subject<'a>,
    /// In the admin's words.
    pub reason: &'a str,
    /// What changed: amounts, values before and after. Never a secret.
    pub detail: Value,
    /// Finds the request in the logs.
    pub request_id: &'a str,
}

/// An entry as it was written.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Entry {
    /// Ascending in time.
    pub line: i64,
    /// `None`: the operator's command line.
    pub actor_id: Option<Uuid>,
    /// Their e-mail today.
    pub actor_email: Option<String>,
    /// One of [`Action`]; a string, so that a rolling deploy can read newer ones.
    pub action: String,
    /// `kind:id`.
    pub subject: String,
    pub reason: String,
    pub detail: Value,
    pub request_id: Option<String>,
    pub created_at: DateTime<Utc>,
}

/// Which entries; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    pub actor_id: Option<Uuid>,
    pub action: Option<String>,
    /// `kind:id`.
    pub subject: Option<String>,
    /// At or after.
    pub from: Option<DateTime<Utc>>,
    /// Before.
    pub to: Option<DateTime<Utc>>,
}
