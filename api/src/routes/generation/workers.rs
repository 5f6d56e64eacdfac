//! Worker processes.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Query, types::Example};
use shared::generation::boot::BootState;
use shared::generation::boot::{self, Boot};
use uuid::{Uuid, uuid};

use crate::{
    auth::Admin,
    extract::Id,
    problem::Fail,
    response::{Cursor, Limit, Page, Reply, Timestamp},
    routes::{Tag, wallet::example_instant},
    state::App,
};

/// Workers.
pub struct AdminWorkers;

/// One life of a worker process.
#[derive(Debug, Object)]
#[oai(rename = "Worker", example, skip_serializing_if_is_none)]
struct WorkerView {
    /// Of this life; a restart has another.
    id: Id,
    /// Where it runs.
    host: String,
    /// Its process there.
    pid: i32,
    /// Its build.
    version: String,
    /// Whether it still works.
    state: Word<BootState>,
    /// Calls it may have out at once.
    permits: i32,
    /// Calls it had out at its last beat.
    busy: i32,
    /// When it began.
    started_at: Timestamp,
    /// When it last said so.
    beat_at: Timestamp,
    /// Milliseconds since then.
    silent_ms: i64,
    /// When it ended, or was declared dead.
    ended_at: Option<Timestamp>,
    /// Why.
    end_reason: Option<String>,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminWorkers {
    /// Worker processes, newest first.
    #[oai(path = "/workers", method = "get", operation_id = "admin_list_workers")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// Only these.
        state: Query<Option<Word<BootState>>>,
        #[oai(default)] limit: Query<Limit>,
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<Page<WorkerView>>, Fail> {
        let before: Option<Uuid> = Cursor::position(cursor.0)?;
        let state = state.0.map(Word::value);
        let mut conn = app.db.acquire().await?;
        let boots = boot::list_boots(&mut conn, state, before, limit.0.rows()).await?;
        Ok(Reply::new(&Page::of(boots, limit.0, |it| it.id, Into::into)))
    }
}

impl From<Boot> for WorkerView {
    fn from(boot: Boot) -> Self {
        Self {
            id: boot.id.into(),
            host: boot.host,
            pid: boot.pid,
            version: boot.version,
            state: boot.state.into(),
            permits: boot.permits,
            busy: boot.busy,
            started_at: boot.started_at.into(),
            beat_at: boot.beat_at.into(),
            silent_ms: boot.silent_ms,
            ended_at: boot.ended_at.map(Into::into),
            end_reason: boot.end_reason,
        }
    }
}

impl Example for WorkerView {
    fn example() -> Self {
        Self {
            id: Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d45")),
            host: "worker-1".to_owned(),
            pid: 7,
            version: "0.1.0".to_owned(),
            state: Word(BootState::Alive),
            permits: 32,
            busy: 5,
            started_at: example_instant(0),
            beat_at: example_instant(1),
            silent_ms: 1_200,
            ended_at: None,
            end_reason: None,
        }
    }
}
