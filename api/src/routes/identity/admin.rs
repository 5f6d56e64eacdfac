//! Users, their roles and their status, for admins.

use poem::web::Data;
use poem_openapi::{Object, OpenApi, param::Path};
use serde::Deserialize;
use serde_json::json;
use shared::{
    audit_log::{Action, Subject},
    identity::{
        IdentityError,
        user::{self, Role, User, UserFilter, UserStatus},
    },
    ledger::wallet::{self, Balance},
};

use crate::{
    auth::Admin,
    extract::{Body, Id, Parameters, Text, Word},
    problem::{Fail, Problem},
    response::{CsvFile, FromDomain, Page, Paging, Reply, view},
    routes::{
        Tag,
        identity::UserView,
        operations::{Change, Reason},
        wallet::BalanceView,
    },
    state::App,
};

/// Operations on users.
pub struct AdminUsers;

view! {
    /// A user, as admins see them.
    struct AdminUserView as "AdminUser" from user: User {
        #[oai(flatten)]
        user: UserView = user.clone(),
        /// The reason an admin gave when they last changed the status; absent if none ever did.
        status_reason: Option<String>,
        /// The user's credits; present only when a single user is requested.
        balance: Option<BalanceView> = None::<Balance>,
    }
}

/// Which users to list.
#[derive(Debug, Object, Deserialize)]
struct UserQuery {
    /// Only users whose e-mail address begins with this text; case is ignored.
    email: Option<Text<1, 254>>,
    /// Only users with this status.
    status: Option<Word<UserStatus>>,
    /// Only users who have this role.
    role: Option<Word<Role>>,
}

/// The roles a user is to have.
#[derive(Debug, Object, Deserialize)]
struct RolesUpdate {
    /// All roles of the user; `consumer` is kept even if it is left out.
    roles: Vec<Word<Role>>,
    /// Why the roles change; recorded in the audit log.
    reason: Reason,
}

/// The status a user is to have.
#[derive(Debug, Object, Deserialize)]
struct UserStatusUpdate {
    /// Whether the user may sign in and use the API.
    status: Word<UserStatus>,
    /// Why the status changes; shown to the user and recorded in the audit log.
    reason: Reason,
}

#[OpenApi(prefix_path = "/api/admin", tag = "Tag::Admin")]
impl AdminUsers {
    /// List users, newest first.
    #[oai(path = "/users", method = "get", operation_id = "admin_list_users")]
    async fn list(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<UserQuery>,
        Parameters(paging): Parameters<Paging>,
    ) -> Result<Reply<Page<AdminUserView>>, Fail> {
        Ok(Reply::new(&list_page(App::clone(app), filter(query), paging).await?))
    }

    /// Get the list of users as CSV, newest first.
    #[oai(path = "/users.csv", method = "get", operation_id = "admin_download_users")]
    async fn export(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        Parameters(query): Parameters<UserQuery>,
    ) -> Result<CsvFile, Fail> {
        Ok(CsvFile::of("users", app, filter(query), list_page).await?)
    }

    /// Get a user and their credits.
    #[oai(path = "/users/:id", method = "get", operation_id = "admin_get_user")]
    async fn get(
        &self,
        Data(app): Data<&App>,
        _admin: Admin,
        /// The id of the user.
        id: Path<Id>,
    ) -> Result<Reply<AdminUserView>, Fail> {
        let mut conn = app.admin_db.acquire().await?;
        let found = user::store::find(&mut conn, id.0.0).await?;
        let user = found.ok_or(IdentityError::UserNotFound)?;
        let balance = wallet::read_balance(&mut conn, user.wallet).await?;
        let balance = Some(BalanceView::from_domain(balance));
        Ok(Reply::new(&AdminUserView { balance, ..AdminUserView::from_domain(user) }))
    }

    /// Replace the roles of a user.
    ///
    /// The change takes effect within 5 seconds, also for access tokens that were issued before.
    #[oai(path = "/users/:id/roles", method = "put", operation_id = "admin_set_user_roles")]
    async fn set_roles(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the user.
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

        Ok(Reply::of(user))
    }

    /// Suspend a user, or lift the suspension.
    ///
    /// The change takes effect within 5 seconds, also for access tokens that were issued before. Tasks
    /// of a suspended user that are still waiting are canceled, and their credits released.
    #[oai(path = "/users/:id/status", method = "put", operation_id = "admin_set_user_status")]
    async fn set_status(
        &self,
        Data(app): Data<&App>,
        admin: Admin,
        /// The id of the user.
        id: Path<Id>,
        body: Body<UserStatusUpdate>,
    ) -> Result<Reply<AdminUserView>, Fail<409>> {
        let UserStatusUpdate { status, reason } = body.value;

        let mut tx = app.admin_db.begin().await?;
        let (user, canceled, action) = match status.value() {
            UserStatus::Suspended => {
                let (user, canceled) =
                    user::suspend(&mut tx, admin.user_id, id.0.0, &reason).await?;
                (user, canceled, Action::UserSuspended)
            }
            UserStatus::Active => {
                let user = user::reactivate(&mut tx, id.0.0, &reason).await?;
                (user, Vec::new(), Action::UserReactivated)
            }
        };
        Change { action, subject: Subject::User(user.id), reason: &reason }
            .record(&mut tx, &admin, json!({ "status": user.status }))
            .await?;
        tx.commit().await?;
        app.endings.announce(&canceled);
        if action == Action::UserSuspended {
            let mut conn = app.admin_db.acquire().await?;
            let slipped_in = user::cancel_slipped_in(&mut conn, user.id).await?;
            app.endings.announce(&slipped_in);
        }

        Ok(Reply::of(user))
    }
}

fn filter(query: UserQuery) -> UserFilter {
    UserFilter {
        email_prefix: query.email.map(|it| it.to_lowercase()),
        status: query.status.map(Word::value),
        role: query.role.map(Word::value),
    }
}

async fn list_page(
    app: App,
    filter: UserFilter,
    paging: Paging,
) -> Result<Page<AdminUserView>, Problem> {
    let mut conn = app.admin_db.acquire().await?;
    let users = user::list_users(&mut conn, &filter, paging.position()?, paging.rows()).await?;
    Ok(Page::of(users, &paging, |it| it.id))
}
