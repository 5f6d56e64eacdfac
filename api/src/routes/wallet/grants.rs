//! Credits an admin adds and takes back.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path, types::Example};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    ledger::wallet::{self, NewManualGrant},
};
use uuid::{Uuid, uuid};

use crate::{
    auth::Admin,
    extract::{Amount, Body, Id, PositiveAmount, Text},
    idempotency::{Begun, Idempotency},
    problem::{Fail, Problem},
    response::Reply,
    routes::{
        Tag,
        operations::{Change, Reason, ReasonOnly},
        wallet::GrantView,
    },
    state::App,
};

/// Ten years.
const DAYS_MAX: u16 = 3650;

/// Grants by hand.
pub struct CreditGrants;

/// Credits to add.
#[derive(Debug, Object, Deserialize)]
#[oai(example)]
struct ManualGrant {
    /// Whose wallet.
    user_id: Id,
    /// How much.
    amount: PositiveAmount,
    /// Why; goes into the audit log.
    reason: Reason,
    /// Whole days from now, 1 to 3650; absent: never expires.
    #[oai(validator(minimum(value = "1"), maximum(value = "3650")))]
    expires_in_days: Option<u16>,
}

/// A grant that was taken back.
#[derive(Debug, Clone, Object)]
#[oai(rename = "RevokedGrant", example)]
struct RevokedGrantView {
    /// The grant as it is now.
    #[oai(flatten)]
    grant: GrantView,
    /// What left the wallet at once. What is held comes back revoked when its task ends.
    revoked: Amount,
}

#[OpenApi(prefix_path = "/api/credits", tag = "Tag::Credits")]
impl CreditGrants {
    /// Add credits to a wallet.
    #[oai(path = "/add/manual", method = "post", operation_id = "credits_add_manual")]
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
            json!({ "grant_id": grant.id, "amount": grant.amount.to_string(), "expires_at": grant.expires_at }),
        )
        .await?;
        let reply = once.keep(&mut tx, Reply::new(&grant.into())).await?;
        tx.commit().await?;

        Ok(reply)
    }

    /// Take back what is left of a grant.
    ///
    /// What was spent stays spent.
    #[oai(path = "/grants/:id/revoke", method = "post", operation_id = "credits_revoke_grant")]
    async fn revoke(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
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
        let view = RevokedGrantView { grant: revoked.grant.into(), revoked: revoked.taken.into() };
        let reply = once.keep(&mut tx, Reply::new(&view)).await?;
        tx.commit().await?;

        Ok(reply)
    }
}

fn days(given: Option<u16>) -> Result<Option<u16>, Problem> {
    match given {
        Some(days) if !(1..=DAYS_MAX).contains(&days) => {
            Err(Problem::invalid_field("expires_in_days", format!("must be 1 to {DAYS_MAX}")))
        }
        within => Ok(within),
    }
}

impl Example for RevokedGrantView {
    fn example() -> Self {
        let grant = GrantView::example();
        let revoked = grant.remaining;
        Self { grant: GrantView { remaining: Amount(Decimal::ZERO), ..grant }, revoked }
    }
}

impl Example for ManualGrant {
    fn example() -> Self {
        Self {
            user_id: Id(uuid!("01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3e")),
            amount: PositiveAmount(100.into()),
            reason: Text::literal("goodwill after the outage"),
            expires_in_days: Some(90),
        }
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
