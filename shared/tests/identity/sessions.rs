//! A refresh token is good once, its thief ends the session, and everybody sees where they are signed in.

use std::time::Duration;

use shared::identity::{
    IdentityError,
    session::{self, RefreshToken},
};

use super::{Exchange, LIFETIME};

#[tokio::test]
async fn a_token_used_again_later_ends_every_token_of_its_session_and_no_other() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (_, first) = exchange.sign_in(&user).await;
    let (_, elsewhere) = exchange.sign_in(&user).await;
    let child = exchange.refresh(&first).await.unwrap().unwrap();
    exchange.advance(Duration::from_secs(11)).await;

    assert!(exchange.refresh(&first).await.unwrap().is_none(), "reuse is told");

    assert!(exchange.is_dead(&child).await);
    assert!(exchange.is_dead(&first).await);
    assert!(exchange.refresh(&elsewhere).await.unwrap().is_some());
    exchange.close().await;
}

#[tokio::test]
async fn a_sibling_does_not_prolong_the_time_of_its_parent() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (_, first) = exchange.sign_in(&user).await;
    exchange.refresh(&first).await.unwrap().unwrap();
    exchange.advance(Duration::from_secs(6)).await;
    exchange.refresh(&first).await.unwrap().unwrap();
    exchange.advance(Duration::from_secs(12)).await;

    assert!(exchange.refresh(&first).await.unwrap().is_none());
    exchange.close().await;
}

#[tokio::test]
async fn an_unused_token_expires_after_thirty_days() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (_, first) = exchange.sign_in(&user).await;
    exchange.advance(Duration::from_hours(24 * 30 + 1)).await;

    assert!(exchange.is_dead(&first).await);
    exchange.close().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_twice_is_no_error() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (_, first) = exchange.sign_in(&user).await;
    let child = exchange.refresh(&first).await.unwrap().unwrap();

    for token in [&first, &first, &RefreshToken::generate()] {
        let mut tx = exchange.db.begin().await.unwrap();
        session::logout(&mut tx, token).await.unwrap();
        tx.commit().await.unwrap();
    }

    assert!(exchange.is_dead(&child).await);
    exchange.close().await;
}

#[tokio::test]
async fn a_session_ends_after_its_lifetime_however_often_it_is_refreshed() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (_, mut token) = exchange.sign_in(&user).await;
    let days = |count: u64| Duration::from_hours(24 * count);

    for day in [29, 58, 87] {
        exchange.advance(days(day)).await;
        token = exchange.renewed(&token).await;
    }

    exchange.advance(LIFETIME + Duration::from_secs(1)).await;
    assert!(exchange.is_dead(&token).await);
    exchange.close().await;
}

#[tokio::test]
async fn living_sessions_are_listed_with_where_they_were_last_used() {
    let exchange = Exchange::open().await;
    let ada = exchange.register("ada@example.com").await.unwrap();
    let bob = exchange.register("bob@example.com").await.unwrap();
    let (first, token) = exchange.sign_in(&ada).await;
    let (second, _) = exchange.sign_in(&ada).await;
    let (ended, ended_token) = exchange.sign_in(&ada).await;
    exchange.sign_in(&bob).await;
    let mut conn = exchange.db.acquire().await.unwrap();
    session::logout(&mut conn, &ended_token).await.unwrap();

    exchange.renewed(&token).await;

    let listed = session::list_sessions(&mut conn, ada.id, None, 10).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|it| it.id).collect();
    assert_eq!(ids, [second, first], "newest first, without {ended}");
    let where_from = |at: usize| (listed[at].address.as_deref(), listed[at].agent.as_deref());
    assert_eq!(where_from(0), (Some("192.0.2.1"), Some("a browser")));
    assert_eq!(where_from(1), (Some("192.0.2.2"), None));
    assert!(listed[1].last_used_at > listed[0].last_used_at);
    let rest = session::list_sessions(&mut conn, ada.id, Some(second), 10).await.unwrap();
    assert_eq!(rest.len(), 1);
    drop(conn);
    exchange.advance(Duration::from_hours(24 * 31)).await;
    let mut conn = exchange.db.acquire().await.unwrap();
    assert!(session::list_sessions(&mut conn, ada.id, None, 10).await.unwrap().is_empty());
    drop(conn);
    exchange.close().await;
}

#[tokio::test]
async fn one_session_is_ended_by_its_user_only_and_once() {
    let exchange = Exchange::open().await;
    let ada = exchange.register("ada@example.com").await.unwrap();
    let bob = exchange.register("bob@example.com").await.unwrap();
    let (id, token) = exchange.sign_in(&ada).await;
    let (_, other) = exchange.sign_in(&ada).await;
    let mut conn = exchange.db.acquire().await.unwrap();

    let stolen = session::end_session(&mut conn, bob.id, id).await;
    assert!(matches!(stolen, Err(IdentityError::SessionNotFound)));
    session::end_session(&mut conn, ada.id, id).await.unwrap();
    let twice = session::end_session(&mut conn, ada.id, id).await;
    assert!(matches!(twice, Err(IdentityError::SessionNotFound)));

    assert!(exchange.is_dead(&token).await);
    exchange.renewed(&other).await;
    drop(conn);
    exchange.close().await;
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_of_theirs() {
    let exchange = Exchange::open().await;
    let ada = exchange.register("ada@example.com").await.unwrap();
    let bob = exchange.register("bob@example.com").await.unwrap();
    let (_, here) = exchange.sign_in(&ada).await;
    let (_, there) = exchange.sign_in(&ada).await;
    let (_, not_hers) = exchange.sign_in(&bob).await;

    let mut tx = exchange.db.begin().await.unwrap();
    session::logout_everywhere(&mut tx, ada.id).await.unwrap();
    tx.commit().await.unwrap();

    assert!(exchange.is_dead(&here).await);
    assert!(exchange.is_dead(&there).await);
    exchange.renewed(&not_hers).await;
    exchange.close().await;
}
