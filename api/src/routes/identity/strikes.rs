//! How many refused prompts end a user's work for the day, for admins.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Deserialize;
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    generation::strikes::{self, Strikes},
};

use crate::{
    auth::Admin,
    extract::{Body, Id},
    problem::{Fail, Problem},
    response::{NoContent, Reply, view},
    routes::{
        Tag,
        operations::{Change, Reason, ReasonOnly},
    },
    state::App,
};

/// Operations on strikes.
pub struct AdminStrikes;

view! {
    /// The prompts of a user that moderation refused today (UTC), and how many end their work for the day.
    struct StrikesView as "Strikes" from strikes: Strikes {
        /// The id of the user.
        user_id: Id,
        /// How many prompts were refused today.
        count: i32,
        /// The user's own limit; absent where everybody's holds.
        limit: Option<i32>,
    }
}

const LIMIT_MAX: i32 = 1_000_000;

/// The limit a user is to have.
#[derive(Debug, Object, Deserialize)]
struct StrikeLimit {
    /// How many refused prompts a day end this user's work, from 1 to 1,000,000; absent: as many as anybody's.
    #[oai(validator(minimum(value = "1"), maximum(value = "1000000")))]
    limit: Option<i32>,
    /// Why the limit changes; recorded in the audit log.
    reason: Reason,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminStrikes {
    /// Forgive today's refused prompts of a user, and those of their end users.
    ///
    /// They can submit again at once. Tasks that were ended stay ended.
    #[oai(path = "/users/:id/strikes", method = "delete", operation_id = "admin_lift_strikes")]
    async fn lift(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the user.
        id: Path<Id>,
        body: Body<ReasonOnly>,
    ) -> Result<NoContent, Fail> {
        let (id, reason) = (id.0.0, &body.value.reason);

        let mut tx = app.admin_db.begin().await?;
        let lifted = strikes::lift_strikes(&mut tx, id).await?;
        strikes::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
        Change { action: Action::StrikesLifted, subject: Subject::User(id), reason }
            .record(&mut tx, &admin, json!({ "strikes": lifted }))
            .await?;
        tx.commit().await?;

        Ok(NoContent::Done)
    }

    /// Set how many refused prompts a day end a user's work.
    ///
    /// Meant for users who submit on behalf of others and name them in `end_user`: each of those has everybody's limit,
    /// beside the user's own.
    #[oai(path = "/users/:id/strikes", method = "put", operation_id = "admin_set_strike_limit")]
    async fn set_limit(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the user.
        id: Path<Id>,
        body: Body<StrikeLimit>,
    ) -> Result<Reply<StrikesView>, Fail> {
        let StrikeLimit { limit, reason } = body.value;
        let id = id.0.0;
        if limit.is_some_and(|it| !(1..=LIMIT_MAX).contains(&it)) {
            let detail = format!("must be from 1 to {LIMIT_MAX}");
            return Err(Problem::invalid_field("limit", detail).into());
        }

        let mut tx = app.admin_db.begin().await?;
        strikes::set_limit(&mut tx, id, limit).await?;
        let now = strikes::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
        Change { action: Action::StrikeLimitSet, subject: Subject::User(id), reason: &reason }
            .record(&mut tx, &admin, json!({ "limit": limit }))
            .await?;
        tx.commit().await?;

        Ok(Reply::of(now))
    }
}
