//! `PUT /api/resource/{id}/status`.

use std::time::Duration;

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Deserialize;
use shared::{
    jobs::JobKind,
    pool::resource::owner::{self, OwnerStatus, StatusSet},
};

use super::{ResourceView, read};
use crate::{
    auth::Caller,
    extract::{Body, Id, Word},
    problem::{Code, Fail, Problem},
    response::Reply,
    routes::Tag,
    state::App,
};

/// When to try to resume again what was changed too often.
const RESUMED_AGAIN: Duration = Duration::from_mins(10);

/// Pausing and resuming.
pub struct OwnStatus;

/// The status a resource is to have.
#[derive(Debug, Object, Deserialize)]
struct OwnerStatusUpdate {
    /// Whether the resource is to serve tasks.
    status: Word<OwnerStatus>,
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl OwnStatus {
    /// Pause a resource, or resume it.
    ///
    /// A resource that was paused and resumed 60 times within an hour stays paused for a while.
    #[oai(path = "/:id/status", method = "put", operation_id = "set_resource_status")]
    async fn set_status(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the resource.
        id: Path<Id>,
        body: Body<OwnerStatusUpdate>,
    ) -> Result<Reply<ResourceView>, Fail> {
        let Path(Id(id)) = id;
        let status = body.value.status.value();
        let mut conn = app.db.acquire().await?;
        match owner::set_status(&mut conn, id, caller.user_id, status).await? {
            StatusSet::Changed => {}
            StatusSet::NotFound => return Err(Problem::not_found().into()),
            StatusSet::Disabled => {
                let detail = "an admin disabled this resource; only an admin can enable it";
                return Err(Problem::forbidden(detail).into());
            }
            StatusSet::TooOften => {
                let detail =
                    "this resource changed its status 120 times within an hour; resume it later";
                return Err(Problem::new(Code::RateLimited, detail)
                    .retry_after(RESUMED_AGAIN)
                    .into());
            }
        }
        drop(conn);
        app.generation.market.read_soon();
        if status == OwnerStatus::Active {
            // Its balance has to be read again, and tasks may be waiting for it.
            app.bells.ring(JobKind::SyncQuotas);
            app.bells.ring(JobKind::GenerateImage);
        }
        Ok(Reply::new(&read(app, id, caller.user_id).await?))
    }
}
