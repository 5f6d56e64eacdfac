//! Schedulers that die or freeze while they lead.

use std::time::Duration;

use devkit::deadline;
use nix::sys::signal::Signal;
use serde_json::json;
use tests::client::{Task, User};
use tests::stack::{PRICE, Scene, Stack};

use crate::evidence;
use crate::load;

const TASKS: u8 = 8;
/// A lead that was not resigned expires within this, and then the next leader needs a lease of answers.
const TAKEN_OVER_WITHIN: Duration = Duration::from_secs(40);

/// Two keys with room for everything.
async fn two_keys(stack: &Stack) -> Scene {
    let limits = json!({"concurrency_limit": 50});
    let scene = stack.scene_with(json!({"latency_ms": 300}), &limits).await;
    stack.host(&scene.owner, json!({"latency_ms": 300}), PRICE, &limits).await;
    stack.await_resources(&scene.consumer, 2).await;
    scene
}

/// Has worker-1 die with images that are kept but not settled, and restarts it.
async fn leave_kept_images(stack: &Stack, consumer: &User, count: u8) -> Vec<Task> {
    stack.kill("worker-1");
    let tasks = load::submit(consumer, count, "left behind").await;
    stack.start_armed("worker-1", "worker.before-settle");
    stack.dies_at("worker-1", "worker.before-settle").await;
    stack.restart("worker-1").await;
    tasks
}

async fn leads(stack: &Stack, name: &str) -> bool {
    evidence::metric(stack, name, "aetherflow_leader", "").await > 0.5
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_killed_in_the_middle_of_a_rescue_is_followed_by_one_that_finishes_it() {
    let folder = tempfile::tempdir().unwrap();
    let once = |name: &str| format!("{name}=once-file:{}", folder.path().join(name).display());
    // The first leader dies with boots declared dead and nothing ended, the second with an attempt
    // settled and the others not; the third finishes.
    let points = ["scheduler.before-rescue", "scheduler.after-settle"];
    let armed = points.map(once).join(",");
    let stack = Stack::builder().schedulers(3).lease("2s").failpoint("scheduler", &armed).alone();
    let stack = stack.start().await;
    let scene = two_keys(&stack).await;

    let tasks = leave_kept_images(&stack, &scene.consumer, TASKS).await;
    let kept = evidence::kept_attempts(&stack);
    let mut dead = Vec::new();
    for point in points {
        let name =
            deadline::until(&format!("a leader reaches {point}"), TAKEN_OVER_WITHIN, async || {
                let names = stack.names_of("scheduler").into_iter();
                names.filter(|it| !dead.contains(it)).find(|it| stack.exited(it).is_some())
            })
            .await;
        stack.dies_at(&name, point).await;
        dead.push(name);
    }
    assert!(evidence::count_with_status(&stack, &tasks, "completed").await >= 1);

    let ended = load::completed(&scene.consumer, &tasks).await;
    let attempts = evidence::attempts_of(&stack, &tasks).await;
    evidence::assert_no_key_twice(&attempts);
    // What was kept is settled and not bought again, whichever scheduler began to settle it.
    assert!(!kept.is_empty());
    for attempt in attempts.iter().filter(|it| kept.contains(&it.id)) {
        assert_eq!(attempt.state, "delivered", "{attempt:#?}");
    }
    assert!(ended.iter().all(|it| it.attempts.len() <= 2), "{ended:#?}");
    eprintln!("two leaders died during a rescue of {TASKS} tasks, {} images kept", kept.len());
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_frozen_in_the_middle_of_a_settlement_wakes_and_changes_nothing() {
    let point = "scheduler.before-settle";
    let stack = Stack::builder().schedulers(2).lease("2s").alone();
    let stack = stack.failpoint("scheduler-1", &format!("{point}=sleep:2s")).start().await;
    let scene = two_keys(&stack).await;
    // The one that will freeze leads, the other stands by.
    stack.signal("scheduler-2", Signal::SIGTERM);
    assert!(stack.ends_within("scheduler-2", Duration::from_secs(20)).await.success());
    deadline::until("scheduler-1 leads", TAKEN_OVER_WITHIN, async || {
        leads(&stack, "scheduler-1").await.then_some(())
    })
    .await;
    stack.restart("scheduler-2").await;

    let tasks = leave_kept_images(&stack, &scene.consumer, 1).await;
    deadline::until("the leader is about to settle", TAKEN_OVER_WITHIN, async || {
        stack.log("scheduler-1").contains(&format!("failpoint {point}")).then_some(())
    })
    .await;
    stack.signal("scheduler-1", Signal::SIGSTOP);
    // The other one takes the lead and settles what the first was about to.
    load::untouched(&scene.consumer, &tasks).await;
    assert!(leads(&stack, "scheduler-2").await);
    stack.check_books("the second leader settled").await;

    stack.signal("scheduler-1", Signal::SIGCONT);
    deadline::until("it settles too, too late", Duration::from_secs(20), async || {
        let with = "what=\"already\"";
        let count =
            evidence::metric(&stack, "scheduler-1", "aetherflow_duty_items_total", with).await;
        (count >= 1.0).then_some(())
    })
    .await;
    deadline::until("it knows that it leads no more", Duration::from_secs(20), async || {
        (!leads(&stack, "scheduler-1").await).then_some(())
    })
    .await;
    assert!(leads(&stack, "scheduler-2").await, "and the other one still does");
    load::untouched(&scene.consumer, &tasks).await;
    stack.finish().await;
}
