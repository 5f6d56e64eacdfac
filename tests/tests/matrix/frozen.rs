//! A worker stands still for longer than its lease and goes on as if nothing had happened.

use std::time::Duration;

use devkit::deadline;
use nix::sys::signal::Signal;
use serde_json::json;
use tests::client::credits;
use tests::stack::{PRICE, Stack};

use crate::evidence;
use crate::load;

const TASKS: u8 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn images_of_a_worker_that_thaws_are_surplus_and_paid_by_the_platform() {
    let stack = Stack::builder().workers(2).lease("2s").alone().start().await;
    let limits = json!({"concurrency_limit": 16});
    let scene = stack.scene_with(json!({"latency_ms": 1_500}), &limits).await;
    stack.kill("worker-2");

    let tasks = load::submit(&scene.consumer, TASKS, "frozen").await;
    scene.key.until_in_flight(u32::from(TASKS)).await;
    stack.signal("worker-1", Signal::SIGSTOP);
    let frozen = stack.pid("worker-1");
    let second = stack.host(&scene.owner, json!({}), PRICE, &limits).await;
    stack.restart("worker-2").await;

    // The first image that arrives wins: those of the other worker, with the other key.
    for task in load::completed(&scene.consumer, &tasks).await {
        assert_eq!(task.attempt_states(), ["unknown", "delivered"], "{task:#?}");
    }
    stack.signal("worker-1", Signal::SIGCONT);
    deadline::until("all late images are surplus", Duration::from_secs(20), async || {
        let attempts = evidence::attempts_of(&stack, &tasks).await;
        let mut late = attempts.iter().filter(|it| it.pid == frozen);
        late.all(|it| it.state == "surplus").then_some(())
    })
    .await;

    // Nothing was charged twice; both keys earned, and the platform paid what the consumer did not.
    assert_eq!(scene.consumer.balance().await.available, credits("1000") - credits("12"));
    assert_eq!((scene.key.books().await.images, second.key.books().await.images), (8, 8));
    // Its owner's budget of the day is 10.
    let due = "SELECT sum(due)::bigint FROM generation.compensation WHERE kind = 'surplus'";
    assert_eq!(evidence::count(&stack, due).await, 12);
    let paid = "SELECT sum(gross)::bigint FROM ledger.journal WHERE kind = 'surplus' AND debit = 1";
    assert_eq!(evidence::count(&stack, paid).await, 10);
    // It was declared dead, notices it, and works again under a new identity.
    assert!(stack.log("worker-1").contains("this worker was declared dead"));
    stack.kill("worker-2");
    load::untouched(&scene.consumer, &load::submit(&scene.consumer, 2, "thawed").await).await;
    stack.finish().await;
}
