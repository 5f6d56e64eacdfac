//! Limits hold for attempts made at once, and nobody is locked out by one stranger.

use std::{net::IpAddr, time::Duration};

use futures::future::join_all;
use shared::identity::{
    IdentityError,
    throttle::{self, Attempt, AttemptLimit, KeyCheckKind},
    user::User,
};

use uuid::Uuid;

use super::{Exchange, HASH, email};

const LIMIT: AttemptLimit = AttemptLimit { attempts_max: 3, window: Duration::from_mins(15) };

impl Exchange {
    async fn attempt(&self, account: &str, address: &str) -> Result<Attempt, IdentityError> {
        let address: IpAddr = address.parse().unwrap();
        throttle::admit_login(&self.db, &email(account), address, LIMIT).await
    }

    /// The counters, ascending.
    async fn counts(&self) -> Vec<i32> {
        sqlx::query_scalar("SELECT count FROM identity.throttle ORDER BY count")
            .fetch_all(&mut self.database.superuser().await)
            .await
            .unwrap()
    }

    async fn admitted(&self, account: &str, address: &str) -> bool {
        match self.attempt(account, address).await {
            Ok(_) => true,
            Err(IdentityError::TooManyAttempts { retry_after }) => {
                assert!(retry_after > Duration::ZERO && retry_after <= LIMIT.window);
                false
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn of_many_attempts_at_once_only_as_many_as_allowed_are_judged() {
    let exchange = Exchange::open().await;

    let attempts = (0..20).map(|_| exchange.admitted("ada@example.com", "192.0.2.1"));
    let admitted = join_all(attempts).await.into_iter().filter(|it| *it).count();

    assert_eq!(admitted, 3);
    exchange.close().await;
}

#[tokio::test]
async fn hammering_from_one_address_does_not_lock_the_owner_out_elsewhere() {
    let exchange = Exchange::open().await;
    for _ in 0..40 {
        exchange.admitted("ada@example.com", "192.0.2.1").await;
    }

    assert!(exchange.admitted("ada@example.com", "198.51.100.1").await);
    assert!(exchange.admitted("bob@example.com", "192.0.2.1").await);
    exchange.close().await;
}

#[tokio::test]
async fn many_addresses_on_one_account_meet_a_wider_limit() {
    let exchange = Exchange::open().await;

    let mut admitted = 0;
    for host in 1..=40 {
        let address = format!("192.0.2.{host}");
        admitted += usize::from(exchange.admitted("ada@example.com", &address).await);
    }

    assert_eq!(admitted, 30);
    exchange.close().await;
}

#[tokio::test]
async fn a_right_password_gives_its_count_back_and_a_window_ends() {
    let exchange = Exchange::open().await;
    let (account, address) = ("ada@example.com", "192.0.2.1");
    let user = exchange.register(account).await.unwrap();
    for _ in 0..10 {
        let attempt = exchange.attempt(account, address).await.unwrap();
        exchange.open_session(&user, HASH, address, &attempt).await.unwrap();
    }
    while exchange.admitted(account, address).await {}

    exchange.advance(LIMIT.window + Duration::from_secs(1)).await;

    assert!(exchange.admitted(account, address).await);
    exchange.close().await;
}

#[tokio::test]
async fn a_network_over_its_limit_counts_against_no_account_and_writes_nothing() {
    let exchange = Exchange::open().await;
    for account in 0..10 {
        for _ in 0..3 {
            assert!(exchange.admitted(&format!("u{account}@example.com"), "192.0.2.1").await);
        }
    }
    let before = exchange.counts().await;

    for _ in 0..5 {
        assert!(!exchange.admitted("fresh@example.com", "192.0.2.1").await);
    }

    assert_eq!(exchange.counts().await, before);
    exchange.close().await;
}

#[tokio::test]
async fn the_owner_signs_in_from_a_known_network_whatever_strangers_do_elsewhere() {
    let exchange = Exchange::open().await;
    let account = "ada@example.com";
    let user = exchange.register(account).await.unwrap();
    let (home, elsewhere) = ("2001:db8:1:1::7", "198.51.100.1");
    let opened = exchange.open_session(&user, HASH, home, &Attempt::default()).await.unwrap();
    for network in 0..10 {
        for _ in 0..10 {
            exchange.admitted(account, &format!("2001:db8:{network}:9::1")).await;
        }
    }

    assert!(!exchange.admitted(account, elsewhere).await, "the account alone is full");
    assert!(exchange.admitted(account, "2001:db8:1:1::8").await, "but not for home");
    let session_id = opened.session_id;
    throttle::admit_in_session(&exchange.db, session_id, LIMIT).await.unwrap();
    exchange.close().await;
}

#[tokio::test]
async fn one_session_cannot_try_passwords_for_ever() {
    let exchange = Exchange::open().await;
    let session_id = Uuid::now_v7();
    for _ in 0..3 {
        throttle::admit_in_session(&exchange.db, session_id, LIMIT).await.unwrap();
    }

    let refused = throttle::admit_in_session(&exchange.db, session_id, LIMIT).await;

    assert!(matches!(refused, Err(IdentityError::TooManyAttempts { .. })));
    exchange.close().await;
}

#[tokio::test]
async fn a_site_with_many_networks_meets_a_limit_of_its_own() {
    let exchange = Exchange::open().await;

    let mut admitted = 0;
    for attempt in 0..120 {
        let (account, network) = (attempt, attempt / 3);
        let account = format!("u{account}@example.com");
        admitted +=
            usize::from(exchange.admitted(&account, &format!("2001:db8:1:{network:x}::1")).await);
    }

    assert_eq!(admitted, 90);
    exchange.close().await;
}

#[tokio::test]
async fn registrations_are_counted_by_network_and_site() {
    let exchange = Exchange::open().await;
    let register = async |address: &str| {
        let address: IpAddr = address.parse().unwrap();
        throttle::admit_registration(&exchange.db, address, LIMIT).await.is_ok()
    };

    let mut admitted = 0;
    for network in 0..5 {
        for _ in 0..4 {
            admitted += usize::from(register(&format!("2001:db8:1:{network}::1")).await);
        }
    }

    assert_eq!(admitted, 9, "three from each network, nine from the site");
    assert!(register("192.0.2.1").await);
    exchange.close().await;
}

const KEYS: AttemptLimit = AttemptLimit { attempts_max: 4, window: Duration::from_hours(1) };

impl Exchange {
    /// Checks keys that their provider refuses, until no more is let through; answers how many were.
    async fn refused_keys(&self, kind: KeyCheckKind, user: &User, address: &str) -> usize {
        let address: IpAddr = address.parse().unwrap();
        for count in 0..100 {
            let check = throttle::admit_key_check(&self.db, kind, user.id, address, KEYS).await;
            match check {
                Ok(check) => check.count(&self.db).await.unwrap(),
                Err(IdentityError::TooManyAttempts { retry_after }) => {
                    assert!(retry_after > Duration::ZERO && retry_after <= KEYS.window);
                    return count;
                }
                Err(error) => panic!("{error}"),
            }
        }
        panic!("100 keys were refused");
    }
}

#[tokio::test]
async fn refused_keys_are_few_per_user_fewer_in_the_first_day_and_bounded_per_network() {
    let exchange = Exchange::open().await;
    let connect = KeyCheckKind::Connect;
    let old = exchange.register("old@example.com").await.unwrap();
    exchange
        .database
        .run("UPDATE identity.users SET created_at = created_at - interval '25 hours'")
        .await;
    let mut young = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        young.push(exchange.register(&format!("{name}@example.com")).await.unwrap());
    }

    assert_eq!(exchange.refused_keys(connect, &old, "192.0.2.1").await, 4);
    assert_eq!(exchange.refused_keys(connect, &young[0], "192.0.2.1").await, 2);
    assert_eq!(exchange.refused_keys(connect, &old, "192.0.2.2").await, 0, "wherever they are");
    assert_eq!(exchange.refused_keys(KeyCheckKind::Test, &old, "192.0.2.1").await, 4, "of its own");
    let of_network = exchange.refused_keys(connect, &young[1], "192.0.2.1").await
        + exchange.refused_keys(connect, &young[2], "192.0.2.1").await
        + exchange.refused_keys(connect, &young[3], "192.0.2.1").await;
    assert_eq!(of_network, 3 * 4 - 6, "what the first two left of the network's");
    assert_eq!(exchange.refused_keys(connect, &young[4], "192.0.2.9").await, 2, "elsewhere");

    exchange.advance(Duration::from_secs(3_601)).await;
    assert_eq!(exchange.refused_keys(connect, &young[0], "192.0.2.1").await, 2);
    exchange.close().await;
}

#[tokio::test]
async fn keys_that_are_accepted_do_not_count() {
    let exchange = Exchange::open().await;
    let user = exchange.register("ada@example.com").await.unwrap();
    let address: IpAddr = "192.0.2.1".parse().unwrap();

    for _ in 0..20 {
        let connect = KeyCheckKind::Connect;
        throttle::admit_key_check(&exchange.db, connect, user.id, address, KEYS).await.unwrap();
    }

    assert_eq!(exchange.counts().await, Vec::<i32>::new());
    exchange.close().await;
}
