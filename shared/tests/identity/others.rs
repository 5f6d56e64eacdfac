//! Functions that are told whose something is do nothing to what is somebody else's.

use shared::{
    audit_log::{self, Action, NewEntry, RecordError, Subject},
    pool::resource::owner::{self, OwnerStatus, StatusSet},
};
use uuid::Uuid;

use super::Exchange;

const KEY: Uuid = Uuid::from_u128(1);

impl Exchange {
    /// A key of a new owner, which a machine parked; answers the owner.
    async fn host_parked_key(&self) -> Uuid {
        let owner = self.register("owner@example.com").await.unwrap().id;
        let key = format!(
            "SELECT pool.connect_resource(jsonb_build_object('id', '{KEY}', 'owner_id', '{owner}', 'provider',
                'stability', 'name', 'a key', 'key_hint', 'h', 'key_ciphertext', '\\x00', 'data_key_wrapped', '\\x00',
                'master_key_id', 'm', 'fingerprint', '\\x01', 'price_per_unit', 0.1, 'daily_limit', 1000,
                'monthly_limit', 1000, 'concurrency_limit', 10, 'available_units', 1000), '1 hour');
             UPDATE pool.resource SET status = 'error', status_reason = 'refused' WHERE id = '{KEY}';"
        );
        self.database.run(&key).await;
        owner
    }

    /// Everything about the key that anybody can change.
    async fn key_row(&self) -> String {
        sqlx::query_scalar(
            "SELECT (r.*, s.*)::text FROM pool.resource r JOIN pool.resource_state s ON s.resource_id = r.id",
        )
        .fetch_one(&mut self.database.superuser().await)
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn a_key_is_touched_read_and_tested_by_its_owner_alone() {
    let exchange = Exchange::open().await;
    let owner = exchange.host_parked_key().await;
    let stranger = exchange.register("stranger@example.com").await.unwrap().id;
    let before = exchange.key_row().await;
    let mut conn = exchange.db.acquire().await.unwrap();

    for status in [OwnerStatus::Active, OwnerStatus::Paused] {
        let set = owner::set_status(&mut conn, KEY, stranger, status).await.unwrap();
        assert_eq!(set, StatusSet::NotFound);
    }
    assert!(owner::find_sealed(&mut conn, KEY, stranger).await.unwrap().is_none());
    owner::request_sync(&mut conn, KEY, stranger).await.unwrap();
    owner::confirm_key(&mut conn, KEY, stranger).await.unwrap();
    assert_eq!(exchange.key_row().await, before);

    assert!(owner::find_sealed(&mut conn, KEY, owner).await.unwrap().is_some());
    owner::confirm_key(&mut conn, KEY, owner).await.unwrap();
    assert_ne!(exchange.key_row().await, before);
    drop(conn);
    exchange.close().await;
}

#[tokio::test]
async fn the_api_cannot_set_a_key_as_an_admin_by_leaving_its_owner_out() {
    let exchange = Exchange::open().await;
    let owner = exchange.host_parked_key().await;

    for (owner, status) in
        [(None, "active"), (None, "disabled"), (Some(owner), "disabled"), (Some(owner), "error")]
    {
        let set = sqlx::query("SELECT pool.set_status_as_owner($1, $2, $3)")
            .bind(KEY)
            .bind(owner)
            .bind(status)
            .execute(&exchange.db)
            .await;
        let error = set.unwrap_err();
        let code =
            error.as_database_error().and_then(|it| it.code().map(std::borrow::Cow::into_owned));
        assert_eq!(code.as_deref(), Some("22023"), "{owner:?} {status}");
    }
    exchange.close().await;
}

#[tokio::test]
async fn an_entry_of_the_audit_log_is_by_an_admin_who_is_one_now() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let entry = |actor_id| NewEntry {
        actor_id,
        action: Action::UserSuspended,
        subject: Subject::User(user.id),
        reason: "as another",
        detail: serde_json::json!({}),
        request_id: "r",
    };
    let mut conn = exchange.admin_db.acquire().await.unwrap();

    for actor in [user.id, Uuid::now_v7()] {
        let recorded = audit_log::record(&mut conn, &entry(actor)).await;
        assert!(matches!(recorded, Err(RecordError::NotAdmin)), "{recorded:?}");
    }
    exchange.database.run("UPDATE identity.users SET roles = '{consumer,admin}'").await;
    audit_log::record(&mut conn, &entry(user.id)).await.unwrap();
    exchange.database.run("UPDATE identity.users SET status = 'suspended'").await;
    let recorded = audit_log::record(&mut conn, &entry(user.id)).await;
    assert!(matches!(recorded, Err(RecordError::NotAdmin)), "{recorded:?}");
    drop(conn);
    exchange.close().await;
}

#[tokio::test]
async fn a_session_is_ended_by_its_user_alone() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let stranger = exchange.register("eve@example.com").await.unwrap();
    let (session, token) = exchange.sign_in(&user).await;

    let ended: bool = sqlx::query_scalar("SELECT identity.end_session($1, $2)")
        .bind(stranger.id)
        .bind(session)
        .fetch_one(&exchange.db)
        .await
        .unwrap();

    assert!(!ended);
    assert!(!exchange.is_dead(&token).await);
    exchange.close().await;
}

#[tokio::test]
async fn who_may_run_any_statement_as_the_api_changes_no_second_factor_without_the_password() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (session, _) = exchange.sign_in(&user).await;
    let ask = async |statement: &str| {
        let said: String = sqlx::query_scalar(sqlx::AssertSqlSafe(statement.to_owned()))
            .bind(session)
            .fetch_one(&exchange.db)
            .await
            .unwrap();
        said
    };

    for verified in ["NULL", "''", "'x'"] {
        let begun =
            ask(&format!("SELECT identity.begin_totp($1, {verified}, 'a', 'b', 'k', '{{}}')"))
                .await;
        assert_eq!(begun, "password_changed", "{verified}");
        let removed =
            ask(&format!("SELECT identity.remove_totp($1, {verified}, 1, NULL, '{{}}')")).await;
        assert_eq!(removed, "password_changed", "{verified}");
    }
    exchange
        .database
        .run(&format!(
            "INSERT INTO identity.totp (user_id, secret_ciphertext, data_key_wrapped, master_key_id, begun_at)
             VALUES ('{}', 'a', 'b', 'k', aether.now())",
            user.id
        ))
        .await;
    // A step of a far future would be good for ever, and shut out the app.
    let far = i64::MAX;
    assert_eq!(
        ask(&format!("SELECT identity.confirm_totp($1, 'a', {far}, '{{}}', '{{}}')")).await,
        "refused"
    );
    exchange.database.run("UPDATE identity.totp SET confirmed_at = aether.now()").await;
    let replaced = ask(&format!(
        "SELECT identity.replace_recovery_codes($1, {far}, NULL, ARRAY[sha256('mine')], '{{}}')"
    ))
    .await;
    assert_eq!(replaced, "refused");
    exchange.close().await;
}
