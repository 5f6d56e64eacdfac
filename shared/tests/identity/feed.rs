//! A token already out is corrected by the next look, whatever order transactions commit in.

use std::time::Duration;

use secrecy::SecretString;
use shared::identity::{
    IdentityError,
    access::{AccessClaims, AccessFeed, AccessTokens},
    session,
    user::{self, Role, User},
};
use uuid::Uuid;

use super::Exchange;

fn claims(user: &User, session_id: Uuid) -> AccessClaims {
    let tokens = AccessTokens::new(&SecretString::from("a secret of thirty-two characters"));
    tokens.verify(&tokens.issue(user, session_id, false)).unwrap()
}

#[tokio::test]
async fn a_suspension_that_began_before_a_look_and_commits_after_it_is_seen_by_the_next() {
    let exchange = Exchange::open().await;
    let admin = exchange.register("admin@example.com").await.unwrap();
    let user = exchange.register("ada@example.com").await.unwrap();
    let feed = AccessFeed::default();
    let token = claims(&user, Uuid::now_v7());

    let mut tx = exchange.admin_db.begin().await.unwrap();
    user::suspend(&mut tx, admin.id, user.id, "chargebacks").await.unwrap();
    // Later transactions commit and are looked at before.
    exchange.register("bob@example.com").await.unwrap();
    feed.look(&exchange.db).await.unwrap();
    assert!(feed.judge(token.clone()).is_ok());
    tx.commit().await.unwrap();
    feed.look(&exchange.db).await.unwrap();

    assert!(matches!(feed.judge(token), Err(IdentityError::Suspended)));
    exchange.close().await;
}

#[tokio::test]
async fn after_a_suspension_old_tokens_stay_worthless_and_new_ones_are_good() {
    let exchange = Exchange::open().await;
    let admin = exchange.register("admin@example.com").await.unwrap();
    let user = exchange.register("ada@example.com").await.unwrap();
    let feed = AccessFeed::default();
    let old = claims(&user, Uuid::now_v7());

    let mut tx = exchange.admin_db.begin().await.unwrap();
    user::suspend(&mut tx, admin.id, user.id, "chargebacks").await.unwrap();
    let user = user::reactivate(&mut tx, user.id, "a mistake").await.unwrap();
    tx.commit().await.unwrap();
    feed.look(&exchange.db).await.unwrap();

    assert!(matches!(feed.judge(old), Err(IdentityError::InvalidToken)));
    assert!(feed.judge(claims(&user, Uuid::now_v7())).is_ok());
    exchange.close().await;
}

#[tokio::test]
async fn a_reinstated_user_works_at_once_also_where_only_the_suspension_was_seen() {
    let exchange = Exchange::open().await;
    let admin = exchange.register("admin@example.com").await.unwrap();
    let user = exchange.register("ada@example.com").await.unwrap();
    let feed = AccessFeed::default();
    let mut tx = exchange.admin_db.begin().await.unwrap();
    user::suspend(&mut tx, admin.id, user.id, "chargebacks").await.unwrap();
    tx.commit().await.unwrap();
    feed.look(&exchange.db).await.unwrap();
    let mut tx = exchange.admin_db.begin().await.unwrap();
    let user = user::reactivate(&mut tx, user.id, "a mistake").await.unwrap();
    tx.commit().await.unwrap();

    let fresh = claims(&user, Uuid::now_v7());

    // The feed has not looked since.
    assert!(feed.judge(fresh.clone()).is_ok());
    feed.look(&exchange.db).await.unwrap();
    assert!(feed.judge(fresh).is_ok());
    exchange.close().await;
}

#[tokio::test]
async fn new_roles_reach_tokens_already_out() {
    let exchange = Exchange::open().await;
    let admin = exchange.register("admin@example.com").await.unwrap();
    let user = exchange.register("ada@example.com").await.unwrap();
    let feed = AccessFeed::default();
    let token = claims(&user, Uuid::now_v7());

    let mut tx = exchange.admin_db.begin().await.unwrap();
    user::set_roles(&mut tx, admin.id, user.id, &[Role::Admin]).await.unwrap();
    tx.commit().await.unwrap();
    feed.look(&exchange.db).await.unwrap();

    assert!(feed.judge(token).unwrap().has(Role::Admin));
    exchange.close().await;
}

#[tokio::test]
async fn a_process_that_starts_later_knows_what_ended_before() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (session_id, token) = exchange.sign_in(&user).await;
    session::logout(&mut exchange.db.acquire().await.unwrap(), &token).await.unwrap();

    let feed = AccessFeed::default();
    assert_eq!(feed.age(), None);
    feed.look(&exchange.db).await.unwrap();

    assert!(feed.age().unwrap() < Duration::from_mins(1));
    assert!(feed.judge(claims(&user, session_id)).is_err());
    exchange.close().await;
}
