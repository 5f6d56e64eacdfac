//! What every change by an admin has: a reason, and an entry in the audit log.

use poem_openapi::Object;
use serde::Deserialize;
use serde_json::Value;
use shared::audit_log::{self, Action, NewEntry, RecordError, Subject};
use sqlx::PgConnection;

use crate::{auth::Admin, extract::Text, middleware::request_id, problem::Problem};

/// Why something changes, in the admin's words.
pub type Reason = Text<1, 500>;

/// The reason for a change.
#[derive(Debug, Object, Deserialize)]
pub struct ReasonOnly {
    /// Why the change is made; recorded in the audit log.
    pub reason: Reason,
}

/// A change about to be recorded in the audit log.
pub struct Change<'a> {
    /// What is being done.
    pub action: Action,
    /// What it is done to.
    pub subject: Subject<'a>,
    /// Why it is done.
    pub reason: &'a str,
}

impl Change<'_> {
    /// Writes the entry in the transaction of the change.
    pub async fn record(
        self,
        conn: &mut PgConnection,
        admin: &Admin,
        detail: Value,
    ) -> Result<(), Problem> {
        let entry = NewEntry {
            actor_id: admin.user_id,
            action: self.action,
            subject: self.subject,
            reason: self.reason,
            detail,
            request_id: &request_id::current(),
        };
        audit_log::record(conn, &entry).await.map_err(|error| match error {
            RecordError::NotAdmin => Problem::forbidden("requires the admin role"),
            RecordError::Store(error) => error.into(),
        })
    }
}
