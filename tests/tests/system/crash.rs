//! Workers that die or freeze at the worst moment: every task ends, nothing is bought twice on one
//! key, nothing is charged twice at all.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tests::client::{Task, credits};
use tests::stack::{Builder, Hosted, Scene, Stack, core};

/// Two workers whose silence is noticed after four seconds.
fn quick_to_notice() -> Builder {
    Stack::builder().workers(2).lease("4s")
}

/// The usual key, slow, and a dearer one that is not.
async fn slow_and_quick(stack: &Stack) -> (Scene, Hosted) {
    let scene = stack.scene_with(json!({"latency_ms": 3_000}), &json!({})).await;
    let quick = stack.host(&scene.owner, json!({}), "0.6", &json!({})).await;
    stack.await_resources(&scene.consumer, 2).await;
    (scene, quick)
}

/// Leaves room for the dearer key.
fn generous() -> Value {
    let mut body = core("a heron at dusk");
    body["max_credits"] = json!("2");
    body
}

async fn under_way(scene: &Scene) -> Task {
    let task = scene.consumer.submit(&generous()).await;
    scene.key.until_in_flight(1).await;
    task
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_while_calling_costs_the_consumer_nothing_extra() {
    let stack = quick_to_notice().start().await;
    let (scene, quick) = slow_and_quick(&stack).await;

    let task = under_way(&scene).await;
    stack.kill(&stack.worker_of(&task).await);

    let task = scene.consumer.wait(&task).await;
    assert_eq!(task.status, "completed", "{task:#?}");
    assert_eq!(task.attempt_states(), ["unknown", "delivered"]);
    assert_eq!(task.attempts[0].error_class.as_deref(), Some("crashed"));
    assert_eq!(task.credits_cost, Some(credits("1.8")));
    assert_eq!(scene.consumer.balance().await.available, credits("998.2"));
    assert_eq!((scene.key.books().await.calls, quick.key.books().await.calls), (1, 1));
    // The owner sees what the lost call may have cost, and it still occupies the key.
    let resource = scene.owner.resource(&scene.resource).await;
    assert_eq!((resource.units_today, resource.in_flight), (credits("3"), 1));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_was_kept_before_the_crash_is_settled_and_not_bought_again() {
    let stack =
        quick_to_notice().workers(1).failpoint("worker-1", "worker.after-keep").start().await;
    let scene = stack.scene().await;

    let task = scene.consumer.submit(&core("kept in time")).await;
    stack.ends_within("worker-1", Duration::from_secs(20)).await;

    let task = scene.consumer.wait(&task).await;
    assert_eq!(task.status, "completed", "{task:#?}");
    assert_eq!(task.attempt_states(), ["delivered"]);
    assert_eq!(scene.key.books().await.calls, 1);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_dies_before_it_calls_has_bought_nothing() {
    let stack =
        quick_to_notice().workers(1).failpoint("worker-1", "worker.after-claim").start().await;
    let scene = stack.scene().await;
    let second = stack.host(&scene.owner, json!({}), "0.5", &json!({})).await;
    stack.await_resources(&scene.consumer, 2).await;

    let task = scene.consumer.submit(&core("claimed and dropped")).await;
    stack.ends_within("worker-1", Duration::from_secs(20)).await;
    stack.restart("worker-1").await;

    let task = scene.consumer.wait(&task).await;
    assert_eq!(task.attempt_states(), ["unknown", "delivered"], "{task:#?}");
    let images = scene.key.books().await.images + second.key.books().await.images;
    assert_eq!(images, 1);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_image_of_a_frozen_worker_is_paid_by_the_platform() {
    let stack = quick_to_notice().start().await;
    let (scene, _quick) = slow_and_quick(&stack).await;

    let task = under_way(&scene).await;
    let frozen = stack.worker_of(&task).await;
    stack.signal(&frozen, Signal::SIGSTOP);
    let task = scene.consumer.wait(&task).await;
    assert_eq!(task.attempt_states(), ["unknown", "delivered"], "{task:#?}");
    stack.signal(&frozen, Signal::SIGCONT);

    let task = scene
        .consumer
        .until(&task, "the late image is surplus", |it| it.attempts[0].state == "surplus")
        .await;
    assert_eq!(task.attempt_states(), ["surplus", "delivered"]);
    // One charge, and the owner earned with both keys: 1.5 from the platform, 1.8 from the consumer.
    assert_eq!(scene.consumer.balance().await.available, credits("998.2"));
    let mut gross: Vec<_> =
        scene.owner.earnings_of(&task).await.into_iter().map(|it| it.gross).collect();
    gross.sort();
    assert_eq!(gross, [credits("1.5"), credits("1.8")]);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_image_completes_a_task_that_still_waits() {
    let stack = quick_to_notice().workers(1).start().await;
    let scene = stack.scene_with(json!({"latency_ms": 2_000}), &json!({})).await;

    let task = under_way(&scene).await;
    stack.signal("worker-1", Signal::SIGSTOP);
    let what = "the attempt is unknown and there is no other key";
    let waiting = scene.consumer.until(&task, what, |it| it.attempt_states() == ["unknown"]).await;
    assert_eq!(waiting.status, "pending", "{waiting:#?}");
    stack.signal("worker-1", Signal::SIGCONT);

    let task = scene.consumer.wait(&task).await;
    assert_eq!(task.status, "completed", "{task:#?}");
    assert_eq!(task.attempt_states(), ["delivered"]);
    assert_eq!(scene.key.books().await.calls, 1);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_told_to_stop_finishes_what_it_has_begun() {
    let stack = Stack::start().await;
    let scene = stack.scene_with(json!({"latency_ms": 2_000}), &json!({})).await;

    let task = under_way(&scene).await;
    stack.signal("worker-1", Signal::SIGTERM);

    let task = scene.consumer.wait(&task).await;
    assert_eq!(task.attempt_states(), ["delivered"]);
    assert!(stack.ends_within("worker-1", Duration::from_secs(10)).await.success());
    stack.finish().await;
}
