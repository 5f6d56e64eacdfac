//! Redis is emptied, restarted, frozen and down for long. It is a doorbell: no call is cut, nothing is
//! bought twice, and no submit waits for it.

use std::time::{Duration, Instant};

use devkit::deadline;
use futures::future::join_all;
use nix::sys::signal::Signal;
use serde_json::json;
use tests::client::{Task, User};
use tests::simulator::ProviderKey;
use tests::stack::{PRICE, Scene, Stack, core};
use tokio::time::{Interval, MissedTickBehavior};

use crate::evidence;
use crate::load;

const CALLS: u8 = 16;
/// Less than the two seconds for which Redis is waited for: a submit that waited for it was slower.
const SUBMITTED_WITHIN: Duration = Duration::from_secs(1);
const SUBMIT: &str = "/api/generate/text-to-image";

struct Row<'a> {
    stack: &'a Stack,
    scene: &'a Scene,
    keys: Vec<&'a ProviderKey>,
}

impl Row<'_> {
    async fn calls(&self) -> u64 {
        evidence::bought(&self.keys).await.0
    }

    /// Sixteen calls under way.
    async fn sixteen_out(&self, about: &str) -> Vec<Task> {
        for key in &self.keys {
            key.set(json!({"latency_ms": 1_500})).await;
        }
        let tasks = load::submit(&self.scene.consumer, CALLS, about).await;
        deadline::until("16 calls are running", Duration::from_secs(20), async || {
            let mut out = 0;
            for key in &self.keys {
                out += key.books().await.in_flight;
            }
            (out == u32::from(CALLS)).then_some(())
        })
        .await;
        for key in &self.keys {
            key.set(json!({"latency_ms": 20})).await;
        }
        tasks
    }

    /// All services know Redis again.
    async fn well(&self) {
        deadline::until("everything is ready again", Duration::from_secs(30), async || {
            let api = self.stack.anonymous().get("/health/ready").await.json();
            let mut all = api["status"] == "ok";
            for name in ["worker-1", "worker-2", "scheduler-1"] {
                all &= self.stack.readiness(name).await.1["status"] == "ok";
            }
            all.then_some(())
        })
        .await;
    }
}

/// How long the api spent on each submit of these log lines, by its own span, sorted.
fn spans(stack: &Stack, from: usize) -> Vec<Duration> {
    let lines = evidence::log_lines(stack, "api-1", from);
    let submits = lines.iter().filter(|it| it["route"] == SUBMIT && it["status"] == 202);
    let mut spans: Vec<Duration> =
        submits.filter_map(|it| Some(Duration::from_micros(it["elapsed_us"].as_u64()?))).collect();
    spans.sort_unstable();
    spans
}

fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let last = sorted.len().checked_sub(1).expect("something was measured");
    sorted[(last * percent).div_ceil(100)]
}

fn log_length(stack: &Stack) -> usize {
    stack.log("api-1").len()
}

async fn emptied(row: &Row<'_>) {
    let client = redis::Client::open(row.stack.redis_url.clone()).unwrap();
    let mut conn = client.get_multiplexed_async_connection().await.unwrap();
    let tasks = row.sixteen_out("emptied").await;
    for _ in 0..3 {
        let () = redis::cmd("FLUSHALL").query_async(&mut conn).await.unwrap();
    }
    load::untouched(&row.scene.consumer, &tasks).await;
}

async fn restarted(row: &Row<'_>) {
    let tasks = row.sixteen_out("restarted").await;
    let mut redis = row.stack.redis().await;
    redis.stop().await;
    redis.resume().await;
    load::untouched(&row.scene.consumer, &tasks).await;
}

async fn frozen_three_seconds(row: &Row<'_>) {
    let tasks = row.sixteen_out("frozen").await;
    let from = log_length(row.stack);
    row.stack.redis().await.process().signal(Signal::SIGSTOP);
    let frozen = Instant::now();
    let mut submitted = Vec::new();
    let mut pace = pace(Duration::from_millis(100));
    while frozen.elapsed() < Duration::from_secs(3) {
        pace.tick().await;
        submitted.extend(load::submit(&row.scene.consumer, 2, "meanwhile").await);
    }
    let spans = spans(row.stack, from);
    row.stack.redis().await.process().signal(Signal::SIGCONT);
    assert!(spans.len() >= submitted.len(), "{} of {}", spans.len(), submitted.len());
    let slowest = percentile(&spans, 100);
    assert!(slowest < SUBMITTED_WITHIN, "a submit waited for a frozen Redis: {slowest:?}");
    load::untouched(&row.scene.consumer, &tasks).await;
    load::untouched(&row.scene.consumer, &submitted).await;
}

/// The pace of a load; one that is late goes on from there.
fn pace(period: Duration) -> Interval {
    let mut pace = tokio::time::interval(period);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

/// Clients that submit five times a second each, without waiting for images, for `longest`.
async fn clients(consumer: &User, count: usize, longest: Duration) -> Vec<Task> {
    let each = (0..count).map(|client| {
        let consumer = consumer.clone();
        async move {
            let (began, mut tasks) = (Instant::now(), Vec::new());
            let mut pace = pace(Duration::from_millis(200));
            while began.elapsed() < longest {
                pace.tick().await;
                tasks.push(
                    consumer.submit(&core(&format!("client {client}, {}", tasks.len()))).await,
                );
            }
            tasks
        }
    });
    join_all(each).await.into_iter().flatten().collect()
}

async fn absent_twenty_seconds(row: &Row<'_>) {
    let consumer = &row.scene.consumer;
    let from = log_length(row.stack);
    let there = clients(consumer, 4, Duration::from_secs(3)).await;
    load::untouched(consumer, &there).await;
    let with = spans(row.stack, from);

    row.stack.redis().await.stop().await;
    let from = log_length(row.stack);
    let gone = Instant::now();
    let degraded = async {
        deadline::until("readiness is degraded", Duration::from_secs(15), async || {
            let answer = row.stack.anonymous().get("/health/ready").await;
            (answer.status == 200 && answer.json()["status"] == "degraded").then_some(())
        })
        .await;
    };
    let (tasks, ()) = tokio::join!(clients(consumer, 4, Duration::from_secs(20)), degraded);
    for name in ["worker-1", "scheduler-1"] {
        let (status, health) = row.stack.readiness(name).await;
        assert_eq!((status, &health["status"]), (200, &json!("degraded")), "{name}: {health}");
    }
    let without = spans(row.stack, from);
    // They are made although no bell rings.
    load::untouched(consumer, &tasks).await;
    assert!(gone.elapsed() >= Duration::from_secs(20));
    row.stack.redis().await.resume().await;

    let p = |spans: &[Duration], percent| percentile(spans, percent).as_secs_f64() * 1e3;
    eprintln!(
        "submits with Redis: {}, p50 {:.1} ms, p99 {:.1} ms; 20 s without: {}, p50 {:.1} ms, p99 {:.1} ms, slowest {:.1} ms",
        with.len(),
        p(&with, 50),
        p(&with, 99),
        without.len(),
        p(&without, 50),
        p(&without, 99),
        p(&without, 100),
    );
    assert!(without.len() >= tasks.len() && without.len() > 100, "{} spans", without.len());
    assert!(percentile(&without, 100) < SUBMITTED_WITHIN, "a submit waited for an absent Redis");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_emptied_restarted_frozen_or_away_cuts_no_call_and_delays_no_submit() {
    let stack = Stack::builder().workers(2).own_redis().alone().start().await;
    let limits = json!({"concurrency_limit": 32});
    let scene = stack.scene_with(json!({}), &limits).await;
    let second = stack.host(&scene.owner, json!({}), PRICE, &limits).await;
    scene.admin.grant(&scene.consumer, "9000").await;
    stack.await_resources(&scene.consumer, 2).await;
    let row = Row { stack: &stack, scene: &scene, keys: vec![&scene.key, &second.key] };

    emptied(&row).await;
    assert_eq!(row.calls().await, 16, "FLUSHALL: no second purchase");
    restarted(&row).await;
    assert_eq!(row.calls().await, 32, "restart: no second purchase");
    row.well().await;
    frozen_three_seconds(&row).await;
    row.well().await;
    stack.check_books("a frozen Redis").await;
    absent_twenty_seconds(&row).await;
    row.well().await;
    // One call for each task there ever was.
    let tasks = evidence::count(&stack, "SELECT count(*) FROM generation.task").await;
    assert_eq!(row.calls().await, tasks);
    // And bells arrive again: twelve tasks one after the other in less than twelve ticks.
    let began = Instant::now();
    for number in 0..12 {
        let task = scene.consumer.generate(&core(&format!("after the outage, {number}"))).await;
        assert_eq!(task.status, "completed");
    }
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "nobody hears the bells: {:?}",
        began.elapsed()
    );
    stack.finish().await;
}
