//! `GET /api/resource/list`.

use poem::web::Data;
use poem_openapi::OpenApi;
use shared::pool::resource::hosted::{self, ResourceFilter};

use super::ResourceView;
use crate::{
    auth::Caller,
    extract::Parameters,
    problem::Fail,
    response::{Page, Paging, Reply},
    routes::Tag,
    state::App,
};

/// Listing the caller's resources.
pub struct ResourceList;

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl ResourceList {
    /// List your resources, newest first.
    #[oai(path = "/list", method = "get", operation_id = "list_resources")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<ResourceView>>, Fail> {
        let filter = ResourceFilter { owner_id: Some(caller.user_id), status: None };
        let mut conn = app.db.acquire().await?;
        let factor = app.config.generation.market.price_max_factor;
        let found =
            hosted::list(&mut conn, &filter, paging.position()?, paging.rows(), factor).await?;
        Ok(Reply::new(&Page::of(found, &paging, |it| it.id)))
    }
}
