//! What a database role cannot do, whatever a service were talked into: statements run as that role.

use shared::db::Role;
use sqlx::{AssertSqlSafe, PgPool};

use super::{Exchange, refused};

/// SQLSTATE, or none if the statement was allowed. Of the reader, whose transactions are read-only unless it says
/// otherwise, this says otherwise: anybody may.
async fn run(pool: &PgPool, statement: &'static str) -> Option<String> {
    let mut tx = pool.begin_with("BEGIN READ WRITE").await.unwrap();
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
        for statement in refused::statements(role) {
            let as_role = run(&pool, statement).await;
            if as_role.as_deref() != Some("42501") {
                wrong.push(format!("{role:?} {statement}: {as_role:?}"));
            }
            // Triggers, foreign keys and checks may still have a say.
            let as_superuser = run(&superuser, statement).await;
            if as_superuser
                .is_some_and(|code| !["P0001", "AE002", "23000", "23503"].contains(&code.as_str()))
            {
                wrong.push(format!("not a statement that could be run: {statement}"));
            }
        }
        pool.close().await;
    }

    assert_eq!(wrong, Vec::<String>::new());
    superuser.close().await;
    exchange.close().await;
}

/// A right that would be needed for this is one to sign in with: the hash is compared, never read.
#[tokio::test]
async fn who_may_run_any_statement_as_the_api_still_cannot_set_a_password_without_knowing_the_present_one()
 {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (session, _) = exchange.sign_in(&user).await;
    let terms: String = sqlx::query_scalar("SELECT identity.password_terms($1)")
        .bind(user.id)
        .fetch_one(&exchange.db)
        .await
        .unwrap();

    // Whatever can be read, tried as what was verified.
    for known in [Some(terms.as_str()), Some(""), None] {
        let changed: Option<bool> =
            sqlx::query_scalar("SELECT identity.change_password($1, $2, '$argon2id$mine', NULL)")
                .bind(session)
                .bind(known)
                .fetch_one(&exchange.db)
                .await
                .unwrap();
        assert_eq!(changed, Some(false), "{known:?}");
        let opened: String = sqlx::query_scalar(
            "SELECT identity.open_session(gen_random_uuid(), $1, $2, sha256('mine'), NULL, NULL, NULL,
                                          interval '1 day', NULL, NULL, NULL)",
        )
        .bind(user.id)
        .bind(known)
        .fetch_one(&exchange.db)
        .await
        .unwrap();
        assert_eq!(opened, "password_changed", "{known:?}");
    }
    exchange.close().await;
}
