use std::sync::Arc;
use std::time::Duration;

use scheduler::{Deps, Lead};
use shared::leader;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::exchange::{Exchange, wait_until};

struct Scheduler {
    lead: Arc<Lead>,
    deps: Arc<Deps>,
    stop: CancellationToken,
    keeping: JoinHandle<()>,
}

impl Scheduler {
    async fn start(exchange: &Exchange) -> Self {
        let (lead, deps) = (Arc::new(Lead::new()), exchange.fresh_scheduler().await);
        let stop = CancellationToken::new();
        let keeping = tokio::spawn({
            let (lead, deps, stop) = (Arc::clone(&lead), Arc::clone(&deps), stop.clone());
            async move { lead.keep(&deps, &stop).await }
        });
        Self { lead, deps, stop, keeping }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.keeping.await.unwrap();
        assert!(!self.lead.is_ours());
    }
}

async fn in_time<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("in time")
}

#[tokio::test]
async fn the_schedulers_role_may_take_renew_and_resign_the_lead() {
    let exchange = Exchange::open().await;
    let db = exchange.database.pool_as(shared::db::Role::Scheduler).await;
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let lease = Duration::from_secs(10);

    assert!(leader::lead(&db, one, lease).await.unwrap());
    assert!(leader::lead(&db, one, lease).await.unwrap());
    assert!(!leader::lead(&db, other, lease).await.unwrap());
    leader::resign(&db, other).await.unwrap();
    assert!(!leader::lead(&db, other, lease).await.unwrap());
    leader::resign(&db, one).await.unwrap();
    assert!(leader::lead(&db, other, lease).await.unwrap());

    db.close().await;
    exchange.close().await;
}

#[tokio::test]
async fn one_of_two_leads_and_the_other_follows_when_it_resigns() {
    let exchange = Exchange::open().await;
    let first = Scheduler::start(&exchange).await;
    in_time(first.lead.ours()).await;
    let second = Scheduler::start(&exchange).await;
    wait_until("the second was answered", async || second.deps.watch.has_answer()).await;

    assert!(first.lead.is_ours() && !second.lead.is_ours());
    let began = std::time::Instant::now();
    first.stop().await;

    in_time(second.lead.ours()).await;
    assert!(began.elapsed() < Duration::from_secs(8), "it did not wait for the lease to run out");
    second.stop().await;
    exchange.close().await;
}

#[tokio::test]
async fn a_leader_that_was_lost_is_followed_when_its_lease_runs_out() {
    let mut exchange = Exchange::open().await;
    exchange.sql("SELECT ops.lead(gen_random_uuid(), '10s')").await;
    let next = Scheduler::start(&exchange).await;
    wait_until("it was answered", async || next.deps.watch.has_answer()).await;
    assert!(!next.lead.is_ours());

    exchange.advance("11 seconds").await;

    in_time(next.lead.ours()).await;
    next.stop().await;
    exchange.close().await;
}

#[tokio::test]
async fn a_leader_that_is_followed_knows_it() {
    let mut exchange = Exchange::open().await;
    let old = Scheduler::start(&exchange).await;
    in_time(old.lead.ours()).await;

    exchange.advance("11 seconds").await;
    exchange.sql("SELECT ops.lead(gen_random_uuid(), '10 minutes')").await;

    wait_until("the old leader stands back", async || !old.lead.is_ours()).await;
    old.stop().await;
    let holder = exchange.text("SELECT until > aether.now() FROM ops.leader").await;
    assert_eq!(holder, "true", "resigning what one does not have changes nothing");
    exchange.close().await;
}
