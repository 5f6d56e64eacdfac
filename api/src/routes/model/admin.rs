//! The models on offer, for admins.

use poem::web::Data;
use poem_openapi::{
    OpenApi,
    param::{Path, Query},
};
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    pool::{PoolError, model},
};

use super::{
    admin_input::{ModelUpdate, NewModel},
    admin_view::AdminModelView,
};
use crate::{
    auth::Admin,
    extract::{Body, Parameters, Text},
    problem::{Fail, Problem},
    response::{NoContent, Page, Paging, Reply},
    routes::{
        Tag,
        operations::{Change, Reason},
    },
    state::App,
};

/// One half of a model's id. A text that cannot be one belongs to no model, so it is a 404.
type IdPart = Text<1, 64>;

/// Operations on models.
pub struct AdminModels;

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminModels {
    /// List all models, sorted by id.
    ///
    /// Disabled models are included.
    #[oai(path = "/models", method = "get", operation_id = "admin_list_models")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<AdminModelView>>, Fail> {
        let after: Option<String> = paging.position()?;
        let mut conn = app.admin_db.acquire().await?;
        let models = model::list_models(&mut conn, after.as_deref(), paging.rows()).await?;
        Ok(Reply::new(&Page::of(models, &paging, |it| it.id.clone())))
    }

    /// Add a model.
    ///
    /// The id of a deleted model may be used again.
    #[oai(path = "/models", method = "post", operation_id = "admin_create_model")]
    async fn create(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        body: Body<NewModel>,
    ) -> Result<Reply<AdminModelView, 201>, Fail<409>> {
        let reason = body.value.reason.clone();
        let new = body.value.into_model()?;

        let mut tx = app.admin_db.begin().await?;
        let model = match model::create_model(&mut tx, &new).await {
            Err(PoolError::ProviderNotFound) => {
                return Err(Problem::invalid_field(
                    "provider",
                    "must be the name of a known provider",
                )
                .into());
            }
            made => made?,
        };
        Change {
            action: Action::ModelCreated,
            subject: Subject::Model(&model.id),
            reason: &reason,
        }
        .record(&mut tx, &admin, json!({ "units_per_image": model.units.normalize() }))
        .await?;
        tx.commit().await?;

        let location = format!("/api/admin/models/{}", model.id);
        Ok(Reply::of(model).location(location))
    }

    /// Get a model.
    ///
    /// The two parts of the path are those of the model's id, `provider/name`.
    #[oai(path = "/models/:provider/:name", method = "get", operation_id = "admin_get_model")]
    async fn get(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// The provider's name: the first half of the model's id.
        provider: Path<IdPart>,
        /// The provider's name for the model: the second half of the model's id.
        name: Path<IdPart>,
    ) -> Result<Reply<AdminModelView>, Fail> {
        let id = model_id(&provider, &name);
        let model = model::find_model(&mut *app.admin_db.acquire().await?, &id).await?;
        Ok(Reply::of(model))
    }

    /// Change a model.
    ///
    /// A field that is left out stays as it is.
    #[oai(path = "/models/:provider/:name", method = "put", operation_id = "admin_update_model")]
    async fn change(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The provider's name: the first half of the model's id.
        provider: Path<IdPart>,
        /// The provider's name for the model: the second half of the model's id.
        name: Path<IdPart>,
        body: Body<ModelUpdate>,
    ) -> Result<Reply<AdminModelView>, Fail> {
        let id = model_id(&provider, &name);
        let reason = body.value.reason.clone();
        let change = body.value.into_change()?;

        let mut tx = app.admin_db.begin().await?;
        let model = model::change_model(&mut tx, &id, &change).await?;
        Change { action: Action::ModelChanged, subject: Subject::Model(&id), reason: &reason }
            .record(
                &mut tx,
                &admin,
                json!({ "units_per_image": model.units.normalize(), "enabled": model.enabled }),
            )
            .await?;
        tx.commit().await?;

        Ok(Reply::of(model))
    }

    /// Delete a model.
    #[oai(path = "/models/:provider/:name", method = "delete", operation_id = "admin_delete_model")]
    async fn delete(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The provider's name: the first half of the model's id.
        provider: Path<IdPart>,
        /// The provider's name for the model: the second half of the model's id.
        name: Path<IdPart>,
        /// Why the model is deleted; recorded in the audit log.
        reason: Query<Reason>,
    ) -> Result<NoContent, Fail> {
        let id = model_id(&provider, &name);

        let mut tx = app.admin_db.begin().await?;
        model::delete_model(&mut tx, &id).await?;
        Change { action: Action::ModelDeleted, subject: Subject::Model(&id), reason: &reason.0 }
            .record(&mut tx, &admin, json!({}))
            .await?;
        tx.commit().await?;

        Ok(NoContent::Done)
    }
}

fn model_id(provider: &str, name: &str) -> String {
    format!("{provider}/{name}")
}
