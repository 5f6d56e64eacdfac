//! A refresh token is good once, its twin is forgiven for seconds, its thief ends the session.

use std::time::Duration;

use shared::identity::{
    IdentityError,
    session::{self, RefreshToken, Refreshed},
    user::User,
};
use uuid::Uuid;

use super::Exchange;

impl Exchange {
    async fn sign_in(&self, user: &User) -> (Uuid, RefreshToken) {
        let mut tx = self.db.begin().await.unwrap();
        let opened = session::open(&mut tx, user.clone()).await.unwrap();
        tx.commit().await.unwrap();
        (opened.session_id, opened.refresh_token)
    }

    /// The next token; `None` if reuse ended the session.
    async fn refresh(&self, token: &RefreshToken) -> Result<Option<RefreshToken>, IdentityError> {
        let mut tx = self.db.begin().await?;
        let refreshed = session::refresh(&mut tx, token).await?;
        tx.commit().await?;
        Ok(match refreshed {
            Refreshed::Renewed(opened) => Some(opened.refresh_token),
            Refreshed::Reused => None,
        })
    }

    async fn is_dead(&self, token: &RefreshToken) -> bool {
        matches!(self.refresh(token).await, Err(IdentityError::InvalidToken))
    }
}

#[tokio::test]
async fn a_token_yields_its_child_and_within_ten_seconds_a_sibling() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (_, first) = exchange.sign_in(&user).await;

    let child = exchange.refresh(&first).await.unwrap().unwrap();
    let sibling = exchange.refresh(&first).await.unwrap().unwrap();

    assert_ne!(child, sibling);
    assert!(exchange.refresh(&child).await.unwrap().is_some());
    assert!(exchange.refresh(&sibling).await.unwrap().is_some());
    exchange.close().await;
}

#[tokio::test]
async fn two_refreshes_at_once_both_live_on() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (_, first) = exchange.sign_in(&user).await;

    let (one, two) = tokio::join!(exchange.refresh(&first), exchange.refresh(&first));

    for child in [one.unwrap().unwrap(), two.unwrap().unwrap()] {
        assert!(exchange.refresh(&child).await.unwrap().is_some());
    }
    exchange.close().await;
}

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
async fn a_new_password_ends_every_other_session() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (own_id, own) = exchange.sign_in(&user).await;
    let (_, other) = exchange.sign_in(&user).await;

    let mut tx = exchange.db.begin().await.unwrap();
    session::change_password(&mut tx, user.id, own_id, "$argon2id$new").await.unwrap();
    tx.commit().await.unwrap();

    assert!(exchange.refresh(&own).await.unwrap().is_some());
    assert!(exchange.is_dead(&other).await);
    exchange.close().await;
}
