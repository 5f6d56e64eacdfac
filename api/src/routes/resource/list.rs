//! `GET /api/resource/list`.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Query};
use shared::pool::resource::hosted::{self, ResourceFilter};
use uuid::Uuid;

use super::ResourceView;
use crate::{
    auth::Caller,
    problem::Fail,
    response::{Cursor, Limit, Page, Reply},
    routes::Tag,
    state::App,
};

/// The own resources.
pub struct ResourceList;

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl ResourceList {
    /// The caller's resources, newest first.
    #[oai(path = "/list", method = "get", operation_id = "resource_list")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// Items of a page.
        #[oai(default)]
        limit: Query<Limit>,
        /// From the page before.
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<Page<ResourceView>>, Fail> {
        let filter = ResourceFilter { owner_id: Some(caller.user_id), status: None };
        let before: Option<Uuid> = Cursor::position(cursor.0)?;
        let mut conn = app.db.acquire().await?;
        let found = hosted::list(&mut conn, &filter, before, limit.rows()).await?;

        let view = |it| ResourceView::from(&it);
        Ok(Reply::new(&Page::of(found, limit.0, |it| it.id, view)))
    }
}
