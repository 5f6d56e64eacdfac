//! Roles and their passwords.

use super::*;

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
async fn a_role_that_was_given_more_is_cut_back() {
    let role = ScratchRole::new();
    let password = SecretString::from("a password");
    let mut conn = admin_options().connect().await.unwrap();
    run(&mut conn, &format!("CREATE ROLE {} SUPERUSER BYPASSRLS", role.name)).await.unwrap();

    cluster::ensure(&mut conn, &[role.wanted(&password)]).await.unwrap();

    let more: bool = sqlx::query_scalar(
        "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls
           FROM pg_roles WHERE rolname = $1",
    )
    .bind(&role.name)
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert!(!more);
    conn.close().await.unwrap();
    role.drop().await;
}

#[tokio::test]
async fn a_password_clients_would_disagree_on_is_refused_without_being_shown() {
    let passwords = Passwords::default().with(Role::Api, SecretString::from("pässwörd"));
    let database = Database::empty().await;

    let error = migrate(&database.url(), &passwords).await.unwrap_err();

    assert_eq!(error.to_string(), "the password of aether_api must be printable ASCII");
    database.drop().await;
}
