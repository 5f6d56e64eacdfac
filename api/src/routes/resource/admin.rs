//! Everyone's hosted keys, and the switch that takes one out of service.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use serde::Deserialize;
use serde_json::json;
use shared::pool::ResourceStatus;
use shared::{
    audit_log::{Action, Subject},
    pool::resource::{
        admin::{self, AdminStatus},
        hosted::{self, HostedResource, ResourceFilter},
    },
};
use uuid::{Uuid, uuid};

use crate::{
    auth::Admin,
    extract::{Body, Id, Text},
    problem::{Fail, Problem},
    response::{Cursor, Limit, Page, Reply},
    routes::{
        Tag,
        operations::{Change, Reason},
        resource::ResourceView,
    },
    state::App,
};

/// Hosted keys.
pub struct AdminResources;

/// A hosted key and who hosts it.
#[derive(Debug, Object)]
#[oai(rename = "AdminResource", example)]
struct AdminResourceView {
    #[oai(flatten)]
    resource: ResourceView,
    /// Who hosts it.
    owner_id: Id,
}

/// A new status.
#[derive(Debug, Object, Deserialize)]
#[oai(example)]
struct ResourceStatusUpdate {
    /// Whether it may serve.
    status: Word<AdminStatus>,
    /// Why; the owner is told, and it goes into the audit log.
    reason: Reason,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminResources {
    /// Everyone's hosted keys, newest first.
    #[oai(path = "/resources", method = "get", operation_id = "admin_list_resources")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// Only of this owner.
        owner_id: Query<Option<Id>>,
        /// Only with this status.
        status: Query<Option<Word<ResourceStatus>>>,
        #[oai(default)] limit: Query<Limit>,
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<Page<AdminResourceView>>, Fail> {
        let filter = ResourceFilter {
            owner_id: owner_id.0.map(|it| it.0),
            status: status.0.map(Word::value),
        };
        let before: Option<Uuid> = Cursor::position(cursor.0)?;
        let mut conn = app.db.acquire().await?;
        let keys = hosted::list(&mut conn, &filter, before, limit.0.rows()).await?;
        Ok(Reply::new(&Page::of(keys, limit.0, |it| it.id, |it| AdminResourceView::from(&it))))
    }

    /// Take a key out of service, or put it back, whatever its owner set.
    ///
    /// Calls that are out run their course.
    #[oai(
        path = "/resources/:id/status",
        method = "put",
        operation_id = "admin_set_resource_status"
    )]
    async fn set_status(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        id: Path<Id>,
        body: Body<ResourceStatusUpdate>,
    ) -> Result<Reply<AdminResourceView>, Fail> {
        let (id, ResourceStatusUpdate { status, reason }) = (id.0.0, body.value);
        let status = status.value();
        let action = match status {
            AdminStatus::Active => Action::ResourceActivated,
            AdminStatus::Disabled => Action::ResourceDisabled,
        };

        let mut tx = app.admin_db.begin().await?;
        if !admin::set_status(&mut tx, id, status, &reason).await? {
            return Err(Problem::not_found().into());
        }
        Change { action, subject: Subject::Resource(id), reason: &reason }
            .record(&mut tx, &admin, json!({ "status": status.as_str() }))
            .await?;
        let found = hosted::find(&mut tx, id, None).await?;
        let resource = found.ok_or_else(Problem::not_found)?;
        tx.commit().await?;

        Ok(Reply::new(&AdminResourceView::from(&resource)))
    }
}

impl From<&HostedResource> for AdminResourceView {
    fn from(resource: &HostedResource) -> Self {
        Self { resource: resource.into(), owner_id: resource.owner_id.into() }
    }
}

impl Example for AdminResourceView {
    fn example() -> Self {
        Self {
            resource: ResourceView::example(),
            owner_id: Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d41")),
        }
    }
}

impl Example for ResourceStatusUpdate {
    fn example() -> Self {
        Self {
            status: Word(AdminStatus::Disabled),
            reason: Text::literal("the provider reports abuse"),
        }
    }
}
