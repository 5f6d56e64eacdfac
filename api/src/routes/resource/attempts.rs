//! `GET /api/resource/{id}/attempts` and `GET /api/resource/{id}/health`.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Deserialize;
use shared::{
    generation::tasks::{AttemptState, ErrorClass},
    pool::resource::hosted::{self, Condition, HostedAttempt, Spell},
};

use super::require;
use crate::{
    auth::Caller,
    extract::{Amount, Id, Parameters, Word},
    problem::Fail,
    response::{Page, Paging, Reply, Timestamp, view},
    routes::Tag,
    state::App,
};

/// What happened with a resource.
pub struct ResourceHistory;

view! {
    /// A call made with a resource.
    struct HostedAttemptView as "ResourceAttempt" from attempt: HostedAttempt {
        /// Unique id of the call; the provider got it as `X-Request-Id`.
        id: Id,
        /// The id of the model that was used.
        model: String,
        /// How the call ended, or that it is under way.
        state: Word<AttemptState>,
        /// Why the call delivered no image; absent if it did, or while it is under way.
        error_class: Option<Word<ErrorClass>>,
        /// Units that the provider counts for an image of the model.
        units: Amount,
        /// Credits that the resource asked for one unit when the call was started.
        price_per_unit: Amount,
        /// `true` if the call was for a task of your own; otherwise absent.
        own: Option<bool> = attempt.own.then_some(true),
        /// `true` if the provider billed the call although nothing could be delivered; otherwise absent.
        billed: Option<bool> = attempt.billed.then_some(true),
        /// Credits that it earned you, after commission and refunds.
        earned: Amount,
        /// When the call started.
        started_at: Timestamp,
        /// When the call ended; absent before that.
        ended_at: Option<Timestamp>,
    }
}

view! {
    /// What a resource was like for a while.
    struct SpellView as "ResourceHealthSpell" from spell: Spell {
        /// What it was like: its health while it was active, else its status.
        state: Word<Condition> = spell.condition,
        /// Why it was so: a class of errors, or a sentence; absent if there is nothing to say.
        reason: Option<String>,
        /// Since when it was so.
        from: Timestamp = spell.since,
        /// Until when it was so; absent if it still is.
        to: Option<Timestamp> = spell.until,
    }
}

/// Which part of the history to list.
#[derive(Debug, Object, Deserialize)]
struct HealthQuery {
    /// Only what lasted beyond this time.
    from: Option<Timestamp>,
}

#[OpenApi(prefix_path = "/api/resource", tag = "Tag::Resources")]
impl ResourceHistory {
    /// List the calls made with one of your resources, newest first.
    ///
    /// It says neither for whom they were made nor what was to be shown.
    #[oai(path = "/:id/attempts", method = "get", operation_id = "list_resource_attempts")]
    async fn attempts(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the resource.
        id: Path<Id>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<HostedAttemptView>>, Fail> {
        let Path(Id(id)) = id;
        let (before, rows) = (paging.position()?, paging.rows());
        let mut conn = app.db.acquire().await?;
        require(&mut conn, id, caller.user_id).await?;
        let found = hosted::list_attempts(&mut conn, id, caller.user_id, before, rows).await?;
        Ok(Reply::new(&Page::of(found, &paging, HostedAttempt::position)))
    }

    /// List what one of your resources was like, newest first.
    ///
    /// It is known for a month, and since you connected the key.
    #[oai(path = "/:id/health", method = "get", operation_id = "list_resource_health")]
    async fn health(
        &self,
        Data(app): Data<&App>,
        caller: Caller,
        /// The id of the resource.
        id: Path<Id>,
        Parameters(query): Parameters<HealthQuery>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<SpellView>>, Fail> {
        let Path(Id(id)) = id;
        let (before, rows) = (paging.position()?, paging.rows());
        let after = query.from.map(|it| it.0);
        let mut conn = app.db.acquire().await?;
        require(&mut conn, id, caller.user_id).await?;
        let found =
            hosted::list_conditions(&mut conn, id, caller.user_id, after, before, rows).await?;
        Ok(Reply::new(&Page::of(found, &paging, Spell::position)))
    }
}
