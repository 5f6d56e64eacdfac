use devkit::environment::{redis_url, redis_url_as};
use uuid::Uuid;

use crate::harness::ctl;

#[tokio::test]
async fn every_bell_is_heard_to_ring() {
    let url = redis_url_as("aether_ctl");
    let namespace = format!("ctl-test-{}", Uuid::now_v7().simple());
    let environment =
        [("REDIS_URL", url.as_str()), ("AETHERFLOW_REDIS_NAMESPACE", namespace.as_str())];

    let answer = ctl(&environment, &["requeue"], "");

    assert_eq!(answer.code, 0, "{answer:?}");
    assert_eq!(answer.stdout, "generate-image: rung\nsync-quotas: rung\nexpire-credits: rung\n");
    forget(&redis_url(), &namespace).await;
}

#[test]
fn a_redis_that_is_away_is_told_without_the_password() {
    let environment = [("REDIS_URL", "redis://:hunter2@127.0.0.1:1")];

    let answer = ctl(&environment, &["requeue"], "");

    assert_eq!(answer.code, 2);
    assert!(answer.stderr.contains("Redis cannot be reached"), "{answer:?}");
    assert!(!answer.stderr.contains("hunter2"), "{answer:?}");
}

/// Leaves nothing of this test's namespace behind.
async fn forget(url: &str, namespace: &str) {
    let client = redis::Client::open(url).unwrap();
    let mut conn = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("{namespace}:*")).query_async(&mut conn).await.unwrap();
    for key in keys {
        let () = redis::cmd("DEL").arg(key).query_async(&mut conn).await.unwrap();
    }
}
