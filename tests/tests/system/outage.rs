//! Redis is only a doorbell: emptied, gone or frozen, nothing is lost and nothing bought twice.

use std::time::{Duration, Instant};

use devkit::deadline;
use futures::future::join_all;
use nix::sys::signal::Signal;
use serde_json::json;
use tests::client::{Task, credits};
use tests::stack::{Stack, core};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_emptied_while_calls_are_out_cuts_and_repeats_none() {
    let stack = Stack::builder().workers(2).own_redis().start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 1_500}), &json!({"concurrency_limit": 16})).await;
    let client = redis::Client::open(stack.redis_url.clone()).unwrap();
    let mut conn = client.get_multiplexed_async_connection().await.unwrap();

    let tasks = join_all((0..16).map(|number| {
        let (consumer, body) = (scene.consumer.clone(), core(&format!("picture {number}")));
        async move { consumer.submit(&body).await }
    }))
    .await;
    scene.key.until_in_flight(16).await;
    for _ in 0..3 {
        let () = redis::cmd("FLUSHALL").query_async(&mut conn).await.unwrap();
    }
    let late = scene.consumer.submit(&core("rung into an empty Redis")).await;

    for task in tasks.iter().chain([&late]) {
        let task = scene.consumer.wait(task).await;
        assert_eq!(task.attempt_states(), ["delivered"], "{task:#?}");
    }
    assert_eq!(scene.key.books().await.calls, 17);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_tasks_are_submitted_made_and_waited_for() {
    let stack = Stack::builder().own_redis().start().await;
    let scene = stack.scene().await;

    stack.redis().await.stop().await;
    let degraded = deadline::until("ready says degraded", Duration::from_secs(10), async || {
        let health = stack.anonymous().get("/health/ready").await;
        (health.json()["status"] == "degraded").then_some(health)
    })
    .await;
    assert_eq!(degraded.status, 200);
    let began = Instant::now();
    let task = scene.consumer.submit(&core("nobody hears the bell")).await;
    let submitted = began.elapsed();
    let task = scene.consumer.wait(&task).await;
    let waited = began.elapsed();

    assert_eq!(task.status, "completed", "{task:#?}");
    assert!(submitted < Duration::from_secs(1), "a submit waited for Redis: {submitted:?}");
    // A tick of a second to find it, two seconds between two looks of a waiter.
    assert!(waited < Duration::from_secs(6), "{waited:?}");

    stack.redis().await.resume().await;
    deadline::until("everything is well again", Duration::from_secs(20), async || {
        let health = stack.anonymous().get("/health/ready").await.json();
        let worker = stack.readiness("worker-1").await.1;
        (health["status"] == "ok" && worker["status"] == "ok").then_some(())
    })
    .await;
    assert_eq!(scene.consumer.generate(&core("heard again")).await.status, "completed");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_redis_slows_no_submit() {
    let stack = Stack::builder().own_redis().start().await;
    let scene = stack.scene().await;

    stack.redis().await.process().signal(Signal::SIGSTOP);
    let mut slowest = Duration::ZERO;
    let mut tasks: Vec<Task> = Vec::new();
    for number in 0..20 {
        let began = Instant::now();
        tasks.push(scene.consumer.submit(&core(&format!("picture {number}"))).await);
        slowest = slowest.max(began.elapsed());
    }
    stack.redis().await.process().signal(Signal::SIGCONT);

    assert!(slowest < Duration::from_secs(1), "a submit waited for Redis: {slowest:?}");
    for task in &tasks {
        assert_eq!(scene.consumer.wait(task).await.status, "completed");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_client_is_answered_when_its_task_ends_and_not_at_the_next_look() {
    let stack = Stack::builder().apis(2).start().await;
    let scene = stack.scene_with(json!({"latency_ms": 700}), &json!({})).await;
    let there = scene.consumer.through(stack.api_url_of("api-2"));

    // A client learns of the end at whichever api it waits; if that were by the look every 2 s, the sum
    // would show it.
    let mut lateness = Vec::new();
    for number in 0..6 {
        let task = scene.consumer.submit(&core(&format!("picture {number}"))).await;
        let began = Instant::now();
        let task: Task =
            there.get(&format!("/api/generate/task/{}?wait=20", task.id)).await.expect_as(200);
        lateness.push(began.elapsed().saturating_sub(Duration::from_millis(700)));
        assert_eq!(task.status, "completed");
    }
    lateness.sort();
    assert!(lateness[2] < Duration::from_millis(400), "{lateness:?}");

    // A wait that ends before the task answers the task as it is.
    scene.key.set(json!({"latency_ms": 3_000})).await;
    let task = scene.consumer.submit(&core("a slow one")).await;
    let began = Instant::now();
    let early: Task =
        scene.consumer.get(&format!("/api/generate/task/{}?wait=1", task.id)).await.expect_as(200);
    assert!(!early.is_final());
    assert!((900..2_000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    assert_eq!(scene.consumer.wait(&task).await.credits_cost, Some(credits("1.5")));
    stack.finish().await;
}
