//! Credits that admins add and revoke.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Deserialize;
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    ledger::wallet::{self, NewManualGrant, Revoked},
};
use uuid::Uuid;

use crate::{
    auth::Admin,
    extract::{Amount, Body, Id, PositiveAmount},
    idempotency::{Begun, Idempotency},
    problem::{Fail, Problem},
    response::{Reply, view},
    routes::{
        Tag,
        operations::{Change, Reason, ReasonOnly},
        wallet::GrantView,
    },
    state::App,
};

/// Ten years.
const DAYS_MAX: u16 = 3650;

/// Grants that admins add and revoke.
pub struct CreditGrants;

/// Credits to add to a wallet.
#[derive(Debug, Object, Deserialize)]
struct ManualGrant {
    /// The user whose wallet gets the credits.
    user_id: Id,
    /// How many credits to add.
    amount: PositiveAmount,
    /// Why the credits are added; recorded in the audit log.
    reason: Reason,
    /// In how many whole days the credits expire, from 1 to 3,650. Without it they never expire.
    #[oai(validator(minimum(value = "1"), maximum(value = "3650")))]
    expires_in_days: Option<u16>,
}

view! {
    /// A grant that was revoked.
    struct RevokedGrantView as "RevokedGrant" from revoked: Revoked {
        #[oai(flatten)]
        grant: GrantView,
        /// Credits that left the wallet at once. Credits held for a task are revoked when the task
        /// releases them.
        revoked: Amount = revoked.taken,
    }
}

#[OpenApi(prefix_path = "/api/credits", tag = "Tag::Credits")]
impl CreditGrants {
    /// Add credits to a wallet.
    #[oai(path = "/add/manual", method = "post", operation_id = "admin_grant_credits")]
    async fn add(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        #[oai(name = "Idempotency-Key")] idempotency: Idempotency,
        body: Body<ManualGrant>,
    ) -> Result<Reply<GrantView, 201>, Fail<404, 409>> {
        let ManualGrant { user_id, amount, reason, expires_in_days } = body.value;
        let new = NewManualGrant {
            id: Uuid::now_v7(),
            user_id: user_id.0,
            amount: amount.credits(),
            expires_in_days: days(expires_in_days)?,
        };

        let mut tx = app.admin_db.begin().await?;
        let once = match idempotency.begin(&mut tx, admin.user_id, &body.digest).await? {
            Begun::Answered(reply) => return Ok(reply),
            Begun::First(once) => once,
        };
        let grant = wallet::issue_manually(&mut tx, new).await?;
        Change {
            action: Action::CreditsAdded,
            subject: Subject::User(new.user_id),
            reason: &reason,
        }
        .record(
            &mut tx,
            &admin,
            json!({
                "grant_id": grant.id,
                "amount": grant.amount.to_string(),
                "expires_at": grant.expires_at,
            }),
        )
        .await?;
        let reply = once.keep(&mut tx, Reply::of(grant)).await?;
        tx.commit().await?;

        Ok(reply)
    }

    /// Revoke what is left of a grant.
    ///
    /// Credits that were spent stay spent.
    #[oai(path = "/grants/:id/revoke", method = "post", operation_id = "admin_revoke_grant")]
    async fn revoke(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the grant.
        id: Path<Id>,
        #[oai(name = "Idempotency-Key")] idempotency: Idempotency,
        body: Body<ReasonOnly>,
    ) -> Result<Reply<RevokedGrantView>, Fail<409>> {
        let mut tx = app.admin_db.begin().await?;
        let once = match idempotency.begin(&mut tx, admin.user_id, &body.digest).await? {
            Begun::Answered(reply) => return Ok(reply),
            Begun::First(once) => once,
        };
        let revoked = wallet::revoke(&mut tx, id.0.0).await?;
        let reason = &body.value.reason;
        Change { action: Action::GrantRevoked, subject: Subject::Grant(id.0.0), reason }
            .record(&mut tx, &admin, json!({ "amount": revoked.taken.to_string() }))
            .await?;
        let reply = once.keep(&mut tx, Reply::of(revoked)).await?;
        tx.commit().await?;

        Ok(reply)
    }
}

fn days(given: Option<u16>) -> Result<Option<u16>, Problem> {
    match given {
        Some(days) if !(1..=DAYS_MAX).contains(&days) => {
            Err(Problem::invalid_field("expires_in_days", format!("must be from 1 to {DAYS_MAX}")))
        }
        within => Ok(within),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_last_from_one_day_to_ten_years_or_for_ever() {
        assert_eq!(days(None).unwrap(), None);
        assert_eq!(days(Some(DAYS_MAX)).unwrap(), Some(DAYS_MAX));
        for refused in [0, DAYS_MAX + 1] {
            assert!(days(Some(refused)).is_err());
        }
    }
}
