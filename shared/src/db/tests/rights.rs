//! What each role may do.

use super::*;

#[tokio::test]
async fn everything_belongs_to_the_owner_nobody_logs_in_as() {
    let database = Database::create().await;
    let pool = pool(&database).await;

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
    let pool = pool(&database).await;

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
    let pool = pool(&database).await;

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
    let pool = pool(&database).await;

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
    let pool = pool(&database).await;

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
