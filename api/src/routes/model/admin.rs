//! Models a consumer can pick.

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
    extract::{Body, Text},
    problem::{Fail, Problem},
    response::{Cursor, Limit, NoContent, Page, Reply},
    routes::{
        Tag,
        operations::{Change, Reason},
    },
    state::App,
};

/// One half of a model's id; what cannot be one is a model nobody has.
type IdPart = Text<1, 64>;

/// Models.
pub struct AdminModels;

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminModels {
    /// Every model, the disabled too, by id.
    #[oai(path = "/models", method = "get", operation_id = "admin_list_models")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        #[oai(default)] limit: Query<Limit>,
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<Page<AdminModelView>>, Fail> {
        let after: Option<String> = Cursor::position(cursor.0)?;
        let mut conn = app.db.acquire().await?;
        let models = model::list_models(&mut conn, after.as_deref(), limit.0.rows()).await?;
        Ok(Reply::new(&Page::of(models, limit.0, |it| it.id.clone(), Into::into)))
    }

    /// Offer a model. The id of a deleted one may be used again.
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
                return Err(Problem::invalid_field("provider", "is none of ours").into());
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
        Ok(Reply::new(&model.into()).location(location))
    }

    /// One model. Its id is `provider/name`.
    #[oai(path = "/models/:provider/:name", method = "get", operation_id = "admin_get_model")]
    async fn get(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        provider: Path<IdPart>,
        name: Path<IdPart>,
    ) -> Result<Reply<AdminModelView>, Fail> {
        let id = model_id(&provider, &name);
        let model = model::find_model(&mut *app.db.acquire().await?, &id).await?;
        Ok(Reply::new(&model.into()))
    }

    /// Change a model. What is left out stays as it is.
    #[oai(path = "/models/:provider/:name", method = "put", operation_id = "admin_change_model")]
    async fn change(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        provider: Path<IdPart>,
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

        Ok(Reply::new(&model.into()))
    }

    /// Stop offering a model for good.
    #[oai(path = "/models/:provider/:name", method = "delete", operation_id = "admin_delete_model")]
    async fn delete(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        provider: Path<IdPart>,
        name: Path<IdPart>,
        /// Why; goes into the audit log.
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
