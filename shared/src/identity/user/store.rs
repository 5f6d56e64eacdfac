//! One statement per function over `identity.users`.

use sqlx::PgConnection;
use uuid::Uuid;

use super::{Email, NewUser, ProfileChange, Role, User, UserFilter, UserStatus};
use crate::ledger::Credits;

/// The columns of [`User`], for every statement that answers one.
macro_rules! user_columns {
    () => {
        "id, email, display_name, roles, status, status_reason, locale, credits_low_at, wallet, token_version, \
         created_at"
    };
}

/// A user and what their password is hashed under.
#[derive(sqlx::FromRow)]
pub(in crate::identity) struct WithTerms {
    #[sqlx(flatten)]
    pub user: User,
    /// A PHC string without its hash.
    pub password_terms: Option<String>,
}

/// The grant has the user's id: there can only be one.
pub(super) async fn issue_sign_up_grant(
    conn: &mut PgConnection,
    user: &User,
    amount: Credits,
) -> sqlx::Result<()> {
    sqlx::query("SELECT ledger.issue_grant($1, $2, 'sign_up', NULL, $3, 0::smallint, NULL)")
        .bind(user.id)
        .bind(user.wallet)
        .bind(amount)
        .execute(conn)
        .await?;
    Ok(())
}

/// With their wallet, as a consumer. `None` if the e-mail is taken: the caller then rolls back.
pub(super) async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    new: &NewUser,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as(concat!(
        "SELECT ",
        user_columns!(),
        " FROM identity.register($1, $2, $3, $4, $5)"
    ))
    .bind(id)
    .bind(new.email.as_str())
    .bind(&new.password_hash)
    .bind(&new.display_name)
    .bind(new.locale.as_str())
    .fetch_optional(conn)
    .await
}

/// By id.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Option<User>> {
    sqlx::query_as(concat!("SELECT ", user_columns!(), " FROM identity.users WHERE id = $1"))
        .bind(id)
        .fetch_optional(conn)
        .await
}

/// By e-mail.
pub async fn find_by_email(conn: &mut PgConnection, email: &Email) -> sqlx::Result<Option<User>> {
    sqlx::query_as(concat!("SELECT ", user_columns!(), " FROM identity.users WHERE email = $1"))
        .bind(email.as_str())
        .fetch_optional(conn)
        .await
}

/// By e-mail, with what a password is hashed under to be compared.
pub(in crate::identity) async fn find_by_email_with_terms(
    conn: &mut PgConnection,
    email: &Email,
) -> sqlx::Result<Option<WithTerms>> {
    sqlx::query_as(concat!(
        "SELECT identity.password_terms(id) AS password_terms, ",
        user_columns!(),
        " FROM identity.users WHERE email = $1"
    ))
    .bind(email.as_str())
    .fetch_optional(conn)
    .await
}

/// Which of `hashes` is the user's; `None`: none.
pub(in crate::identity) async fn matching_hash(
    conn: &mut PgConnection,
    id: Uuid,
    hashes: &[String],
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar("SELECT identity.matching_hash($1, $2)")
        .bind(id)
        .bind(hashes)
        .fetch_one(conn)
        .await
}

/// `None` leaves a column as it is.
pub(super) async fn update_profile(
    conn: &mut PgConnection,
    id: Uuid,
    change: &ProfileChange,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as(concat!(
        "UPDATE identity.users
            SET display_name = coalesce($2, display_name), locale = coalesce($3, locale),
                credits_low_at = CASE WHEN $4::numeric IS NULL THEN credits_low_at ELSE nullif($4, 0) END
          WHERE id = $1
      RETURNING ",
        user_columns!()
    ))
    .bind(id)
    .bind(change.display_name.as_deref())
    .bind(change.locale)
    .bind(change.credits_low_at)
    .fetch_optional(conn)
    .await
}

/// The operator's: ends every session and every access token of theirs.
pub(super) async fn set_password(
    conn: &mut PgConnection,
    id: Uuid,
    password_hash: &str,
) -> sqlx::Result<()> {
    sqlx::query("SELECT identity.set_password($1, NULL, $2, NULL)")
        .bind(id)
        .bind(password_hash)
        .execute(conn)
        .await?;
    Ok(())
}

/// Replaces the roles; processes that judge tokens learn of it through the access feed.
pub(super) async fn update_roles(
    conn: &mut PgConnection,
    id: Uuid,
    roles: &[Role],
) -> sqlx::Result<Option<User>> {
    sqlx::query_as(concat!(
        "UPDATE identity.users SET roles = $2, access_changed_at = aether.now()
          WHERE id = $1
      RETURNING ",
        user_columns!()
    ))
    .bind(id)
    .bind(roles)
    .fetch_optional(conn)
    .await
}

/// Adds the role if it is missing; otherwise writes nothing.
pub(super) async fn add_role(conn: &mut PgConnection, id: Uuid, role: Role) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE identity.users SET roles = array_append(roles, $2::text), access_changed_at = aether.now()
          WHERE id = $1 AND NOT $2::text = ANY (roles)",
    )
    .bind(id)
    .bind(role)
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes status and reason, and makes every access token issued so far worthless: one issued under a version that a
/// process does not know yet tells it that what it knows is older.
pub(super) async fn update_status(
    conn: &mut PgConnection,
    id: Uuid,
    status: UserStatus,
    reason: &str,
) -> sqlx::Result<Option<User>> {
    sqlx::query_as(concat!(
        "UPDATE identity.users
            SET status = $2, status_reason = $3, access_changed_at = aether.now(),
                token_version = token_version + 1
          WHERE id = $1
      RETURNING ",
        user_columns!()
    ))
    .bind(id)
    .bind(status)
    .bind(reason)
    .fetch_optional(conn)
    .await
}

/// Stops a suspended user's wallet from taking new holds, or lets it again.
pub(super) async fn suspend_wallet(
    conn: &mut PgConnection,
    id: Uuid,
    suspended: bool,
) -> sqlx::Result<()> {
    sqlx::query("SELECT ledger.suspend_wallet($1, $2)")
        .bind(id)
        .bind(suspended)
        .execute(conn)
        .await?;
    Ok(())
}

/// Cancels what of theirs waits and releases what it held; answers what was canceled.
pub(super) async fn cancel_tasks(conn: &mut PgConnection, id: Uuid) -> sqlx::Result<Vec<Uuid>> {
    sqlx::query_scalar("SELECT generation.cancel_user_tasks($1)").bind(id).fetch_all(conn).await
}

/// Newest first, after `before` if given.
pub(super) async fn list(
    conn: &mut PgConnection,
    filter: &UserFilter,
    before: Option<Uuid>,
    rows_max: i64,
) -> sqlx::Result<Vec<User>> {
    sqlx::query_as(concat!(
        "SELECT ",
        user_columns!(),
        " FROM identity.users
          WHERE ($1::uuid IS NULL OR id < $1)
            AND ($2::text IS NULL OR starts_with(email, $2))
            AND ($3::text IS NULL OR status = $3)
            AND ($4::text IS NULL OR $4 = ANY (roles))
          ORDER BY id DESC
          LIMIT $5"
    ))
    .bind(before)
    .bind(filter.email_prefix.as_deref())
    .bind(filter.status)
    .bind(filter.role)
    .bind(rows_max)
    .fetch_all(conn)
    .await
}
