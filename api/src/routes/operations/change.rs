//! What every change by an admin brings along.

use poem_openapi::{Object, types::Example};
use serde::Deserialize;
use serde_json::Value;
use shared::audit_log::{self, Action, NewEntry, Subject};
use sqlx::PgConnection;

use crate::{auth::Admin, extract::Text, middleware::request_id, problem::Problem};

/// Why something is changed, in the admin's words.
pub type Reason = Text<1, 500>;

/// The body of a change that needs nothing else.
#[derive(Debug, Object, Deserialize)]
#[oai(example)]
pub struct ReasonOnly {
    /// Why; goes into the audit log.
    pub reason: Reason,
}

/// A change about to be written into the audit log.
pub struct Change<'a> {
    /// What is done.
    pub action: Action,
    /// To what.
    pub subject: Subject<'a>,
    /// Why.
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
        Ok(audit_log::record(conn, &entry).await?)
    }
}

impl Example for ReasonOnly {
    fn example() -> Self {
        Self { reason: Text::literal("asked for in ticket 4711") }
    }
}
