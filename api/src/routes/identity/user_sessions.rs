//! Where a user is signed in, for admins, and ending it.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Path};
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    identity::{
        IdentityError,
        session::{self, LivingSession},
        user,
    },
};

use crate::{
    auth::Admin,
    extract::{Body, Id, Parameters},
    problem::Fail,
    response::{NoContent, Page, Paging, Reply, Timestamp, view},
    routes::{
        Tag,
        operations::{Change, ReasonOnly},
    },
    state::App,
};

/// Operations on others' sessions.
pub struct AdminSessions;

view! {
    /// A place where a user is signed in.
    struct UserSessionView as "UserSession" from it: LivingSession {
        /// Unique id of the session.
        id: Id = it.id,
        /// The address it was last opened or refreshed from.
        address: Option<String> = it.address.clone(),
        /// What the client called itself then, by its header `User-Agent`.
        agent: Option<String> = it.agent.clone(),
        /// When the user signed in.
        created_at: Timestamp = it.created_at,
        /// When it was last opened or refreshed.
        last_used_at: Timestamp = it.last_used_at,
        /// When it ends unless it is refreshed before.
        expires_at: Timestamp = it.expires_at,
    }
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminSessions {
    /// List where a user is signed in, newest first.
    #[oai(path = "/users/:id/sessions", method = "get", operation_id = "admin_list_sessions")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// The id of the user.
        id: Path<Id>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<UserSessionView>>, Fail> {
        let mut conn = app.admin_db.acquire().await?;
        user::store::find(&mut conn, id.0.0).await?.ok_or(IdentityError::UserNotFound)?;
        let (before, rows) = (paging.position()?, paging.rows());
        let sessions = session::list_sessions(&mut conn, id.0.0, before, rows).await?;
        Ok(Reply::new(&Page::of(sessions, &paging, |it: &LivingSession| it.id)))
    }

    /// Sign a user out everywhere.
    ///
    /// Refresh tokens stop working at once, access tokens within 5 seconds. They can sign in again: to keep them out,
    /// suspend them.
    #[oai(path = "/users/:id/sessions", method = "delete", operation_id = "admin_end_sessions")]
    async fn end(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the user.
        id: Path<Id>,
        body: Body<ReasonOnly>,
    ) -> Result<NoContent, Fail> {
        let (id, reason) = (id.0.0, &body.value.reason);

        let mut tx = app.admin_db.begin().await?;
        user::store::find(&mut tx, id).await?.ok_or(IdentityError::UserNotFound)?;
        session::logout_everywhere(&mut tx, id).await?;
        Change { action: Action::UserSignedOut, subject: Subject::User(id), reason }
            .record(&mut tx, &admin, json!({}))
            .await?;
        tx.commit().await?;

        Ok(NoContent::Done)
    }
}
