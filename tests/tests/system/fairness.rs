//! Whose turn it is: no task starves behind one that cannot be served or behind another user's queue, and no
//! owner behind an equal one.

use futures::future::join_all;
use nix::sys::signal::Signal;
use serde_json::json;
use tests::client::{Task, User};
use tests::simulator::ProviderKey;
use tests::stack::{PRICE, Stack, core};

async fn submit(consumer: &User, count: usize) -> Vec<Task> {
    let tasks = (0..count).map(|number| {
        let mut body = core(&format!("picture {number}"));
        body["deadline_seconds"] = json!(3_600);
        async move { consumer.submit(&body).await }
    });
    join_all(tasks).await
}

async fn started(consumer: &User, tasks: &[Task]) -> usize {
    let tasks = join_all(tasks.iter().map(|it| consumer.task(it))).await;
    tasks.iter().filter(|it| it.status != "pending").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_placed_never_stands_before_those_behind_it() {
    let stack = Stack::builder().workers(1).start().await;
    let scene = stack.scene().await;
    let newcomer = stack.user("newcomer").await;
    scene.admin.grant(&newcomer, "1000").await;

    // More than a claim takes at once, all with a ceiling under what the key costs by the time a worker looks.
    stack.signal("worker-1", Signal::SIGSTOP);
    let dear = submit(&scene.consumer, 80).await;
    scene.owner.change(&scene.resource, &json!({"price_per_unit": "2.5"})).await;
    // This one pays.
    let mut body = core("a patient picture");
    body["max_credits"] = json!("300");
    let behind = newcomer.submit(&body).await;
    stack.signal("worker-1", Signal::SIGCONT);

    assert_eq!(newcomer.wait(&behind).await.status, "completed");
    assert_eq!(started(&scene.consumer, &dear).await, 0);

    scene.owner.change(&scene.resource, &json!({"price_per_unit": PRICE})).await;
    for task in &dear {
        assert_eq!(scene.consumer.wait(task).await.status, "completed");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newcomer_does_not_wait_for_somebodys_long_queue() {
    let stack = Stack::builder().workers(2).start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 100}), &json!({"concurrency_limit": 2})).await;
    let newcomer = stack.user("newcomer").await;
    scene.admin.grant(&newcomer, "1000").await;

    let queue = submit(&scene.consumer, 60).await;
    let theirs = newcomer.submit(&core("a first picture")).await;
    assert_eq!(newcomer.wait(&theirs).await.status, "completed");

    let before = started(&scene.consumer, &queue).await;
    assert!(before < 40, "{before} of {} began before it", queue.len());
    for task in &queue {
        scene.consumer.cancel(task).await;
        scene.consumer.wait(task).await;
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_that_are_equal_take_turns_within_a_second() {
    const EQUALS: usize = 8;
    let stack = Stack::builder().workers(1).start().await;
    let scene = stack.scene().await;
    let mut keys = vec![scene.key];
    while keys.len() < EQUALS {
        keys.push(stack.host(&scene.owner, json!({}), PRICE, &json!({})).await.key);
    }
    stack.await_resources(&scene.consumer, EQUALS as u64).await;

    // One after the other, each is a claim of its own. Three keys or fewer: one in a hundred thousand.
    for number in 0..16 {
        scene.consumer.generate(&core(&format!("picture {number}"))).await;
    }

    let books = join_all(keys.iter().map(ProviderKey::books)).await;
    let used = books.iter().filter(|it| it.images > 0).count();
    assert!(used > 3, "{used} of {EQUALS} keys made them all");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_dear_key_changes_nothing_for_those_who_do_not_pay_it() {
    let stack = Stack::builder().workers(1).start().await;
    let scene =
        stack.scene_with(json!({"latency_ms": 300}), &json!({"concurrency_limit": 2})).await;
    stack.host(&scene.owner, json!({}), "2.5", &json!({"concurrency_limit": 10})).await;
    stack.await_resources(&scene.consumer, 2).await;
    let newcomer = stack.user("newcomer").await;
    scene.admin.grant(&newcomer, "1000").await;

    let queue = submit(&scene.consumer, 60).await;
    let theirs = newcomer.submit(&core("a first picture")).await;
    assert_eq!(newcomer.wait(&theirs).await.status, "completed");

    let before = started(&scene.consumer, &queue).await;
    assert!(before < 40, "{before} of {} began before it", queue.len());
    for task in &queue {
        scene.consumer.cancel(task).await;
        scene.consumer.wait(task).await;
    }
    stack.finish().await;
}
