//! What everybody may do in a database that was migrated: nothing.

use super::*;

async fn may_connect(conn: &mut PgConnection, role: &str) -> bool {
    sqlx::query_scalar("SELECT has_database_privilege($1, current_database(), 'CONNECT')")
        .bind(role)
        .fetch_one(conn)
        .await
        .unwrap()
}

/// What is open of this database; the server has others, of tests beside this one.
async fn open_here(database: &Database) -> Vec<String> {
    let open = left_open(&database.url()).await.unwrap();
    open.into_iter().filter(|it| !it.starts_with("REVOKE CONNECT ON DATABASE")).collect()
}

#[tokio::test]
async fn only_the_roles_of_services_connect_to_a_migrated_database() {
    let database = Database::empty().await;
    let role = ScratchRole::new();
    let mut conn = database.superuser().await;
    run(&mut conn, &format!("CREATE ROLE {} LOGIN", role.name)).await.unwrap();
    assert!(may_connect(&mut conn, &role.name).await, "anybody may connect to a new database");

    migrate(&database.url(), &Passwords::default()).await.unwrap();

    assert!(!may_connect(&mut conn, &role.name).await);
    for role in Role::ALL {
        assert!(may_connect(&mut conn, role.name()).await, "{}", role.name());
    }
    assert_eq!(open_here(&database).await, Vec::<String>::new());
    conn.close().await.unwrap();
    role.drop().await;
    database.drop().await;
}

#[tokio::test]
async fn what_was_opened_again_is_told_and_the_next_migration_closes_it() {
    let database = Database::create().await;
    let name: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(&mut database.superuser().await)
        .await
        .unwrap();
    assert_eq!(open_here(&database).await, Vec::<String>::new());
    for (opens, closes) in [
        (format!("GRANT TEMPORARY ON DATABASE {name} TO PUBLIC"), "REVOKE ALL ON DATABASE"),
        ("GRANT CREATE ON SCHEMA public TO PUBLIC".to_owned(), "REVOKE CREATE ON SCHEMA public"),
        (
            "GRANT USAGE ON LANGUAGE plpgsql TO PUBLIC".to_owned(),
            "GRANT USAGE ON LANGUAGE plpgsql TO aether_owner",
        ),
        (
            "GRANT EXECUTE ON FUNCTION lo_create(oid) TO PUBLIC".to_owned(),
            "REVOKE EXECUTE ON FUNCTION lo_create",
        ),
    ] {
        database.run(&opens).await;
        let told = open_here(&database).await;
        assert!(told.len() == 1 && told[0].starts_with(closes), "{opens}: {told:?}");

        migrate(&database.url(), &Passwords::default()).await.unwrap();

        assert_eq!(open_here(&database).await, Vec::<String>::new(), "{opens}");
    }
    database.drop().await;
}

#[tokio::test]
async fn databases_of_others_that_let_everybody_in_are_told() {
    let (database, other) = (Database::create().await, Database::empty().await);
    let name: String = sqlx::query_scalar("SELECT current_database()::text")
        .fetch_one(&mut other.superuser().await)
        .await
        .unwrap();

    let told = left_open(&database.url()).await.unwrap();

    let expected = format!("REVOKE CONNECT ON DATABASE {name} FROM PUBLIC");
    assert!(told.contains(&expected), "{told:?}");
    other.drop().await;
    database.drop().await;
}

#[tokio::test]
async fn a_function_that_is_made_later_is_nobodys_until_it_is_granted() {
    let database = Database::create().await;
    let pool = pool(&database).await;
    let mut tx = pool.begin().await.unwrap();
    let made = "SET LOCAL ROLE aether_owner;
                CREATE FUNCTION pool.made_later() RETURNS int LANGUAGE sql AS 'SELECT 1'; RESET ROLE";
    run(&mut tx, made).await.unwrap();

    let open: bool = sqlx::query_scalar(
        "SELECT has_function_privilege('public', 'pool.made_later()', 'EXECUTE')",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();

    assert!(!open);
    tx.rollback().await.unwrap();
    pool.close().await;
    database.drop().await;
}
