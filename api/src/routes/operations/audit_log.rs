//! What admins changed, and why.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use serde_json::Value;
use shared::audit_log::{self, Entry, EntryFilter};

use crate::{
    auth::Admin,
    extract::{Between, Id, Parameters, Text},
    problem::{Fail, Problem},
    response::{CsvFile, Page, Paging, Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// The audit log.
pub struct AdminAuditLog;

view! {
    /// A change that an admin made.
    struct EntryView as "AuditLogEntry" from entry: Entry {
        /// Unique id of the entry; a later entry has a higher one.
        id: String = entry.line.to_string(),
        /// The admin who made the change; absent if it was made on the operator's command line.
        actor_id: Option<Id>,
        /// The present e-mail address of that admin.
        actor_email: Option<String>,
        /// What was done, as `area.verb`, such as `user.suspended`.
        action: String,
        /// What was changed, as `kind:id`, such as `model:stability/core`.
        subject: String,
        /// The reason the admin gave.
        reason: String,
        /// More about the change, such as amounts, or values before and after.
        detail: Value,
        /// The `X-Request-Id` of the request that made the change; absent if there was none.
        request_id: Option<String>,
        /// When the change was made.
        created_at: Timestamp,
    }
}

/// Which entries to list.
#[derive(Debug, Object, Deserialize)]
struct EntryQuery {
    /// Only changes by this admin.
    actor_id: Option<Id>,
    /// Only this action, such as `user.suspended`.
    action: Option<Text<1, 64>>,
    /// Only changes of this subject, as `kind:id`.
    subject: Option<Text<1, 128>>,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminAuditLog {
    /// List the changes that admins made, newest first.
    #[oai(path = "/audit-log", method = "get", operation_id = "admin_list_audit_log")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<EntryQuery>,
        Parameters(between): Parameters<Between>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<EntryView>>, Fail> {
        Ok(Reply::new(&list_page(App::clone(app), filter(query, between)?, paging).await?))
    }

    /// Get the list of the changes that admins made as CSV, newest first.
    #[oai(path = "/audit-log.csv", method = "get", operation_id = "admin_download_audit_log")]
    async fn export(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<EntryQuery>,
        Parameters(between): Parameters<Between>,
    ) -> Result<CsvFile, Fail> {
        Ok(CsvFile::of("audit-log", app, filter(query, between)?, list_page).await?)
    }
}

fn filter(query: EntryQuery, between: Between) -> Result<EntryFilter, Problem> {
    let (from, to) = between.bounds()?;
    Ok(EntryFilter {
        actor_id: query.actor_id.map(|it| it.0),
        action: query.action.map(Text::into_string),
        subject: query.subject.map(Text::into_string),
        from,
        to,
    })
}

async fn list_page(
    app: App,
    filter: EntryFilter,
    paging: Paging,
) -> Result<Page<EntryView>, Problem> {
    let mut conn = app.admin_db.acquire().await?;
    let entries = audit_log::list(&mut conn, &filter, paging.position()?, paging.rows()).await?;
    Ok(Page::of(entries, &paging, |it| it.line))
}
