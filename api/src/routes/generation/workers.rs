//! Worker processes, for admins.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Deserialize;
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    generation::boot::{self, Boot, BootState},
};

use crate::{
    auth::Admin,
    extract::{Body, Id, Parameters, Word},
    problem::{Fail, Problem},
    response::{CsvFile, Page, Paging, Reply, Timestamp, view},
    routes::{
        Tag,
        operations::{Change, Reason},
    },
    state::App,
};

/// Worker processes.
pub struct AdminWorkers;

view! {
    /// A worker process, from its start to its end.
    pub(super) struct WorkerView as "Worker" from boot: Boot {
        /// Unique id of this run of the process; after a restart it is another.
        id: Id,
        /// The name of the machine it runs on.
        host: String,
        /// The id of the process on that machine.
        pid: i32,
        /// The version of the program.
        version: String,
        /// Whether the process is still working.
        state: Word<BootState>,
        /// The most calls it makes at the same time.
        permits: i32,
        /// Calls that were under way when it last reported.
        busy: i32,
        /// When the process started.
        started_at: Timestamp,
        /// When the process last reported that it works.
        beat_at: Timestamp,
        /// The time since its last report, in milliseconds.
        silent_ms: i64,
        /// Since when an admin wants it to start no new calls; absent if none does.
        drained_at: Option<Timestamp>,
        /// When the process stopped or was declared dead; absent while it is working.
        ended_at: Option<Timestamp>,
        /// Why the process ended; absent while it is working.
        end_reason: Option<String>,
    }
}

/// Which worker processes to list.
#[derive(Debug, Clone, Copy, Object, Deserialize)]
pub(super) struct WorkerQuery {
    /// Only worker processes in this state.
    state: Option<Word<BootState>>,
    /// Only the worker process with this id.
    id: Option<Id>,
}

/// Whether a worker is to start calls.
#[derive(Debug, Object, Deserialize)]
#[oai(rename = "WorkerDrain")]
struct DrainRequest {
    /// `true` to have it start no new calls, `false` to let it work again.
    drain: bool,
    /// Why it is done; recorded in the audit log.
    reason: Reason,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminWorkers {
    /// List worker processes, newest first.
    #[oai(path = "/workers", method = "get", operation_id = "admin_list_workers")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<WorkerQuery>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<WorkerView>>, Fail> {
        Ok(Reply::new(&list_page(App::clone(app), query, paging).await?))
    }

    /// Get the list of worker processes as CSV, newest first.
    #[oai(path = "/workers.csv", method = "get", operation_id = "admin_download_workers")]
    async fn export(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<WorkerQuery>,
    ) -> Result<CsvFile, Fail> {
        Ok(CsvFile::of("workers", app, query, list_page).await?)
    }

    /// Have a worker start no new calls, or let it work again.
    ///
    /// Calls that are under way end as usual, and the process goes on running. It learns it with its next report,
    /// within seconds. 404 for a process that has ended.
    #[oai(path = "/workers/:id/drain", method = "post", operation_id = "admin_set_worker_drain")]
    async fn drain(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the worker process.
        id: Path<Id>,
        body: Body<DrainRequest>,
    ) -> Result<Reply<WorkerView>, Fail> {
        let (Path(Id(id)), DrainRequest { drain, reason }) = (id, body.value);
        let mut tx = app.admin_db.begin().await?;
        if !boot::drain(&mut tx, id, drain).await? {
            return Err(Problem::not_found().into());
        }
        let action = if drain { Action::WorkerDrained } else { Action::WorkerResumed };
        let boot = boot::find_boot(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
        Change { action, subject: Subject::Worker(id), reason: &reason }
            .record(&mut tx, &admin, json!({ "host": boot.host, "pid": boot.pid }))
            .await?;
        tx.commit().await?;
        Ok(Reply::of(boot))
    }
}

pub(super) async fn list_page(
    app: App,
    query: WorkerQuery,
    paging: Paging,
) -> Result<Page<WorkerView>, Problem> {
    let mut conn = app.admin_db.acquire().await?;
    if let Some(Id(id)) = query.id {
        let found = boot::find_boot(&mut conn, id).await?;
        return Ok(Page::of(Vec::from_iter(found), &paging, |it| it.id));
    }
    let state = query.state.map(|it| *it);
    let boots = boot::list_boots(&mut conn, state, paging.position()?, paging.rows()).await?;
    Ok(Page::of(boots, &paging, |it| it.id))
}
