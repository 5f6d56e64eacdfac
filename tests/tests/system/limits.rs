//! By the provider's own count no key is ever used beyond a limit.

use std::time::{Duration, SystemTime};

use devkit::deadline;
use futures::future::join_all;
use serde_json::json;
use tests::client::{Task, User, credits};
use tests::stack::{Stack, core};

async fn submit(consumer: &User, count: usize, deadline_seconds: u32) -> Vec<Task> {
    join_all((0..count).map(|number| {
        let mut body = core(&format!("picture {number}"));
        body["deadline_seconds"] = json!(deadline_seconds);
        async move { consumer.submit(&body).await }
    }))
    .await
}

async fn completed(consumer: &User, tasks: &[Task]) -> usize {
    let mut count = 0;
    for task in tasks {
        count += usize::from(consumer.task(task).await.status == "completed");
    }
    count
}

async fn until_completed(consumer: &User, tasks: &[Task], count: usize) {
    let what = format!("{count} of {} are completed", tasks.len());
    deadline::until(&what, Duration::from_secs(30), async || {
        (completed(consumer, tasks).await == count).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_never_has_more_calls_out_than_its_owner_allows_even_while_they_change_it() {
    let stack = Stack::builder().workers(2).start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 150}), &json!({"concurrency_limit": 3})).await;

    let tasks = submit(&scene.consumer, 18, 300).await;
    until_completed(&scene.consumer, &tasks, 18).await;
    assert_eq!(scene.key.books().await.in_flight_max, 3);

    // Lowered while calls are out: nothing new starts until it fits.
    let tasks = submit(&scene.consumer, 12, 300).await;
    scene.owner.change(&scene.resource, &json!({"concurrency_limit": 1})).await;
    until_completed(&scene.consumer, &tasks, 12).await;
    scene.owner.change(&scene.resource, &json!({"concurrency_limit": 2})).await;
    until_completed(&scene.consumer, &submit(&scene.consumer, 6, 300).await, 6).await;
    assert_eq!(scene.key.books().await.in_flight_max, 3);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_has_its_units_and_the_next_day_has_them_again() {
    let stack = Stack::start().await;
    // A minute before midnight, so that the window closes while tasks wait.
    let today =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs() % 86_400;
    let to_late_evening = (86_400 + 86_340 - today) % 86_400;
    stack.move_clock(Duration::from_secs(to_late_evening)).await;
    let scene = stack.scene_with(json!({}), &json!({"daily_limit": "9"})).await;

    // Three images of 3 units; a fourth would be over.
    let tasks = submit(&scene.consumer, 5, 3_600).await;
    until_completed(&scene.consumer, &tasks, 3).await;
    stack.await_claim_round().await;
    let books = scene.key.books().await;
    assert_eq!((books.images, books.credits), (3, credits("9")));
    assert_eq!(scene.owner.resource(&scene.resource).await.units_today, credits("9"));

    stack.move_clock(Duration::from_secs(to_late_evening + 120)).await;
    until_completed(&scene.consumer, &tasks, 5).await;
    let resource = scene.owner.resource(&scene.resource).await;
    assert_eq!(resource.units_today, credits("6"));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_in_a_minute_are_counted_sliding() {
    let stack = Stack::start().await;
    let scene = stack.scene_with(json!({}), &json!({"rpm_limit": 4})).await;

    let tasks = submit(&scene.consumer, 7, 3_600).await;
    until_completed(&scene.consumer, &tasks, 4).await;
    stack.await_claim_round().await;
    assert_eq!(scene.key.books().await.calls, 4);

    // Half a minute on, the first four still count.
    stack.move_clock(Duration::from_secs(40)).await;
    stack.await_claim_round().await;
    assert_eq!(scene.key.books().await.calls, 4);
    stack.move_clock(Duration::from_secs(70)).await;
    until_completed(&scene.consumer, &tasks, 7).await;
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_providers_own_rate_limit_is_never_met() {
    let stack = Stack::builder().workers(2).start().await;
    let scene = stack.scene_with(json!({"lockout": true}), &json!({"concurrency_limit": 32})).await;

    // 150 in ten seconds is what the provider takes before it locks a key out for a minute.
    let tasks = submit(&scene.consumer, 160, 300).await;
    for task in &tasks {
        let task = scene.consumer.wait(task).await;
        assert_eq!(task.attempt_states(), ["delivered"], "{task:#?}");
    }

    let books = scene.key.books().await;
    assert_eq!((books.calls, books.images), (160, 160));
    assert!(books.window_max <= 150, "{} in one window", books.window_max);
    stack.finish().await;
}
