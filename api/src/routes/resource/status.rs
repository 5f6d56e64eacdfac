//! `PUT /api/resource/{id}/status`.

use poem::web::Data;
use poem_openapi::{Enum, Object, OpenApi, param::Path};
use serde::Deserialize;
use shared::{
    jobs::JobKind,
    pool::resource::owner::{self, OwnerStatus, StatusSet},
};

use super::{ResourceView, read};
use crate::{
    auth::Caller,
    extract::{Body, Id},
    problem::{Fail, Problem},
    response::Reply,
    routes::Tag,
    state::App,
};

/// Pausing and resuming.
pub struct OwnStatus;

/// What an owner may set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum, Deserialize)]
#[oai(rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum OwnerStatusName {
    /// Serves tasks.
    Active,
    /// Starts no new calls.
    Paused,
}

/// The status to set.
#[derive(Debug, Object, Deserialize)]
struct OwnerStatusUpdate {
    /// Whether it shall serve.
    status: OwnerStatusName,
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl OwnStatus {
    /// Pause a resource, or let it serve again.
    #[oai(path = "/:id/status", method = "put", operation_id = "resource_set_status")]
    async fn set_status(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        id: Path<Id>,
        body: Body<OwnerStatusUpdate>,
    ) -> Result<Reply<ResourceView>, Fail> {
        let Path(Id(id)) = id;
        let status = match body.value.status {
            OwnerStatusName::Active => OwnerStatus::Active,
            OwnerStatusName::Paused => OwnerStatus::Paused,
        };
        let mut conn = app.db.acquire().await?;
        match owner::set_status(&mut conn, id, caller.user_id, status).await? {
            StatusSet::Changed => {}
            StatusSet::NotFound => return Err(Problem::not_found().into()),
            StatusSet::Disabled => {
                let detail = "an admin disabled this resource; only an admin can lift that";
                return Err(Problem::forbidden(detail).into());
            }
        }
        drop(conn);
        app.generation.market.read_soon();
        if status == OwnerStatus::Active {
            // Its balance is to be read anew, and tasks may be waiting for it.
            app.bells.ring(JobKind::SyncQuotas);
            app.bells.ring(JobKind::GenerateImage);
        }
        Ok(Reply::new(&read(app, id, caller.user_id).await?))
    }
}
