//! All hosted keys, and the switch that takes one out of service, for admins.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Deserialize;
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    pool::{
        ResourceStatus,
        resource::{
            admin::{self, AdminStatus},
            hosted::{self, HostedResource, ResourceFilter},
        },
    },
};

use super::ResourceView;
use crate::{
    auth::Admin,
    extract::{Body, Id, Parameters, Word},
    problem::{Fail, Problem},
    response::{CsvFile, Page, Paging, Reply, view},
    routes::{
        Tag,
        operations::{Change, Reason},
    },
    state::App,
};

/// Operations on hosted keys.
pub struct AdminResources;

view! {
    /// A hosted key, and who hosts it.
    struct AdminResourceView as "AdminResource" from resource: HostedResource {
        #[oai(flatten)]
        resource: ResourceView = resource.clone(),
        /// The user who hosts the key.
        owner_id: Id,
    }
}

/// Which resources to list.
#[derive(Debug, Clone, Copy, Object, Deserialize)]
struct ResourceQuery {
    /// Only the resource with this id.
    id: Option<Id>,
    /// Only resources of this user.
    owner_id: Option<Id>,
    /// Only resources with this status.
    status: Option<Word<ResourceStatus>>,
}

/// The status a resource is to have.
#[derive(Debug, Object, Deserialize)]
struct ResourceStatusUpdate {
    /// Whether the resource may serve tasks.
    status: Word<AdminStatus>,
    /// Why the status changes; shown to the owner and recorded in the audit log.
    reason: Reason,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminResources {
    /// List all hosted keys, newest first.
    #[oai(path = "/resources", method = "get", operation_id = "admin_list_resources")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<ResourceQuery>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<AdminResourceView>>, Fail> {
        Ok(Reply::new(&list_page(App::clone(app), query, paging).await?))
    }

    /// Get the list of all hosted keys as CSV, newest first.
    #[oai(path = "/resources.csv", method = "get", operation_id = "admin_download_resources")]
    async fn export(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<ResourceQuery>,
    ) -> Result<CsvFile, Fail> {
        Ok(CsvFile::of("resources", app, query, list_page).await?)
    }

    /// Take a hosted key out of service, or put it back.
    ///
    /// This overrules what its owner set. Calls that are under way are finished. `disabled` is a sanction of
    /// the key itself: deleting it and connecting it again, by whomever, does not lift it.
    #[oai(
        path = "/resources/:id/status",
        method = "put",
        operation_id = "admin_set_resource_status"
    )]
    async fn set_status(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the resource.
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
        let factor = app.config.generation.market.price_max_factor;
        let found = hosted::find(&mut tx, id, None, factor).await?;
        let resource = found.ok_or_else(Problem::not_found)?;
        tx.commit().await?;

        Ok(Reply::of(resource))
    }
}

async fn list_page(
    app: App,
    query: ResourceQuery,
    paging: Paging,
) -> Result<Page<AdminResourceView>, Problem> {
    let owner_id = query.owner_id.map(|it| it.0);
    let status = query.status.map(Word::value);
    let mut conn = app.admin_db.acquire().await?;
    let factor = app.config.generation.market.price_max_factor;
    if let Some(Id(id)) = query.id {
        let found = hosted::find(&mut conn, id, owner_id, factor).await?;
        let found = found.filter(|it| status.is_none_or(|own| own == it.status));
        return Ok(Page::of(Vec::from_iter(found), &paging, |it| it.id));
    }
    let filter = ResourceFilter { owner_id, status };
    let keys = hosted::list(&mut conn, &filter, paging.position()?, paging.rows(), factor).await?;
    Ok(Page::of(keys, &paging, |it| it.id))
}
