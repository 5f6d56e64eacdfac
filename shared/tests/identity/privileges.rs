//! What a database role cannot do, whatever a service were talked into: statements run as that role.

use shared::db::Role;
use sqlx::{AssertSqlSafe, PgPool};

use super::Exchange;

/// Every statement is one that a superuser may run, so that a refusal is never about its words.
const REFUSED: &[(Role, &str)] = &[
    (Role::Api, "UPDATE identity.users SET roles = '{consumer,admin}'"),
    (Role::Api, "UPDATE identity.users SET password_hash = '$argon2id$mine'"),
    (Role::Api, "SELECT password_hash FROM identity.users"),
    (Role::Api, "UPDATE identity.users SET status = 'active'"),
    (Role::Api, "UPDATE identity.users SET token_version = 0"),
    (Role::Api, "UPDATE identity.users SET access_changed_at = NULL"),
    (Role::Api, "UPDATE identity.users SET email = 'mine@example.com'"),
    (
        Role::Api,
        "INSERT INTO identity.users (id, email, password_hash, display_name, roles, wallet, created_at)
         VALUES (gen_random_uuid(), 'me@example.com', '', 'M', '{consumer,admin}', 1, now())",
    ),
    (Role::Api, "DELETE FROM identity.users"),
    (Role::Api, "SELECT identity.set_password(id, NULL, '$argon2id$mine', NULL) FROM identity.session"),
    (Role::Api, "SELECT identity.end_sessions(user_id, NULL, 'logout') FROM identity.session"),
    (
        Role::Api,
        "INSERT INTO identity.session (id, user_id, created_at, expires_at)
         SELECT gen_random_uuid(), id, now(), now() + interval '1 day' FROM identity.users",
    ),
    (Role::Api, "UPDATE identity.session SET expires_at = 'infinity', ended_at = NULL, end_reason = NULL"),
    (Role::Api, "UPDATE identity.session SET ends_at = 'infinity'"),
    (Role::Api, "DELETE FROM identity.session"),
    (Role::Api, "SELECT hash FROM identity.refresh_token"),
    (Role::Api, "UPDATE identity.refresh_token SET rotated_at = NULL"),
    (Role::Api, "DELETE FROM identity.refresh_token"),
    (
        Role::Api,
        "INSERT INTO identity.refresh_token (hash, session_id, created_at, expires_at)
         SELECT sha256(''), id, now(), now() + interval '1 day' FROM identity.session",
    ),
    (Role::Api, "SELECT identity.add_token(id, sha256(''), NULL, now()) FROM identity.session"),
    (Role::Api, "UPDATE identity.throttle SET count = 0"),
    (Role::Api, "UPDATE identity.throttle SET window_ends_at = now()"),
    (Role::Api, "DELETE FROM identity.throttle"),
    (Role::Api, "SELECT identity.forgive(ARRAY[sha256('')])"),
    (Role::Api, "SELECT identity.count_attempt(sha256(''), 1, 1)"),
    (
        Role::Api,
        "INSERT INTO ops.audit_log (actor_id, action, subject, reason, created_at)
         SELECT id, 'user_suspended', 'user:x', 'as another', now() FROM identity.users",
    ),
    (Role::Api, "UPDATE ops.idempotency SET body = '{}'"),
    (Role::Api, "UPDATE ops.idempotency SET request_hash = '', user_id = gen_random_uuid()"),
    (Role::Api, "DELETE FROM ops.idempotency"),
    (Role::Api, "SELECT secret_ciphertext FROM identity.totp"),
    (Role::Api, "UPDATE identity.totp SET last_step = 0"),
    (Role::Api, "UPDATE identity.totp SET confirmed_at = NULL"),
    (Role::Api, "DELETE FROM identity.totp"),
    (Role::Api, "SELECT hash FROM identity.recovery_code"),
    (Role::Api, "UPDATE identity.recovery_code SET used_at = NULL"),
    (
        Role::Api,
        "INSERT INTO identity.recovery_code (user_id, hash) SELECT id, sha256('') FROM identity.users",
    ),
    (Role::Api, "SELECT identity.pass_totp(user_id, 1, NULL) FROM identity.session"),
    (Role::Api, "SELECT identity.totp_changed(user_id, NULL, true) FROM identity.session"),
    (Role::Api, "SELECT identity.keep_recovery_codes(user_id, '{}') FROM identity.session"),
    (Role::Api, "SELECT identity.reset_totp(user_id) FROM identity.session"),
    (Role::Api, "SELECT identity.lock_by_session(id, '{}') FROM identity.session"),
    (Role::Api, "UPDATE identity.session SET two_factor = true"),
    (Role::Admin, "SELECT secret_ciphertext FROM identity.totp"),
    (Role::Admin, "SELECT identity.totp_of(user_id) FROM identity.session"),
    (Role::Admin, "UPDATE identity.session SET two_factor = true"),
    (Role::Readonly, "SELECT secret_ciphertext FROM identity.totp"),
    (Role::Readonly, "SELECT hash FROM identity.recovery_code"),
    (Role::Admin, "UPDATE identity.users SET password_hash = '$argon2id$mine'"),
    (Role::Admin, "SELECT password_hash FROM identity.users"),
    (Role::Admin, "SELECT identity.set_password(id, NULL, '$argon2id$mine', NULL) FROM identity.session"),
    (Role::Admin, "UPDATE identity.session SET ended_at = NULL, end_reason = NULL"),
    (Role::Admin, "DELETE FROM identity.session"),
    (Role::Admin, "SELECT hash FROM identity.refresh_token"),
    (Role::Admin, "UPDATE identity.throttle SET count = 0"),
    (Role::Worker, "SELECT email FROM identity.users"),
    (Role::Worker, "SELECT id FROM identity.session"),
    (Role::Scheduler, "SELECT email FROM identity.users"),
    (Role::Scheduler, "DELETE FROM identity.session"),
    (Role::Readonly, "SELECT password_hash FROM identity.users"),
    (Role::Readonly, "SELECT hash FROM identity.refresh_token"),
    (Role::Readonly, "SELECT subject FROM identity.throttle"),
];

/// SQLSTATE, or none if the statement was allowed.
async fn run(pool: &PgPool, statement: &'static str) -> Option<String> {
    let mut tx = pool.begin().await.unwrap();
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *tx).await;
    tx.rollback().await.unwrap();
    let error = done.err()?;
    let code = error.as_database_error().and_then(|it| it.code().map(std::borrow::Cow::into_owned));
    Some(code.unwrap_or_else(|| error.to_string()))
}

#[tokio::test]
async fn what_opens_something_is_written_by_no_role_but_through_a_function() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    exchange.sign_in(&user).await;
    let superuser = exchange.database.pool().await;
    let mut wrong = Vec::new();
    for role in Role::ALL {
        let pool = exchange.database.pool_as(role).await;
        for (_, statement) in REFUSED.iter().filter(|(of, _)| *of == role) {
            let as_role = run(&pool, statement).await;
            if as_role.as_deref() != Some("42501") {
                wrong.push(format!("{role:?} {statement}: {as_role:?}"));
            }
            // Triggers and foreign keys may still have a say.
            let as_superuser = run(&superuser, statement).await;
            if as_superuser.is_some_and(|code| !["P0001", "23503"].contains(&code.as_str())) {
                wrong.push(format!("not a statement that could be run: {statement}"));
            }
        }
        pool.close().await;
    }

    assert_eq!(wrong, Vec::<String>::new());
    superuser.close().await;
    exchange.close().await;
}

/// The rights on tables of identity that a role has, as `table.column privilege` or `table privilege`.
async fn rights(exchange: &Exchange, role: Role) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT DISTINCT table_name || ' ' || privilege_type
           FROM information_schema.role_table_grants WHERE table_schema = 'identity' AND grantee = $1
          UNION
         SELECT DISTINCT table_name || '.' || column_name || ' ' || privilege_type
           FROM information_schema.role_column_grants WHERE table_schema = 'identity' AND grantee = $1
            AND privilege_type <> 'SELECT'
          ORDER BY 1",
    )
    .bind(role.name())
    .fetch_all(&mut exchange.database.superuser().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_rights_to_write_users_and_sessions_are_these_and_no_others() {
    let exchange = Exchange::open().await;

    assert_eq!(
        rights(&exchange, Role::Api).await,
        [
            "session SELECT",
            "users.credits_low_at UPDATE",
            "users.display_name UPDATE",
            "users.locale UPDATE"
        ]
    );
    assert_eq!(
        rights(&exchange, Role::Admin).await,
        [
            "session SELECT",
            "users.access_changed_at UPDATE",
            "users.roles UPDATE",
            "users.status UPDATE",
            "users.status_reason UPDATE",
            "users.strikes_max UPDATE",
            "users.token_version UPDATE",
        ]
    );
    assert_eq!(rights(&exchange, Role::Readonly).await, ["session SELECT"]);
    for role in [Role::Worker, Role::Scheduler] {
        assert!(rights(&exchange, role).await.is_empty(), "{role:?}");
    }
    exchange.close().await;
}
