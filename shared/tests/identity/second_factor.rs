//! A second factor is asked for from the moment it is confirmed, and each of its codes opens once.

use std::time::Duration;

use secrecy::SecretString;
use shared::{
    identity::{
        IdentityError,
        session::{self, Device, OpenedSession, RefreshToken, Verified},
        throttle::{self, Attempt, AttemptLimit},
        totp::{self, Factor},
        user::{self, NewAdmin, User},
    },
    pool::vault::{Keyring, MasterKeys},
};
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::{Exchange, HASH, LIFETIME, email};

const LIMIT: AttemptLimit = AttemptLimit { attempts_max: 10, window: Duration::from_mins(15) };
const STRANGE: &str = "203.0.113.9";

fn keyring() -> Keyring {
    Keyring::new(MasterKeys::parse("k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap())
}

/// An app that was shown the secret.
struct App(Totp);

impl App {
    fn new(secret: &str) -> Self {
        let secret = Secret::try_from_base32(secret).unwrap();
        Self(Builder::new().with_secret(secret).build().unwrap())
    }

    /// The code so many steps from the database's now.
    async fn code(&self, exchange: &Exchange, steps: i64) -> SecretString {
        let now: i64 = sqlx::query_scalar("SELECT extract(epoch FROM aether.now())::bigint")
            .fetch_one(&exchange.db)
            .await
            .unwrap();
        self.0.generate((now + 30 * steps).unsigned_abs()).to_string().into()
    }
}

/// Somebody with a second factor, and a session.
struct Enrolled {
    exchange: Exchange,
    keyring: Keyring,
    user: User,
    session: (Uuid, RefreshToken),
    app: App,
    recovery: Vec<SecretString>,
}

impl Enrolled {
    async fn new() -> Self {
        let exchange = Exchange::open().await;
        let user = exchange.register("ada@example.com").await.unwrap();
        Self::of(exchange, user).await
    }

    async fn of(exchange: Exchange, user: User) -> Self {
        let keyring = keyring();
        let session = exchange.sign_in(&user).await;
        let app = begin(&exchange, &keyring, &user, session.0).await;
        // Of the step before, so that the present one is still unused.
        let code = app.code(&exchange, -1).await;
        let recovery = confirm(&exchange, &keyring, (user.id, session.0), &code).await.unwrap();
        Self { exchange, keyring, user, session, app, recovery }
    }

    fn verified(&self) -> Verified {
        Verified::registered(self.user.clone(), HASH.to_owned())
    }

    async fn check(&self, code: Option<&SecretString>) -> Result<Factor, IdentityError> {
        self.check_from("192.0.2.1", code).await
    }

    async fn check_from(
        &self,
        address: &str,
        code: Option<&SecretString>,
    ) -> Result<Factor, IdentityError> {
        let device = Device::new(address.parse().unwrap(), None);
        let (verified, mut attempt) = (self.verified(), Attempt::default());
        let db = &self.exchange.db;
        totp::check_code(db, &self.keyring, &verified, code, &device, LIMIT, &mut attempt).await
    }

    async fn open(&self, factor: &Factor) -> Result<OpenedSession, IdentityError> {
        let device = Device::new("192.0.2.1".parse().unwrap(), None);
        let mut tx = self.exchange.db.begin().await?;
        let attempt = Attempt::default();
        let opened =
            session::open(&mut tx, &self.verified(), factor, &device, LIFETIME, &attempt).await?;
        tx.commit().await?;
        Ok(opened)
    }

    async fn sign_in(&self, code: &SecretString) -> Result<OpenedSession, IdentityError> {
        let factor = self.check(Some(code)).await?;
        self.open(&factor).await
    }

    async fn remove(&self, code: &SecretString) -> Result<(), IdentityError> {
        let attempt = Attempt::default();
        let mut tx = self.exchange.db.begin().await?;
        let (session_id, verified) = (self.session.0, self.verified());
        totp::remove(&mut tx, &self.keyring, session_id, &verified, code, &attempt).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn begin(exchange: &Exchange, keyring: &Keyring, user: &User, session_id: Uuid) -> App {
    let verified = Verified::registered(user.clone(), HASH.to_owned());
    let attempt = Attempt::default();
    let mut tx = exchange.db.begin().await.unwrap();
    let begun = totp::begin(&mut tx, keyring, session_id, &verified, &attempt).await.unwrap();
    tx.commit().await.unwrap();
    App::new(&begun.secret.expose())
}

async fn confirm(
    exchange: &Exchange,
    keyring: &Keyring,
    who: (Uuid, Uuid),
    code: &SecretString,
) -> Result<Vec<SecretString>, IdentityError> {
    let mut tx = exchange.db.begin().await?;
    let codes = totp::confirm(&mut tx, keyring, who, code, &Attempt::default()).await?;
    tx.commit().await?;
    Ok(codes.expose().into_iter().map(SecretString::from).collect())
}

fn refused<T>(answer: &Result<T, IdentityError>) -> bool {
    matches!(answer, Err(IdentityError::TotpInvalid))
}

#[tokio::test]
async fn a_code_opens_once_and_no_older_one_after_it() {
    let it = Enrolled::new().await;
    let (now, before) = (it.app.code(&it.exchange, 0).await, it.app.code(&it.exchange, -1).await);

    assert!(matches!(it.check(None).await, Err(IdentityError::TotpRequired)));
    assert!(it.sign_in(&now).await.unwrap().two_factor);

    assert!(refused(&it.sign_in(&now).await), "again");
    assert!(refused(&it.sign_in(&before).await), "of the step before");
    assert!(refused(&it.sign_in(&"000".into()).await));
    it.exchange.close().await;
}

#[tokio::test]
async fn of_two_who_use_one_code_at_once_one_gets_in() {
    let it = Enrolled::new().await;
    for code in [it.app.code(&it.exchange, 1).await, it.recovery[0].clone()] {
        let (one, two) = tokio::join!(it.check(Some(&code)), it.check(Some(&code)));
        let (one, two) = (one.unwrap(), two.unwrap());

        let (one, two) = tokio::join!(it.open(&one), it.open(&two));

        assert_eq!([&one, &two].iter().filter(|it| it.is_ok()).count(), 1);
        assert_eq!([&one, &two].iter().filter(|it| refused(it)).count(), 1);
    }
    it.exchange.close().await;
}

#[tokio::test]
async fn a_recovery_code_opens_once_and_new_ones_end_the_old() {
    let it = Enrolled::new().await;
    let shouted =
        SecretString::from(secrecy::ExposeSecret::expose_secret(&it.recovery[0]).to_uppercase());

    it.sign_in(&shouted).await.unwrap();
    assert!(refused(&it.sign_in(&it.recovery[0]).await));
    let mut conn = it.exchange.db.acquire().await.unwrap();
    assert_eq!(totp::status(&mut conn, it.user.id).await.unwrap().recovery_codes_left, 9);

    let (who, attempt) = ((it.user.id, it.session.0), Attempt::default());
    let new = totp::replace_recovery_codes(&mut conn, &it.keyring, who, &it.recovery[1], &attempt)
        .await
        .unwrap()
        .expose();
    assert!(refused(&it.sign_in(&it.recovery[2]).await), "one of the old");
    it.sign_in(&new[0].clone().into()).await.unwrap();
    drop(conn);
    it.exchange.close().await;
}

#[tokio::test]
async fn enrolling_ends_every_other_session_and_sign_ins_in_flight() {
    let (exchange, keyring) = (Exchange::open().await, keyring());
    let user = exchange.register("ada@example.com").await.unwrap();
    let (here, own_token) = exchange.sign_in(&user).await;
    let (_, elsewhere) = exchange.sign_in(&user).await;
    let app = begin(&exchange, &keyring, &user, here).await;
    let device = Device::new("192.0.2.1".parse().unwrap(), None);
    let verified = Verified::registered(user.clone(), HASH.to_owned());
    let mut attempt = Attempt::default();
    let in_flight =
        totp::check_code(&exchange.db, &keyring, &verified, None, &device, LIMIT, &mut attempt);
    let in_flight = in_flight.await.expect("an unconfirmed secret is not asked for");

    let wrong = confirm(&exchange, &keyring, (user.id, here), &"123 456".into()).await;
    assert!(refused(&wrong) || wrong.is_ok(), "one in a million is right");
    let code = app.code(&exchange, 0).await;
    confirm(&exchange, &keyring, (user.id, here), &code).await.unwrap();

    let mut tx = exchange.db.begin().await.unwrap();
    let late = session::open(&mut tx, &verified, &in_flight, &device, LIFETIME, &attempt).await;
    assert!(matches!(late, Err(IdentityError::TotpRequired)), "{late:?}");
    tx.rollback().await.unwrap();
    assert!(exchange.is_dead(&elsewhere).await);
    exchange.renewed(&own_token).await;
    let now = user::store::find(&mut exchange.db.acquire().await.unwrap(), user.id).await.unwrap();
    assert!(now.unwrap().token_version > user.token_version, "access tokens of before end");
    let again = confirm(&exchange, &keyring, (user.id, here), &code).await;
    assert!(matches!(again, Err(IdentityError::TotpEnrolled)));
    exchange.close().await;
}

#[tokio::test]
async fn what_replaced_the_secret_meanwhile_is_not_confirmed_by_its_code() {
    let (exchange, keyring) = (Exchange::open().await, keyring());
    let user = exchange.register("ada@example.com").await.unwrap();
    let (here, _) = exchange.sign_in(&user).await;
    let first = begin(&exchange, &keyring, &user, here).await;
    let second = begin(&exchange, &keyring, &user, here).await;

    let code = first.code(&exchange, 0).await;
    assert!(refused(&confirm(&exchange, &keyring, (user.id, here), &code).await));
    let code = second.code(&exchange, 0).await;
    confirm(&exchange, &keyring, (user.id, here), &code).await.unwrap();
    exchange.close().await;
}

#[tokio::test]
async fn removing_takes_a_code_and_then_the_password_alone_opens() {
    let it = Enrolled::new().await;
    let code = it.app.code(&it.exchange, 0).await;
    let elsewhere = it.sign_in(&it.recovery[0]).await.unwrap().refresh_token;

    assert!(refused(&it.remove(&"000000 ".repeat(2).into()).await));
    it.remove(&code).await.unwrap();
    assert!(matches!(it.remove(&code).await, Err(IdentityError::TotpNotEnrolled)));

    assert_eq!(it.check(None).await.unwrap(), Factor::default());
    assert!(!it.open(&Factor::default()).await.unwrap().two_factor);
    assert!(it.exchange.is_dead(&elsewhere).await);
    it.exchange.renewed(&it.session.1).await;
    it.exchange.close().await;
}

#[tokio::test]
async fn a_reset_ends_factor_and_sessions_and_a_promoted_strangers_factor_ends_too() {
    let it = Enrolled::new().await;
    let mut conn = it.exchange.admin_db.acquire().await.unwrap();
    totp::reset(&mut conn, it.user.id).await.unwrap();
    assert!(it.exchange.is_dead(&it.session.1).await);
    assert_eq!(it.check(None).await.unwrap(), Factor::default());
    let twice = totp::reset(&mut conn, it.user.id).await;
    assert!(matches!(twice, Err(IdentityError::TotpNotEnrolled)));
    drop(conn);
    it.exchange.close().await;

    let it = Enrolled::new().await;
    let promote = || NewAdmin {
        email: email("ada@example.com"),
        password_hash: HASH.to_owned(),
        display_name: "Ada".to_owned(),
    };
    let mut superuser = it.exchange.database.superuser().await;
    user::create_admin(&mut superuser, promote(), true).await.unwrap();
    assert_eq!(it.check(None).await.unwrap(), Factor::default(), "a stranger's is gone");

    let (session, _) = it.exchange.sign_in(&it.user).await;
    let app = begin(&it.exchange, &it.keyring, &it.user, session).await;
    let code = app.code(&it.exchange, 0).await;
    confirm(&it.exchange, &it.keyring, (it.user.id, session), &code).await.unwrap();
    user::create_admin(&mut superuser, promote(), true).await.unwrap();
    assert!(matches!(it.check(None).await, Err(IdentityError::TotpRequired)), "an admin's stays");
    drop(superuser);
    it.exchange.close().await;
}

#[tokio::test]
async fn who_knows_the_password_cannot_try_codes_for_ever_and_the_owner_still_gets_in() {
    let it = Enrolled::new().await;
    let wrong = SecretString::from("k7qm-2xwp-9d4h-tj30");
    for number in 0..100 {
        let from = format!("203.0.113.{}", number % 250);
        it.check_from(&from, Some(&wrong)).await.unwrap();
    }

    let tried = it.check_from(STRANGE, Some(&wrong)).await;
    assert!(matches!(tried, Err(IdentityError::TooManyAttempts { .. })), "{tried:?}");
    let code = it.app.code(&it.exchange, 0).await;
    it.sign_in(&code).await.expect("the network is one the owner signs in from");
    it.exchange.close().await;
}

#[tokio::test]
async fn a_network_that_knew_only_the_password_before_the_enrolment_is_a_strange_one() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    // Whoever has the password prepares their networks.
    let prepared: Vec<_> = (0..12).map(|it| format!("203.0.113.{it}")).collect();
    for network in &prepared {
        exchange.open_session(&user, HASH, network, &Attempt::default()).await.unwrap();
    }
    let it = Enrolled::of(exchange, user).await;
    let wrong = SecretString::from("k7qm-2xwp-9d4h-tj30");
    let mut admitted = 0;
    for number in 0..120 {
        let tried = it.check_from(&prepared[number % prepared.len()], Some(&wrong)).await;
        admitted += usize::from(tried.is_ok());
    }

    assert_eq!(admitted, 100);
    it.exchange.close().await;
}

#[tokio::test]
async fn a_master_key_that_secrets_need_and_nobody_loaded_is_named() {
    let it = Enrolled::new().await;
    let other = Keyring::new(
        MasterKeys::parse("new:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap(),
    );

    assert!(totp::missing_master_keys(&it.exchange.db, &it.keyring).await.unwrap().is_empty());
    assert_eq!(totp::missing_master_keys(&it.exchange.db, &other).await.unwrap(), ["k"]);
    it.exchange.close().await;
}

#[tokio::test]
async fn a_session_cannot_try_codes_for_ever_however_slowly() {
    let exchange = Exchange::open().await;
    let (session_id, mut admitted) = (Uuid::now_v7(), 0);
    let limit = AttemptLimit { window: Duration::from_millis(1), ..LIMIT };
    for _ in 0..120 {
        let tried = throttle::admit_in_session(&exchange.db, session_id, limit).await;
        admitted += usize::from(tried.is_ok());
    }

    assert_eq!(admitted, 100);
    exchange.close().await;
}

#[tokio::test]
async fn a_sign_in_with_a_code_of_a_second_factor_that_was_removed_meanwhile_opens_nothing() {
    let it = Enrolled::new().await;
    let code = it.app.code(&it.exchange, 0).await;
    let factor = it.check(Some(&code)).await.unwrap();
    let mut admin = it.exchange.database.superuser().await;
    totp::reset(&mut admin, it.user.id).await.unwrap();

    let device = Device::new("192.0.2.1".parse().unwrap(), None);
    let mut conn = it.exchange.db.acquire().await.unwrap();
    let (verified, attempt) = (it.verified(), Attempt::default());
    let opened = session::open(&mut conn, &verified, &factor, &device, LIFETIME, &attempt).await;
    assert!(matches!(opened, Err(IdentityError::TotpInvalid)), "{opened:?}");
    drop(conn);
    it.exchange.close().await;
}

#[tokio::test]
async fn being_asked_for_a_code_costs_no_attempt() {
    let it = Enrolled::new().await;
    let (address, device) = (STRANGE.parse().unwrap(), Device::new(STRANGE.parse().unwrap(), None));
    for _ in 0..25 {
        let mail = email("ada@example.com");
        let db = &it.exchange.db;
        let mut attempt = throttle::admit_login(db, &mail, address, LIMIT).await.unwrap();
        let verified = it.verified();
        let asked =
            totp::check_code(db, &it.keyring, &verified, None, &device, LIMIT, &mut attempt).await;
        assert!(matches!(asked, Err(IdentityError::TotpRequired)), "{asked:?}");
    }
    it.exchange.close().await;
}

#[tokio::test]
async fn a_secret_moved_to_another_user_does_not_open() {
    let it = Enrolled::new().await;
    let mallory = it.exchange.register("mallory@example.com").await.unwrap();
    sqlx::query(
        "INSERT INTO identity.totp (user_id, secret_ciphertext, data_key_wrapped, master_key_id, begun_at, confirmed_at)
         SELECT $1, secret_ciphertext, data_key_wrapped, master_key_id, begun_at, confirmed_at FROM identity.totp",
    )
    .bind(mallory.id)
    .execute(&mut it.exchange.database.superuser().await)
    .await
    .unwrap();
    let verified = Verified::registered(mallory, HASH.to_owned());
    let device = Device::new("192.0.2.1".parse().unwrap(), None);
    let code = it.app.code(&it.exchange, 0).await;
    let mut attempt = Attempt::default();
    let db = &it.exchange.db;

    let opened =
        totp::check_code(db, &it.keyring, &verified, Some(&code), &device, LIMIT, &mut attempt)
            .await;

    assert!(matches!(opened, Err(IdentityError::Vault(_))), "{opened:?}");
    it.exchange.close().await;
}
