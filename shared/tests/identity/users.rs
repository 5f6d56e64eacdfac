//! One e-mail, one user, one wallet.

use shared::{
    identity::{
        IdentityError, session,
        user::{self, NewAdmin, Role, UserFilter, UserStatus},
    },
    ledger::Credits,
};

use super::{Exchange, email, new_user};

#[tokio::test]
async fn of_two_registrations_at_once_one_wins_and_the_other_leaves_no_wallet() {
    let exchange = Exchange::open().await;

    let (one, two) =
        tokio::join!(exchange.register("ada@example.com"), exchange.register("ADA@example.com"));

    let taken = [&one, &two].into_iter().filter(|it| matches!(it, Err(IdentityError::EmailTaken)));
    assert_eq!(taken.count(), 1);
    let wallets: i64 = sqlx::query_scalar("SELECT count(*) FROM ledger.wallet")
        .fetch_one(&exchange.db)
        .await
        .unwrap();
    assert_eq!(wallets, 1);
    exchange.close().await;
}

#[tokio::test]
async fn a_sign_up_grant_is_issued_by_the_admin_role_only() {
    let exchange = Exchange::open().await;
    let grant: Credits = "5".parse().unwrap();

    let mut tx = exchange.db.begin().await.unwrap();
    let refused = user::register(&mut tx, &new_user("ada@example.com"), grant).await;
    assert!(matches!(refused, Err(IdentityError::Store(_))));
    tx.rollback().await.unwrap();

    let mut tx = exchange.admin_db.begin().await.unwrap();
    let ada = user::register(&mut tx, &new_user("ada@example.com"), grant).await.unwrap();
    tx.commit().await.unwrap();
    let available: Credits =
        sqlx::query_scalar("SELECT available FROM ledger.wallet WHERE account = $1")
            .bind(ada.wallet)
            .fetch_one(&exchange.db)
            .await
            .unwrap();
    assert_eq!(available, grant);
    exchange.close().await;
}

#[tokio::test]
async fn an_admin_is_made_or_promoted_and_cannot_take_away_his_own_access() {
    let exchange = Exchange::open().await;
    let known = exchange.register("ada@example.com").await.unwrap();
    let new = |address: &str| NewAdmin {
        email: email(address),
        password_hash: "$argon2id$new".to_owned(),
        display_name: "Root".to_owned(),
    };

    let (session_id, token) = exchange.sign_in(&known).await;
    let mut operator = exchange.database.superuser().await;

    let made = user::create_admin(&mut operator, new("root@example.com"), false).await.unwrap();
    // Whoever registered the address first is not promoted for it.
    let squatter = user::create_admin(&mut operator, new("ada@example.com"), false).await;
    assert!(matches!(squatter, Err(IdentityError::EmailTaken)));
    exchange.renewed(&token).await;
    let promoted = user::create_admin(&mut operator, new("ada@example.com"), true).await.unwrap();
    let again = user::create_admin(&mut operator, new("ada@example.com"), true).await.unwrap();

    assert_eq!(made.roles, [Role::Consumer, Role::Admin]);
    assert_eq!((promoted.id, &promoted.display_name), (known.id, &known.display_name));
    assert_eq!((again.id, &again.roles), (promoted.id, &made.roles));
    // Nobody who was signed in before is an admin now.
    assert!(promoted.token_version > known.token_version);
    let mut conn = exchange.db.acquire().await.unwrap();
    let living = session::list_sessions(&mut conn, known.id, None, 9).await.unwrap();
    assert!(living.is_empty(), "{session_id} has ended");
    drop((conn, operator));
    let mut tx = exchange.admin_db.begin().await.unwrap();
    let demoted = user::set_roles(&mut tx, made.id, made.id, &[]).await;
    assert!(matches!(demoted, Err(IdentityError::OwnAccess)));
    let suspended = user::suspend(&mut tx, made.id, made.id, "oops").await;
    assert!(matches!(suspended, Err(IdentityError::OwnAccess)));
    drop(tx);
    exchange.close().await;
}

#[tokio::test]
async fn a_suspended_wallet_takes_no_hold_and_a_reactivated_one_does() {
    let exchange = Exchange::open().await;
    let admin = exchange.register("admin@example.com").await.unwrap();
    let user = exchange.register("ada@example.com").await.unwrap();
    let suspended = async || -> bool {
        sqlx::query_scalar("SELECT suspended FROM ledger.wallet WHERE account = $1")
            .bind(user.wallet)
            .fetch_one(&exchange.db)
            .await
            .unwrap()
    };

    let mut tx = exchange.admin_db.begin().await.unwrap();
    let (after, _) = user::suspend(&mut tx, admin.id, user.id, "chargebacks").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(after.status, UserStatus::Suspended);
    assert_eq!(after.status_reason.as_deref(), Some("chargebacks"));
    assert!(suspended().await);

    let mut tx = exchange.admin_db.begin().await.unwrap();
    user::reactivate(&mut tx, user.id, "a mistake").await.unwrap();
    tx.commit().await.unwrap();
    assert!(!suspended().await);
    exchange.close().await;
}

#[tokio::test]
async fn users_are_listed_newest_first_page_by_page_and_filtered() {
    let exchange = Exchange::open().await;
    for name in ["ada", "bob", "cyd"] {
        exchange.register(&format!("{name}@example.com")).await.unwrap();
    }
    let mut conn = exchange.db.acquire().await.unwrap();
    let everyone = UserFilter::default();

    let first = user::list_users(&mut conn, &everyone, None, 2).await.unwrap();
    let rest = user::list_users(&mut conn, &everyone, Some(first[1].id), 2).await.unwrap();

    let emails: Vec<_> = first.iter().chain(&rest).map(|it| it.email.as_str()).collect();
    assert_eq!(emails, ["cyd@example.com", "bob@example.com", "ada@example.com"]);
    let bob = UserFilter { email_prefix: Some("bob@".to_owned()), ..UserFilter::default() };
    assert_eq!(user::list_users(&mut conn, &bob, None, 9).await.unwrap().len(), 1);
    let admins = UserFilter { role: Some(Role::Admin), ..UserFilter::default() };
    assert!(user::list_users(&mut conn, &admins, None, 9).await.unwrap().is_empty());
    drop(conn);
    exchange.close().await;
}
