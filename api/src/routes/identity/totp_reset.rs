//! Ending somebody's second factor, for admins.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Path};
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    identity::{IdentityError, totp, user},
};

use crate::{
    auth::Admin,
    extract::{Body, Id},
    problem::Fail,
    response::NoContent,
    routes::{
        Tag,
        operations::{Change, ReasonOnly},
    },
    state::App,
};

/// Operations on others' second factors.
pub struct AdminTotp;

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminTotp {
    /// End the second factor of a user who lost app and recovery codes.
    ///
    /// Make sure that it is really they who ask. All their sessions end; they sign in with the password and enrol anew.
    #[oai(path = "/users/:id/totp", method = "delete", operation_id = "admin_reset_totp")]
    async fn reset(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the user.
        id: Path<Id>,
        body: Body<ReasonOnly>,
    ) -> Result<NoContent, Fail<409>> {
        let (id, reason) = (id.0.0, &body.value.reason);
        // Their own they remove with password and code: a stolen session of an admin must not do without.
        if id == admin.user_id {
            return Err(IdentityError::OwnAccess.into());
        }

        let mut tx = app.admin_db.begin().await?;
        user::store::find(&mut tx, id).await?.ok_or(IdentityError::UserNotFound)?;
        totp::reset(&mut tx, id).await?;
        Change { action: Action::TotpReset, subject: Subject::User(id), reason }
            .record(&mut tx, &admin, json!({}))
            .await?;
        tx.commit().await?;

        Ok(NoContent::Done)
    }
}
