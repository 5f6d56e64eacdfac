//! Limits hold for attempts made at once, and nobody is locked out by one stranger.

use std::{net::IpAddr, time::Duration};

use futures::future::join_all;
use shared::identity::{
    IdentityError,
    throttle::{self, AttemptLimit},
};

use super::{Exchange, email};

const LIMIT: AttemptLimit = AttemptLimit { attempts_max: 3, window: Duration::from_mins(15) };

impl Exchange {
    async fn admitted(&self, account: &str, address: &str) -> bool {
        let address: IpAddr = address.parse().unwrap();
        match throttle::admit_login(&self.db, &email(account), address, LIMIT).await {
            Ok(()) => true,
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
    for _ in 0..10 {
        assert!(exchange.admitted(account, address).await);
        let mut tx = exchange.db.begin().await.unwrap();
        let from = address.parse().unwrap();
        throttle::forgive_login(&mut tx, &email(account), from).await.unwrap();
        tx.commit().await.unwrap();
    }
    while exchange.admitted(account, address).await {}

    exchange.advance(LIMIT.window + Duration::from_secs(1)).await;

    assert!(exchange.admitted(account, address).await);
    exchange.close().await;
}
