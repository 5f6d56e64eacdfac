//! What admins did, to what, and why.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query, types::Example};
use serde_json::json;
use shared::audit_log::{self, Entry, EntryFilter};
use uuid::uuid;

use crate::{
    auth::Admin,
    extract::{Id, Text},
    problem::Fail,
    response::{Cursor, Limit, Page, Reply, Timestamp},
    routes::{
        Tag,
        wallet::{Between, example_instant},
    },
    state::App,
};

/// The audit log.
pub struct AdminAuditLog;

/// One change.
#[derive(Debug, Object)]
#[oai(rename = "AuditLogEntry", example, skip_serializing_if_is_none)]
struct EntryView {
    /// Opaque; ascending in time.
    id: String,
    /// Who; absent: the operator's command line.
    actor_id: Option<Id>,
    /// His e-mail today.
    actor_email: Option<String>,
    /// What, as `area.verb`.
    action: String,
    /// To what, as `kind:id`.
    subject: String,
    /// Why.
    reason: String,
    /// Amounts, values before and after.
    detail: serde_json::Value,
    /// Finds the request in the logs.
    request_id: Option<String>,
    /// When.
    created_at: Timestamp,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminAuditLog {
    /// Every change by an admin, newest first.
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    #[oai(path = "/audit-log", method = "get", operation_id = "admin_list_audit_log")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// Only by this admin.
        actor_id: Query<Option<Id>>,
        /// Only this, as `area.verb`.
        action: Query<Option<Text<1, 64>>>,
        /// Only to this, as `kind:id`.
        subject: Query<Option<Text<1, 128>>>,
        /// At or after.
        from: Query<Option<Timestamp>>,
        /// Before.
        to: Query<Option<Timestamp>>,
        #[oai(default)] limit: Query<Limit>,
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<Page<EntryView>>, Fail> {
        let Between { from, to } = Between::new(from.0, to.0)?;
        let filter = EntryFilter {
            actor_id: actor_id.0.map(|it| it.0),
            action: action.0.map(Text::into_string),
            subject: subject.0.map(Text::into_string),
            from,
            to,
        };
        let before: Option<i64> = Cursor::position(cursor.0)?;
        let mut conn = app.db.acquire().await?;
        let entries = audit_log::list(&mut conn, &filter, before, limit.0.rows()).await?;
        Ok(Reply::new(&Page::of(entries, limit.0, |it| it.line, Into::into)))
    }
}

impl From<Entry> for EntryView {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.line.to_string(),
            actor_id: entry.actor_id.map(Into::into),
            actor_email: entry.actor_email,
            action: entry.action,
            subject: entry.subject,
            reason: entry.reason,
            detail: entry.detail,
            request_id: entry.request_id,
            created_at: entry.created_at.into(),
        }
    }
}

impl Example for EntryView {
    fn example() -> Self {
        Self {
            id: "42".to_owned(),
            actor_id: Some(Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d43"))),
            actor_email: Some("admin@example.com".to_owned()),
            action: "user.suspended".to_owned(),
            subject: "user:01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e".to_owned(),
            reason: "payment disputed".to_owned(),
            detail: json!({ "status": "suspended" }),
            request_id: Some("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d44".to_owned()),
            created_at: example_instant(0),
        }
    }
}
