//! What a worker does about queues in Redis that hold what no version of ours wrote.

use std::time::Duration;

use devkit::deadline::until_true;
use devkit::server::redis::url_as;
use redis::AsyncCommands;
use redis::aio::MultiplexedConnection;
use shared::jobs::{Bells, JobKind};
use url::Url;
use uuid::Uuid;

use crate::exchange::{Exchange, wait_until};

/// Far less than the minute after which the handler looks by itself.
const SOON: Duration = Duration::from_secs(20);
/// The kind whose handler looks by itself most seldom.
const KIND: JobKind = JobKind::ExpireCredits;
const ID: &str = "01J0000000000000000000000A";

/// The worker heals queues with the rights it has.
fn as_worker(url: &str) -> String {
    url_as(url, "aether_worker")
}

/// A worker's queue, written into by hand.
struct Queue {
    conn: MultiplexedConnection,
    namespace: String,
    bells: Bells,
}

impl Queue {
    async fn open(url: &str) -> Self {
        let redis = redis::Client::open(url).unwrap();
        let namespace = format!("queues-{}", Uuid::now_v7().simple());
        let conn = redis.get_multiplexed_async_connection().await.unwrap();
        Self { conn, bells: Bells::start(redis, &namespace), namespace }
    }

    fn key(&self, part: &str) -> String {
        format!("{}:jobs:{}:{part}", self.namespace, KIND.as_str())
    }

    /// An entry as apalis would keep it.
    async fn put(&mut self, content: &str) {
        let (data, active) = (self.key("data"), self.key("active"));
        self.put_meta().await;
        let _: () = self.conn.hset(data, ID, content).await.unwrap();
        let _: () = self.conn.rpush(active, ID).await.unwrap();
    }

    async fn put_meta(&mut self) {
        let fields = [("attempts", "0"), ("max_attempts", "25"), ("status", "Pending")];
        let _: () =
            self.conn.hset_multiple(self.key(&format!("meta:{ID}")), &fields).await.unwrap();
    }

    async fn break_key(&mut self, part: &str) {
        let key = self.key(part);
        let _: () = self.conn.set(key, "garbage").await.unwrap();
    }

    /// The worker is registered, and what was put in is gone.
    async fn is_healed(&mut self) -> bool {
        let sizes: redis::RedisResult<(u64, u64, u64, u64)> = redis::pipe()
            .zcard(self.key("workers"))
            .hlen(self.key("data"))
            .llen(self.key("active"))
            .zcard(self.key("scheduled"))
            .query_async(&mut self.conn)
            .await;
        let set: redis::RedisResult<u64> = self.conn.scard(self.key("done")).await;
        sizes == Ok((1, 0, 0, 0)) && set == Ok(0)
    }
}

/// Something for the handler of the kind to find, an hour later than what was before.
async fn let_a_grant_expire(exchange: &mut Exchange) {
    exchange
        .sql(
            "SELECT ledger.issue_grant(gen_random_uuid(), ledger.open_wallet(u('c2')), 'promotion', NULL, 2,
                                       0::smallint, aether.now() + interval '1 hour');
             UPDATE public.shift SET by = by + interval '2 hours'",
        )
        .await;
}

async fn is_swept(exchange: &mut Exchange) -> bool {
    exchange
        .text("SELECT NOT EXISTS (SELECT FROM ledger.wallet WHERE next_expiry <= aether.now())")
        .await
        == "true"
}

type Damage = (&'static str, for<'q> fn(&'q mut Queue) -> futures::future::BoxFuture<'q, ()>);

const DAMAGES: &[Damage] = &[
    ("an entry that is not JSON", |it| Box::pin(it.put("\u{1}not JSON"))),
    ("an entry that is JSON of another shape", |it| Box::pin(it.put("[1, \"two\"]"))),
    ("an entry without data", |it| {
        Box::pin(async {
            it.put_meta().await;
            let active = it.key("active");
            let _: () = it.conn.rpush(active, ID).await.unwrap();
        })
    }),
    ("an entry whose id is no id", |it| {
        Box::pin(async {
            let active = it.key("active");
            let _: () = it.conn.rpush(active, "\u{0}").await.unwrap();
        })
    }),
    ("an entry whose details are of another type", |it| {
        Box::pin(async {
            it.break_key(&format!("meta:{ID}")).await;
            let active = it.key("active");
            let _: () = it.conn.rpush(active, ID).await.unwrap();
        })
    }),
    ("more due entries than a script can take", |it| {
        Box::pin(async {
            let entries: Vec<_> = (0..8_100).map(|it| (1, it)).collect();
            let key = it.key("scheduled");
            let _: () = it.conn.zadd_multiple(key, &entries).await.unwrap();
        })
    }),
    ("a thousand entries that are never due", |it| {
        Box::pin(async {
            let entries: Vec<_> = (0..1_000).map(|it| (i64::MAX / 2, it)).collect();
            let key = it.key("scheduled");
            let _: () = it.conn.zadd_multiple(key, &entries).await.unwrap();
        })
    }),
    ("a string for the active entries", |it| Box::pin(it.break_key("active"))),
    ("a string for the data", |it| Box::pin(it.break_key("data"))),
    ("a string for the due times", |it| Box::pin(it.break_key("scheduled"))),
    ("a string for the finished", |it| Box::pin(it.break_key("done"))),
    ("a string for the workers", |it| Box::pin(it.break_key("workers"))),
];

#[tokio::test]
async fn bells_are_heard_again_whatever_was_put_into_their_queue() {
    let mut exchange = Exchange::open().await;
    let url = devkit::environment::redis_url();
    let mut queue = Queue::open(&url).await;
    let worker = exchange.worker_with(&as_worker(&url), &queue.namespace, |_| {});
    until_true("the worker reads", SOON, async || queue.is_healed().await).await;

    for (damage, inflict) in DAMAGES {
        inflict(&mut queue).await;
        until_true(damage, SOON, async || queue.is_healed().await).await;

        let_a_grant_expire(&mut exchange).await;
        queue.bells.ring(KIND);
        until_true(&format!("the bell after {damage}"), SOON, async || {
            is_swept(&mut exchange).await
        })
        .await;
    }

    worker.stopped().await;
    let left: u64 = queue.conn.zcard(queue.key("workers")).await.unwrap();
    assert_eq!(left, 0, "a worker that stops is not waited for");
    exchange.close().await;
}

#[tokio::test]
async fn a_broken_queue_takes_nothing_from_the_bells_of_other_kinds() {
    let mut exchange = Exchange::open().await;
    let url = devkit::environment::redis_url();
    let mut queue = Queue::open(&url).await;
    let worker = exchange.worker_with(&as_worker(&url), &queue.namespace, |_| {});
    until_true("the worker reads", SOON, async || queue.is_healed().await).await;
    let other = format!("{}:jobs:generate-image:scheduled", queue.namespace);
    let _: () = queue.conn.set(&other, "garbage").await.unwrap();

    let_a_grant_expire(&mut exchange).await;
    // In one push, the broken queue first.
    queue.bells.ring(JobKind::GenerateImage);
    queue.bells.ring(KIND);

    until_true("the bell of this kind", SOON, async || is_swept(&mut exchange).await).await;
    let healed = async || queue.conn.key_type(&other).await != Ok(redis::ValueType::String);
    until_true("the other queue is healed", SOON, healed).await;
    worker.stopped().await;
    exchange.close().await;
}

/// In a database of its own, because the whole of it is spoiled, the list of all queues too.
#[tokio::test]
async fn with_garbage_for_every_key_in_redis_tasks_are_made_and_bells_are_heard_again() {
    let mut exchange = Exchange::open().await;
    let mut url = Url::parse(&devkit::environment::redis_url()).unwrap();
    url.set_path("/201");
    let mut queue = Queue::open(url.as_str()).await;
    let worker = exchange.worker_with(&as_worker(url.as_str()), &queue.namespace, |_| {});
    until_true("the worker reads", SOON, async || queue.is_healed().await).await;

    for task in ["11", "12", "13"] {
        let keys: Vec<String> = queue.conn.keys("*").await.unwrap();
        assert!(keys.contains(&"core:apalis:queues:list".to_owned()), "{keys:?}");
        for key in keys {
            let _: () = queue.conn.set(key, "garbage").await.unwrap();
        }
        exchange.sql(&format!("SELECT submit('{task}')")).await;
        queue.bells.ring(JobKind::GenerateImage);
        exchange.wait_for_task(task, "completed").await;
        until_true("the queue is healed", SOON, async || queue.is_healed().await).await;
    }

    let_a_grant_expire(&mut exchange).await;
    queue.bells.ring(KIND);
    until_true("the bell", SOON, async || is_swept(&mut exchange).await).await;
    wait_until("calls are settled", async || exchange.attempts("13").await == "delivered").await;
    worker.stopped().await;
    assert_eq!(exchange.calls("e1").await + exchange.calls("e2").await, 3);
    exchange.close().await;
}
