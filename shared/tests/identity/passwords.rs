//! A password is changed once, by whoever knows the present one, and nobody slips in beside it.

use futures::future::join_all;
use secrecy::SecretString;
use shared::identity::{
    IdentityError,
    access::{AccessFeed, AccessTokens},
    session::{self, Verified},
    throttle::Attempt,
    user::User,
};
use uuid::Uuid;

use super::{Exchange, HASH};

impl Exchange {
    async fn change_password(
        &self,
        user: &User,
        session_id: Uuid,
        known: &str,
        new: &str,
    ) -> Result<(), IdentityError> {
        let verified = Verified::registered(user.clone(), known.to_owned());
        let mut tx = self.db.begin().await?;
        session::change_password(&mut tx, session_id, &verified, new, &Attempt::default()).await?;
        Ok(tx.commit().await?)
    }

    async fn stored_hash(&self, user: &User) -> String {
        sqlx::query_scalar("SELECT password_hash FROM identity.users WHERE id = $1")
            .bind(user.id)
            .fetch_one(&mut self.database.superuser().await)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_new_password_ends_every_other_session_and_every_access_token() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (own_id, own) = exchange.sign_in(&user).await;
    let (_, other) = exchange.sign_in(&user).await;
    let tokens = AccessTokens::new(&SecretString::from("a secret of thirty-two characters"));
    let claims = tokens.verify(&tokens.issue(&user, own_id, false)).unwrap();

    exchange.change_password(&user, own_id, HASH, "$argon2id$new").await.unwrap();

    assert!(exchange.is_dead(&other).await);
    exchange.renewed(&own).await;
    let feed = AccessFeed::default();
    feed.look(&exchange.db).await.unwrap();
    assert!(matches!(feed.judge(claims), Err(IdentityError::InvalidToken)));
    exchange.close().await;
}

#[tokio::test]
async fn of_two_changes_at_once_one_wins() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (one, _) = exchange.sign_in(&user).await;
    let (two, _) = exchange.sign_in(&user).await;

    let (same, other) = tokio::join!(
        exchange.change_password(&user, one, HASH, "$argon2id$one"),
        exchange.change_password(&user, one, HASH, "$argon2id$two"),
    );
    let lost = [same, other].into_iter().filter_map(Result::err).collect::<Vec<_>>();
    assert!(matches!(lost[..], [IdentityError::InvalidCredentials]), "{lost:?}");

    // A session that a change has ended changes nothing, whatever it knows.
    let stored = exchange.stored_hash(&user).await;
    let ended = exchange.change_password(&user, two, &stored, "$argon2id$three").await;
    assert!(matches!(ended, Err(IdentityError::InvalidToken)), "{ended:?}");
    assert_eq!(exchange.stored_hash(&user).await, stored);
    exchange.close().await;
}

#[tokio::test]
async fn no_sign_in_in_flight_survives_a_change() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let (own, _) = exchange.sign_in(&user).await;

    // Their passwords were right when they were checked, and they arrive around the change.
    let sign_ins = join_all((0..24).map(|_| async {
        exchange.open_session(&user, HASH, "192.0.2.9", &Attempt::default()).await
    }));
    let (changed, sign_ins) =
        tokio::join!(exchange.change_password(&user, own, HASH, "$argon2id$new"), sign_ins);
    changed.unwrap();

    for sign_in in sign_ins {
        match sign_in {
            Ok(opened) => assert!(exchange.is_dead(&opened.refresh_token).await),
            Err(error) => assert!(matches!(error, IdentityError::InvalidCredentials), "{error:?}"),
        }
    }
    let late = exchange.open_session(&user, HASH, "192.0.2.9", &Attempt::default()).await;
    assert!(matches!(late, Err(IdentityError::InvalidCredentials)));
    let living: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM identity.session WHERE ended_at IS NULL AND user_id = $1",
    )
    .bind(user.id)
    .fetch_one(&exchange.db)
    .await
    .unwrap();
    assert_eq!(living, 1, "the one that changed it");
    exchange.close().await;
}

#[tokio::test]
async fn a_suspended_user_gets_no_session_for_the_right_password() {
    let exchange = Exchange::open().await;
    let admin = exchange.register("admin@example.com").await.unwrap();
    let user = exchange.register("ada@example.com").await.unwrap();
    let mut tx = exchange.admin_db.begin().await.unwrap();
    shared::identity::user::suspend(&mut tx, admin.id, user.id, "chargebacks").await.unwrap();
    tx.commit().await.unwrap();

    let refused = exchange.open_session(&user, HASH, "192.0.2.9", &Attempt::default()).await;

    assert!(matches!(refused, Err(IdentityError::Suspended)));
    exchange.close().await;
}
