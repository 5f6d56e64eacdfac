//! Against a real cluster: `AETHERFLOW_TEST_DATABASE_URL` is a superuser's URL of its `postgres`
//! database (`cargo xtask test` sets it).

use std::str::FromStr;

use secrecy::SecretString;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool};
use uuid::Uuid;

use super::cluster::Wanted;
use super::files::version_max;
use super::*;

fn admin_options() -> PgConnectOptions {
    let url = std::env::var("AETHERFLOW_TEST_DATABASE_URL")
        .expect("AETHERFLOW_TEST_DATABASE_URL is set to a superuser's URL");
    PgConnectOptions::from_str(&url).unwrap()
}

/// A fresh, empty database; dropped by [`Database::drop`].
struct Database {
    admin: PgConnectOptions,
    name: String,
}

impl Database {
    async fn create() -> Self {
        let admin = admin_options();
        let name = format!("db_test_{}", Uuid::now_v7().simple());
        let mut conn = admin.connect().await.unwrap();
        run(&mut conn, &format!("CREATE DATABASE {name}")).await.unwrap();
        Self { admin, name }
    }

    fn url(&self) -> SecretString {
        let url = self.admin.clone().database(&self.name).to_url_lossy();
        SecretString::from(url.to_string())
    }

    async fn pool(&self) -> PgPool {
        connect(&self.url(), 4, "test").await.unwrap()
    }

    async fn drop(self) {
        let mut conn = self.admin.connect().await.unwrap();
        run(&mut conn, &format!("DROP DATABASE {} WITH (FORCE)", self.name)).await.unwrap();
        conn.close().await.unwrap();
    }
}

/// A role of this test alone: other tests log in as the real ones and need their passwords.
struct ScratchRole {
    name: String,
}

impl ScratchRole {
    fn new() -> Self {
        Self { name: format!("db_test_{}", Uuid::now_v7().simple()) }
    }

    fn wanted<'a>(&'a self, password: &'a SecretString) -> Wanted<'a> {
        Wanted {
            name: &self.name,
            login: true,
            session_defaults: &[("statement_timeout", "30s")],
            password: Some(password),
        }
    }

    async fn stored(&self, conn: &mut PgConnection) -> String {
        sqlx::query_scalar("SELECT rolpassword FROM pg_authid WHERE rolname = $1")
            .bind(&self.name)
            .fetch_one(conn)
            .await
            .unwrap()
    }

    async fn drop(self) {
        let mut conn = admin_options().connect().await.unwrap();
        run(&mut conn, &format!("DROP ROLE {}", self.name)).await.unwrap();
        conn.close().await.unwrap();
    }
}

async fn run(conn: &mut PgConnection, sql: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(conn).await.map(drop)
}

/// Runs one statement as a role, in a transaction that never commits.
async fn as_role(pool: &PgPool, role: &str, sql: &str) -> Result<(), String> {
    let mut tx = pool.begin().await.unwrap();
    run(&mut tx, &format!("SET LOCAL ROLE {role}")).await.unwrap();
    run(&mut tx, sql).await.map_err(|it| it.to_string())
}

#[tokio::test]
async fn migrating_twice_changes_nothing_the_second_time() {
    let database = Database::create().await;

    let first = migrate(&database.url(), &Passwords::default()).await.unwrap();
    let second = migrate(&database.url(), &Passwords::default()).await.unwrap();

    let version = version_max();
    assert_eq!(first, Migrated::Changed { from: None, version, functions: true });
    assert_eq!(second, Migrated::Unchanged { version });
    database.drop().await;
}

#[tokio::test]
async fn four_migrations_of_one_database_at_once_all_succeed() {
    let database = Database::create().await;
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

/// Roles belong to the cluster, so databases meet in them although no lock of theirs is shared.
#[tokio::test]
async fn sessions_that_make_and_change_the_same_role_at_once_all_succeed() {
    let role = ScratchRole::new();
    let admin = admin_options();
    let sessions = (0..8).map(|session| {
        let (admin, role) = (admin.clone(), &role);
        async move {
            let mut conn = admin.connect().await.unwrap();
            for round in 0..20 {
                // Never the one that is set, so every session really writes.
                let password = SecretString::from(format!("{session} {round}"));
                cluster::ensure(&mut conn, &[role.wanted(&password)]).await.unwrap();
            }
            conn.close().await.unwrap();
        }
    });

    futures::future::join_all(sessions).await;

    role.drop().await;
}

#[tokio::test]
async fn two_databases_migrated_at_once_both_succeed() {
    let (one, two) = tokio::join!(Database::create(), Database::create());
    let (url_one, url_two, none) = (one.url(), two.url(), Passwords::default());

    let results = tokio::join!(migrate(&url_one, &none), migrate(&url_two, &none));

    results.0.unwrap();
    results.1.unwrap();
    one.drop().await;
    two.drop().await;
}

#[tokio::test]
async fn a_service_refuses_a_database_without_a_schema() {
    let database = Database::create().await;
    let pool = database.pool().await;

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
    let database = Database::create().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = database.pool().await;
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
async fn changed_functions_are_replaced_and_services_notice_that_theirs_are_missing() {
    let database = Database::create().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = database.pool().await;
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
async fn everything_belongs_to_the_owner_nobody_logs_in_as() {
    let database = Database::create().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = database.pool().await;

    let strangers: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
          WHERE nspname IN ('aether', 'identity', 'ledger', 'pool', 'generation', 'ops')
            AND pg_get_userbyid(relowner) <> 'aether_owner'
          UNION ALL
         SELECT proname::text FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace
          WHERE nspname IN ('aether', 'identity', 'ledger', 'pool', 'generation', 'ops')
            AND pg_get_userbyid(proowner) <> 'aether_owner'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let may_log_in: bool =
        sqlx::query_scalar("SELECT rolcanlogin FROM pg_roles WHERE rolname = 'aether_owner'")
            .fetch_one(&pool)
            .await
            .unwrap();

    assert_eq!(strangers, Vec::<String>::new());
    assert!(!may_log_in);
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn services_cannot_write_the_ledger_and_readers_cannot_write_at_all() {
    let database = Database::create().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = database.pool().await;

    for role in Role::ALL {
        for statement in [
            "UPDATE ledger.journal SET gross = gross",
            "DELETE FROM ledger.journal",
            "INSERT INTO ledger.wallet (account, user_id) VALUES (1, gen_random_uuid())",
            "UPDATE ledger.credit_grant SET remaining = amount",
            "CREATE TABLE ledger.mine ()",
            "CREATE TABLE public.mine ()",
        ] {
            let error = as_role(&pool, role.name(), statement).await.unwrap_err();
            assert!(error.contains("permission denied"), "{} {statement}: {error}", role.name());
        }
    }
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn every_role_can_ask_whether_the_schema_fits() {
    let database = Database::create().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = database.pool().await;

    for role in Role::ALL {
        for table in ["aether._sqlx_migrations", "aether.functions_hash"] {
            as_role(&pool, role.name(), &format!("SELECT FROM {table}")).await.unwrap();
        }
    }
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn only_the_admin_role_may_issue_credits() {
    let database = Database::create().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = database.pool().await;

    for (role, expected) in [
        ("aether_api", false),
        ("aether_worker", false),
        ("aether_scheduler", false),
        ("aether_readonly", false),
        ("aether_admin", true),
    ] {
        let may: bool = sqlx::query_scalar(
            "SELECT bool_or(has_function_privilege($1, p.oid, 'EXECUTE'))
               FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
              WHERE nspname = 'ledger' AND proname = 'issue_grant'",
        )
        .bind(role)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(may, expected, "{role}");
    }
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn definers_functions_are_not_open_to_the_public_and_have_a_search_path() {
    let database = Database::create().await;
    migrate(&database.url(), &Passwords::default()).await.unwrap();
    let pool = database.pool().await;

    let open: Vec<String> = sqlx::query_scalar(
        "SELECT format('%s.%s', nspname, proname)
           FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
          WHERE nspname IN ('aether', 'identity', 'ledger', 'pool', 'generation', 'ops') AND prosecdef
            AND (has_function_privilege('public', p.oid, 'EXECUTE')
                 OR NOT coalesce(proconfig::text LIKE '%search_path=%pg_temp%', false))",
    )
    .fetch_all(&pool)
    .await
    .unwrap();

    assert_eq!(open, Vec::<String>::new());
    pool.close().await;
    database.drop().await;
}

#[tokio::test]
async fn a_password_is_stored_as_a_verifier_and_not_written_again() {
    let role = ScratchRole::new();
    let password = SecretString::from(format!("a 'quoted' one; {}", Uuid::now_v7()));
    let mut conn = admin_options().connect().await.unwrap();

    cluster::ensure(&mut conn, &[role.wanted(&password)]).await.unwrap();
    let first = role.stored(&mut conn).await;
    cluster::ensure(&mut conn, &[role.wanted(&password)]).await.unwrap();
    let second = role.stored(&mut conn).await;
    let other = SecretString::from("another");
    cluster::ensure(&mut conn, &[role.wanted(&other)]).await.unwrap();

    assert!(first.starts_with("SCRAM-SHA-256$4096:"));
    assert_eq!(second, first);
    assert_ne!(role.stored(&mut conn).await, first);
    conn.close().await.unwrap();
    role.drop().await;
}

#[tokio::test]
async fn a_password_clients_would_disagree_on_is_refused_without_being_shown() {
    let passwords = Passwords::default().with(Role::Api, SecretString::from("pässwörd"));
    let database = Database::create().await;

    let error = migrate(&database.url(), &passwords).await.unwrap_err();

    assert_eq!(error.to_string(), "the password of aether_api must be printable ASCII");
    database.drop().await;
}

#[tokio::test]
async fn a_url_that_is_none_is_refused_without_being_shown() {
    for url in ["postgres://u:hunter2@[::/x", "hunter2", "postgres://u:hunter2@h:notaport/x"] {
        let error = connect(&SecretString::from(url), 1, "test").await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}
