//! Keys that an admin disabled, for admins.

use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    jobs::JobKind,
    pool::resource::sanction::{self, Sanction},
};

use crate::{
    auth::Admin,
    extract::{Id, Parameters},
    problem::{Fail, Problem},
    response::{NoContent, Page, Paging, Reply, Timestamp, view},
    routes::{
        Tag,
        operations::{Change, Reason},
    },
    state::App,
};

/// Operations on sanctions.
pub struct Sanctions;

view! {
    /// A key that an admin disabled. The sanction belongs to the key: it holds for every user who connects
    /// it, also after it was deleted.
    struct SanctionView as "Sanction" from sanction: Sanction {
        /// The id of the resource, which a key keeps for ever.
        id: Id,
        /// The image service that the key is for.
        provider: String,
        /// A harmless part of the key, to tell it from other keys.
        key_hint: String,
        /// The user who hosts the key, or hosted it last.
        owner_id: Id,
        /// Why the admin disabled the key.
        reason: String,
        /// When the admin disabled the key.
        sanctioned_at: Timestamp,
        /// Whether the key is connected at the moment.
        hosted: bool,
    }
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl Sanctions {
    /// List the keys that admins disabled, also those that were deleted since.
    #[oai(path = "/sanctions", method = "get", operation_id = "admin_list_sanctions")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<SanctionView>>, Fail> {
        let mut conn = app.admin_db.acquire().await?;
        let sanctions = sanction::list(&mut conn, paging.position()?, paging.rows()).await?;
        Ok(Reply::new(&Page::of(sanctions, &paging, |it| it.id)))
    }

    /// Lift a sanction.
    ///
    /// A key that is connected serves again; one that was deleted can be connected again.
    #[oai(path = "/sanctions/:id", method = "delete", operation_id = "admin_lift_sanction")]
    async fn lift(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the resource.
        id: Path<Id>,
        /// Why the sanction is lifted; recorded in the audit log.
        reason: Query<Reason>,
    ) -> Result<NoContent, Fail> {
        let Path(Id(id)) = id;
        let mut tx = app.admin_db.begin().await?;
        if !sanction::lift(&mut tx, id).await? {
            return Err(Problem::not_found().into());
        }
        Change {
            action: Action::SanctionLifted,
            subject: Subject::Resource(id),
            reason: &reason.0,
        }
        .record(&mut tx, &admin, json!({}))
        .await?;
        tx.commit().await?;
        app.generation.market.read_soon();
        app.bells.ring(JobKind::SyncQuotas);
        app.bells.ring(JobKind::GenerateImage);
        Ok(NoContent::Done)
    }
}
