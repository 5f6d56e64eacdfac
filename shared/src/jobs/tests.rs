//! Bells against a real Redis, each test under a namespace of its own.

use std::time::{Duration, Instant};

use redis::AsyncCommands;
use redis::aio::ConnectionManager;
use uuid::Uuid;

use super::queue::queue_name;
use super::*;

struct Exchange {
    conn: ConnectionManager,
    namespace: String,
    bells: Bells,
}

impl Exchange {
    async fn open() -> Self {
        let url = std::env::var("AETHERFLOW_TEST_REDIS_URL").expect(
            "AETHERFLOW_TEST_REDIS_URL names a Redis (`cargo xtask with-databases` sets it)",
        );
        let redis = redis::Client::open(url).unwrap();
        let namespace = format!("jobs-{}", Uuid::now_v7().simple());
        let conn = redis.get_connection_manager().await.unwrap();
        let bells = Bells::start(redis, &namespace);
        Self { conn, namespace, bells }
    }

    async fn depth(&mut self, kind: JobKind) -> u64 {
        queue_depth(&mut self.conn, &self.namespace, kind).await.unwrap()
    }

    async fn wait_for_depth(&mut self, kind: JobKind, wanted: u64) {
        let since = Instant::now();
        let mut look = tokio::time::interval(Duration::from_millis(5));
        while self.depth(kind).await != wanted {
            assert!(since.elapsed() < Duration::from_secs(20), "{kind:?} is not {wanted} deep");
            look.tick().await;
        }
    }

    /// Fills a queue with entries nobody takes.
    async fn fill(&mut self, kind: JobKind) {
        let key = format!("{}:scheduled", queue_name(&self.namespace, kind));
        let entries: Vec<_> = (0..QUEUE_DEPTH_MAX).map(|it| (it, it)).collect();
        let _: () = self.conn.zadd_multiple(key, &entries).await.unwrap();
    }
}

#[tokio::test]
async fn a_full_queue_drops_its_own_bells_and_no_others() {
    let mut exchange = Exchange::open().await;
    exchange.fill(JobKind::GenerateImage).await;

    // Pushed in the order of `JobKind::ALL`, all within the age of one sample.
    for kind in JobKind::ALL {
        exchange.bells.ring(*kind);
    }

    exchange.wait_for_depth(JobKind::SyncQuotas, 1).await;
    exchange.wait_for_depth(JobKind::ExpireCredits, 1).await;
    assert_eq!(exchange.depth(JobKind::GenerateImage).await, QUEUE_DEPTH_MAX);
}

#[tokio::test]
async fn an_empty_queue_does_not_let_a_full_one_grow() {
    let mut exchange = Exchange::open().await;
    exchange.fill(JobKind::SyncQuotas).await;
    exchange.bells.ring(JobKind::GenerateImage);
    exchange.wait_for_depth(JobKind::GenerateImage, 1).await;

    exchange.bells.ring(JobKind::SyncQuotas);
    // Pushed in the order of `JobKind::ALL`: when this one is there, the other was pushed or dropped.
    exchange.bells.ring(JobKind::ExpireCredits);
    exchange.wait_for_depth(JobKind::ExpireCredits, 1).await;

    assert_eq!(exchange.depth(JobKind::SyncQuotas).await, QUEUE_DEPTH_MAX);
}

/// So many that the scan passes long stretches of what it has emptied.
#[tokio::test]
async fn a_cleared_queue_leaves_no_detail_of_any_entry_behind() {
    const ENTRIES: usize = 20_000;
    let mut exchange = Exchange::open().await;
    let (kind, namespace) = (JobKind::SyncQuotas, exchange.namespace.clone());
    let queue = queue_name(&namespace, kind);
    let detail = |id: usize| format!("{queue}:meta:{id}");
    let mut filling = redis::pipe();
    for id in 0..ENTRIES {
        filling.hset(format!("{queue}:data"), id, "{}").ignore();
        filling.hset(detail(id), "attempts", 0).ignore();
    }
    let () = filling.query_async(&mut exchange.conn).await.unwrap();

    clear_queue(&mut exchange.conn, &namespace, kind).await.unwrap();

    let left: Vec<String> = (0..ENTRIES).map(detail).collect();
    let left: usize = exchange.conn.exists(left).await.unwrap();
    assert_eq!(left, 0);
    let data: bool = exchange.conn.exists(format!("{queue}:data")).await.unwrap();
    assert!(!data);
}

#[test]
fn an_entry_of_an_earlier_version_is_a_bell_too() {
    let entry = r#"{"task_id":"01938f3c-5d2e-7c1a-9b1e-0f6f7b1c2d3f"}"#;

    assert!(serde_json::from_str::<Bell>(entry).is_ok());
}
