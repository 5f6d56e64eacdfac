//! `/api/resource`, and all hosted keys, for admins.

mod admin;
mod attempts;
mod check;
mod connect;
mod list;
mod offer_terms;
mod own;
mod probe;
mod resource_view;
mod sanctions;
mod stats;
mod status;

pub use admin::AdminResources;
pub use attempts::ResourceHistory;
pub use check::KeyChecks;
pub use connect::Connections;
pub use list::ResourceList;
use offer_terms::OfferTerms;
pub use own::OwnResource;
pub use probe::Probes;
pub use resource_view::{ResourceNewsView, ResourceView};
pub use sanctions::Sanctions;
pub use stats::Statistics;
pub use status::OwnStatus;

use shared::pool::resource::hosted;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{problem::Problem, response::FromDomain, state::App};

/// Every operation of the group.
pub type Routes = (
    Connections,
    KeyChecks,
    ResourceList,
    OwnResource,
    OwnStatus,
    Probes,
    Statistics,
    ResourceHistory,
    AdminResources,
    Sanctions,
);

/// One instance of each.
pub const fn all() -> Routes {
    (
        Connections,
        KeyChecks,
        ResourceList,
        OwnResource,
        OwnStatus,
        Probes,
        Statistics,
        ResourceHistory,
        AdminResources,
        Sanctions,
    )
}

/// 404 for anyone else's resource, and for none.
async fn require(conn: &mut PgConnection, id: Uuid, owner_id: Uuid) -> Result<(), Problem> {
    let found = hosted::exists(conn, id, owner_id).await?;
    found.then_some(()).ok_or_else(Problem::not_found)
}

/// A resource of this owner as it is now; 404 for anyone else's resource.
async fn read(app: &App, id: Uuid, owner_id: Uuid) -> Result<ResourceView, Problem> {
    let mut conn = app.db.acquire().await?;
    let factor = app.config.generation.market.price_max_factor;
    let found = hosted::find(&mut conn, id, Some(owner_id), factor).await?;
    found.map(ResourceView::from_domain).ok_or_else(Problem::not_found)
}
