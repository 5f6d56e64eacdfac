//! Databases are migrated once, by the process that comes first, and services know whether theirs fits.

use super::*;

#[tokio::test]
async fn migrating_twice_changes_nothing_the_second_time() {
    let database = Database::empty().await;

    let first = migrate(&database.url(), &Passwords::default()).await.unwrap();
    let second = migrate(&database.url(), &Passwords::default()).await.unwrap();

    let version = version_max();
    assert_eq!(first, Migrated::Changed { from: None, version, functions: true });
    assert_eq!(second, Migrated::Unchanged { version });
    database.drop().await;
}

#[tokio::test]
async fn four_migrations_of_one_database_at_once_all_succeed() {
    let database = Database::empty().await;
    let (url, none) = (database.url(), Passwords::default());

    let results = tokio::join!(
        migrate(&url, &none),
        migrate(&url, &none),
        migrate(&url, &none),
        migrate(&url, &none)
    );

    let results = [results.0.unwrap(), results.1.unwrap(), results.2.unwrap(), results.3.unwrap()];
    let changed = results.iter().filter(|it| matches!(it, Migrated::Changed { .. })).count();
    assert_eq!(changed, 1);
    database.drop().await;
}

#[tokio::test]
async fn two_databases_migrated_at_once_both_succeed() {
    let (one, two) = tokio::join!(Database::empty(), Database::empty());
    let (url_one, url_two, none) = (one.url(), two.url(), Passwords::default());

    let results = tokio::join!(migrate(&url_one, &none), migrate(&url_two, &none));

    results.0.unwrap();
    results.1.unwrap();
    one.drop().await;
    two.drop().await;
}

#[tokio::test]
async fn a_service_refuses_a_database_without_a_schema() {
    let database = Database::empty().await;
    let pool = pool(&database).await;

    let error = require_schema(&pool).await.unwrap_err();

    assert_eq!(schema_version(&pool).await.unwrap(), None);
    let message = error.to_string();
    assert!(
        message.contains("has no schema") && message.ends_with("run `ctl migrate`"),
        "{message}"
    );
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_service_refuses_an_older_schema_and_survives_a_newer_one() {
    let database = Database::empty().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = pool(&database).await;
    let mut conn = pool.acquire().await.unwrap();
    assert_eq!(schema_version(&pool).await.unwrap(), Some(schema_needed()));
    require_schema(&pool).await.unwrap();

    run(&mut conn, "UPDATE aether._sqlx_migrations SET version = version + 1000").await.unwrap();
    require_schema(&pool).await.unwrap();
    let migrated = migrate(&database.url(), &Passwords::default()).await.unwrap();
    assert_eq!(migrated, Migrated::Newer { version: version_max() + 1000 });

    run(&mut conn, "UPDATE aether._sqlx_migrations SET version = version - 1001").await.unwrap();
    assert!(matches!(require_schema(&pool).await, Err(DbError::SchemaOlder { .. })));
    drop(conn);
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_database_of_another_builds_tables_is_refused_with_a_way_out() {
    let database = Database::empty().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = pool(&database).await;
    let mut conn = pool.acquire().await.unwrap();
    run(&mut conn, "UPDATE aether._sqlx_migrations SET checksum = 'other' WHERE version = 3")
        .await
        .unwrap();

    let error = migrate(&database.url(), &Passwords::default()).await.unwrap_err();

    assert!(matches!(error, DbError::OtherTables { version: 3 }), "{error}");
    assert!(error.to_string().contains("begin with an empty database"), "{error}");
    drop(conn);
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn changed_functions_are_replaced_and_services_notice_that_theirs_are_missing() {
    let database = Database::empty().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = pool(&database).await;
    let mut conn = pool.acquire().await.unwrap();

    run(&mut conn, "UPDATE aether.functions_hash SET sha256 = 'of an older build'").await.unwrap();
    assert!(matches!(require_schema(&pool).await, Err(DbError::FunctionsMissing)));

    let version = version_max();
    let migrated = migrate(&database.url(), &Passwords::default()).await.unwrap();
    assert_eq!(migrated, Migrated::Changed { from: Some(version), version, functions: true });
    require_schema(&pool).await.unwrap();

    // A later build replaces them again; this one still runs.
    run(&mut conn, "INSERT INTO aether.functions_hash (sha256) VALUES ('of a later build')")
        .await
        .unwrap();
    require_schema(&pool).await.unwrap();
    drop(conn);
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn an_older_build_does_not_put_back_older_functions_and_its_services_run_on() {
    let database = Database::empty().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = pool(&database).await;
    let mut conn = pool.acquire().await.unwrap();
    // What a database looks like that a later build has made.
    run(
        &mut conn,
        "UPDATE aether.functions_hash SET sha256 = 'of a later build', edition = edition + 1;
         COMMENT ON FUNCTION ledger.roll_up IS 'later'",
    )
    .await
    .unwrap();
    let later: i32 = sqlx::query_scalar("SELECT edition FROM aether.functions_hash")
        .fetch_one(&mut *conn)
        .await
        .unwrap();

    let migrated = migrate(&database.url(), &Passwords::default()).await.unwrap();

    let version = version_max();
    assert_eq!(migrated, Migrated::NewerFunctions { version, edition: later });
    let applied: i64 = sqlx::query_scalar("SELECT count(*) FROM aether.functions_hash")
        .fetch_one(&mut *conn)
        .await
        .unwrap();
    assert_eq!(applied, 1);
    require_schema(&pool).await.unwrap();
    drop(conn);
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_being_shown() {
    for url in ["postgres://u:hunter2@[::/x", "hunter2", "postgres://u:hunter2@h:notaport/x"] {
        let error = connect(&SecretString::from(url), 1, "test").await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

/// `CREATE OR REPLACE` with other parameters makes a second function and leaves the old one behind.
#[tokio::test]
async fn a_function_that_another_build_left_with_other_parameters_is_refused() {
    let database = Database::create().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = database.pool().await;
    let mut conn = pool.acquire().await.unwrap();
    run(
        &mut conn,
        "CREATE FUNCTION ledger.open_wallet(text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint';
         ALTER FUNCTION ledger.open_wallet(text) OWNER TO aether_owner;
         UPDATE aether.functions_hash SET sha256 = 'of an older build'",
    )
    .await
    .unwrap();

    let error = migrate(&database.url(), &Passwords::default()).await.unwrap_err().to_string();

    assert!(error.contains("90_privileges.sql"), "{error}");
    assert!(error.contains("ledger.open_wallet has two signatures"), "{error}");
    drop(conn);
    pool.close().await;
    database.drop().await;
}
