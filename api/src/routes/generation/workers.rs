//! Worker processes, for admins.

use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use shared::generation::boot::{self, Boot, BootState};

use crate::{
    auth::Admin,
    extract::{Id, Parameters, Word},
    problem::Fail,
    response::{Page, Paging, Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// Worker processes.
pub struct AdminWorkers;

view! {
    /// A worker process, from its start to its end.
    struct WorkerView as "Worker" from boot: Boot {
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
        /// When the process stopped or was declared dead; absent while it is working.
        ended_at: Option<Timestamp>,
        /// Why the process ended; absent while it is working.
        end_reason: Option<String>,
    }
}

/// Which worker processes to list.
#[derive(Debug, Object, Deserialize)]
struct WorkerQuery {
    /// Only worker processes in this state.
    state: Option<Word<BootState>>,
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
        let state = query.state.map(Word::value);
        let mut conn = app.admin_db.acquire().await?;
        let boots = boot::list_boots(&mut conn, state, paging.position()?, paging.rows()).await?;
        Ok(Reply::new(&Page::of(boots, &paging, |it| it.id)))
    }
}
