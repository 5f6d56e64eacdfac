//! Users, their roles and whether they may act.

use crate::extract::Word;
use poem::web::Data;
use poem_openapi::{
    Object, OpenApi,
    param::{Path, Query},
    types::Example,
};
use serde::Deserialize;
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    identity::{
        IdentityError,
        user::{self, Role, User, UserFilter, UserStatus},
    },
    ledger::wallet,
};
use uuid::Uuid;

use crate::{
    auth::Admin,
    extract::{Body, Id, Text},
    problem::Fail,
    response::{Cursor, Limit, Page, Reply},
    routes::{
        Tag,
        identity::UserView,
        operations::{Change, Reason},
        wallet::BalanceView,
    },
    state::App,
};

/// Users.
pub struct AdminUsers;

/// A user, as an admin sees him.
#[derive(Debug, Object)]
#[oai(rename = "AdminUser", example, skip_serializing_if_is_none)]
struct AdminUserView {
    #[oai(flatten)]
    user: UserView,
    /// Why an admin last changed the status.
    status_reason: Option<String>,
    /// His credits; only where one user is asked for.
    balance: Option<BalanceView>,
}

/// New roles.
#[derive(Debug, Object, Deserialize)]
#[oai(example)]
struct RolesUpdate {
    /// All of them; `consumer` always stays.
    roles: Vec<Word<Role>>,
    /// Why; goes into the audit log.
    reason: Reason,
}

/// A new status.
#[derive(Debug, Object, Deserialize)]
#[oai(example)]
struct UserStatusUpdate {
    /// Whether he may act.
    status: Word<UserStatus>,
    /// Why; the user is told, and it goes into the audit log.
    reason: Reason,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminUsers {
    /// All users, newest first.
    #[expect(clippy::too_many_arguments, reason = "one per query parameter")]
    #[oai(path = "/users", method = "get", operation_id = "admin_list_users")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// What the e-mail begins with.
        email: Query<Option<Text<1, 254>>>,
        /// Only with this status.
        status: Query<Option<Word<UserStatus>>>,
        /// Only with this role.
        role: Query<Option<Word<Role>>>,
        #[oai(default)] limit: Query<Limit>,
        cursor: Query<Option<Cursor>>,
    ) -> Result<Reply<Page<AdminUserView>>, Fail> {
        let filter = UserFilter {
            email_prefix: email.0.map(|it| it.to_lowercase()),
            status: status.0.map(Word::value),
            role: role.0.map(Word::value),
        };
        let before: Option<Uuid> = Cursor::position(cursor.0)?;
        let mut conn = app.db.acquire().await?;
        let users = user::list_users(&mut conn, &filter, before, limit.0.rows()).await?;
        Ok(Reply::new(&Page::of(users, limit.0, |it| it.id, Into::into)))
    }

    /// One user, with his credits.
    #[oai(path = "/users/:id", method = "get", operation_id = "admin_get_user")]
    async fn get(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        id: Path<Id>,
    ) -> Result<Reply<AdminUserView>, Fail> {
        let mut conn = app.db.acquire().await?;
        let found = user::store::find(&mut conn, id.0.0).await?;
        let user = found.ok_or(IdentityError::UserNotFound)?;
        let balance = wallet::read_balance(&mut conn, user.wallet).await?;
        let view = AdminUserView { balance: Some(balance.into()), ..user.into() };
        Ok(Reply::new(&view))
    }

    /// Replace a user's roles.
    ///
    /// Takes effect within 5 seconds for tokens already out.
    #[oai(path = "/users/:id/roles", method = "put", operation_id = "admin_set_user_roles")]
    async fn set_roles(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        id: Path<Id>,
        body: Body<RolesUpdate>,
    ) -> Result<Reply<AdminUserView>, Fail<409>> {
        let RolesUpdate { roles, reason } = body.value;
        let roles: Vec<Role> = roles.into_iter().map(Word::value).collect();

        let mut tx = app.admin_db.begin().await?;
        let user = user::set_roles(&mut tx, admin.user_id, id.0.0, &roles).await?;
        Change { action: Action::UserRolesSet, subject: Subject::User(user.id), reason: &reason }
            .record(&mut tx, &admin, json!({ "roles": user.roles }))
            .await?;
        tx.commit().await?;

        Ok(Reply::new(&user.into()))
    }

    /// Suspend a user, or let him back.
    ///
    /// Takes effect within 5 seconds for tokens already out; a suspended user's waiting tasks are
    /// canceled and released.
    #[oai(path = "/users/:id/status", method = "put", operation_id = "admin_set_user_status")]
    async fn set_status(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        id: Path<Id>,
        body: Body<UserStatusUpdate>,
    ) -> Result<Reply<AdminUserView>, Fail<409>> {
        let UserStatusUpdate { status, reason } = body.value;

        let mut tx = app.admin_db.begin().await?;
        let (user, action) = match status.value() {
            UserStatus::Suspended => {
                let user = user::suspend(&mut tx, admin.user_id, id.0.0, &reason).await?;
                (user, Action::UserSuspended)
            }
            UserStatus::Active => {
                (user::reactivate(&mut tx, id.0.0, &reason).await?, Action::UserReactivated)
            }
        };
        Change { action, subject: Subject::User(user.id), reason: &reason }
            .record(&mut tx, &admin, json!({ "status": user.status }))
            .await?;
        tx.commit().await?;
        if action == Action::UserSuspended {
            user::cancel_slipped_in(&mut *app.admin_db.acquire().await?, user.id).await?;
        }

        Ok(Reply::new(&user.into()))
    }
}

impl From<User> for AdminUserView {
    fn from(user: User) -> Self {
        let status_reason = user.status_reason.clone();
        Self { user: user.into(), status_reason, balance: None }
    }
}

impl Example for AdminUserView {
    fn example() -> Self {
        Self {
            user: UserView::example(),
            status_reason: None,
            balance: Some(BalanceView::example()),
        }
    }
}

impl Example for RolesUpdate {
    fn example() -> Self {
        Self {
            roles: vec![Word(Role::Consumer), Word(Role::Admin)],
            reason: Text::literal("joins the operators"),
        }
    }
}

impl Example for UserStatusUpdate {
    fn example() -> Self {
        Self { status: Word(UserStatus::Suspended), reason: Text::literal("payment disputed") }
    }
}
