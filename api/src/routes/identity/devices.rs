//! Where the caller is signed in, and signing out there.

use poem::web::Data;
use poem_openapi::{OpenApi, param::Path};
use shared::identity::session::{self, Ended, LivingSession};
use uuid::Uuid;

use super::security;
use crate::{
    auth::SignedIn,
    extract::{Id, Parameters},
    middleware::Client,
    problem::Fail,
    response::{NoContent, Page, Paging, Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// Operations on the caller's sessions.
pub struct Devices;

view! {
    /// A place where the user is signed in.
    struct ActiveSessionView as "ActiveSession" from it: (LivingSession, Uuid) {
        /// Unique id of the session.
        id: Id = it.0.id,
        /// Whether it is the session of this request.
        current: bool = it.0.id == it.1,
        /// The address it was last opened or refreshed from.
        address: Option<String> = it.0.address.clone(),
        /// What the client called itself then, by its header `User-Agent`.
        agent: Option<String> = it.0.agent.clone(),
        /// When the user signed in.
        created_at: Timestamp = it.0.created_at,
        /// When it was last opened or refreshed.
        last_used_at: Timestamp = it.0.last_used_at,
        /// When it ends unless it is refreshed before.
        expires_at: Timestamp = it.0.expires_at,
    }
}

#[OpenApi(prefix_path = "/api/auth", tag = "Tag::Identity")]
impl Devices {
    /// List your sessions, newest first.
    ///
    /// Each is a place where you are signed in.
    #[oai(path = "/sessions", method = "get", operation_id = "list_sessions")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        caller: SignedIn,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<ActiveSessionView>>, Fail> {
        let mut conn = app.db.acquire().await?;
        let (before, rows) = (paging.position()?, paging.rows());
        let sessions = session::list_sessions(&mut conn, caller.user_id, before, rows).await?;
        let sessions = sessions.into_iter().map(|it| (it, caller.session_id)).collect();
        Ok(Reply::new(&Page::of(sessions, &paging, |it: &(LivingSession, Uuid)| it.0.id)))
    }

    /// Sign out in one place.
    ///
    /// Its refresh token stops working at once, its access token within 5 seconds.
    #[oai(path = "/sessions/:id", method = "delete", operation_id = "end_session")]
    async fn end(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        caller: SignedIn,
        /// The id of the session.
        id: Path<Id>,
    ) -> Result<NoContent, Fail> {
        let ended = Ended { session_id: id.0.0, user_id: caller.user_id };

        let mut tx = app.db.begin().await?;
        session::end_session(&mut tx, ended.user_id, ended.session_id).await?;
        tx.commit().await?;

        security::signed_out(&ended, client);
        Ok(NoContent::Done)
    }

    /// Sign out everywhere, here too.
    ///
    /// Refresh tokens stop working at once, access tokens within 5 seconds.
    #[oai(path = "/logout-everywhere", method = "post", operation_id = "logout_everywhere")]
    async fn everywhere(
        &self,
        Data(app): Data<&App>,
        Data(client): Data<&Client>,
        caller: SignedIn,
    ) -> Result<NoContent, Fail> {
        let mut tx = app.db.begin().await?;
        session::logout_everywhere(&mut tx, caller.user_id).await?;
        tx.commit().await?;

        security::signed_out_everywhere(&caller, client);
        Ok(NoContent::Done)
    }
}
