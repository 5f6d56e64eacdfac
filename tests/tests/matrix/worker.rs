//! A worker is killed at every named point of an attempt's way.

use std::collections::BTreeSet;

use serde_json::json;
use tests::client::{Task, User};
use tests::simulator::ProviderKey;
use tests::stack::{PRICE, Stack};
use uuid::Uuid;

use crate::evidence::{self, AttemptRow};
use crate::load;

const TASKS: u8 = 12;

/// What a death left behind, and what came of it.
#[derive(Debug)]
struct Aftermath {
    /// Attempts of the dead process, as they ended.
    dead: Vec<AttemptRow>,
    /// Attempts whose image was kept when it died.
    kept: BTreeSet<Uuid>,
    /// Tasks that were completed when it died.
    settled: u64,
    /// What the provider saw in all of this row.
    calls: u64,
    images: u64,
}

/// Where a worker dies, and what is particular about it. What holds for all rows is in `run`.
struct Row {
    point: &'static str,
    expect: fn(&Aftermath),
}

const ROWS: [Row; 7] = [
    Row {
        point: "worker.before-claim",
        expect: |it| {
            assert!(it.dead.is_empty(), "nothing was claimed: {it:#?}");
            assert_eq!((it.calls, it.images), (u64::from(TASKS), u64::from(TASKS)), "{it:#?}");
        },
    },
    Row {
        point: "worker.after-claim",
        expect: |it| {
            assert_eq!(it.dead.len(), usize::from(TASKS), "all were claimed at once: {it:#?}");
            assert!(it.kept.is_empty(), "{it:#?}");
            // No call had left: every image was made once.
            assert_eq!((it.calls, it.images), (u64::from(TASKS), u64::from(TASKS)), "{it:#?}");
        },
    },
    Row {
        point: "worker.after-send",
        expect: |it| {
            assert!(!it.dead.is_empty() && it.kept.is_empty(), "{it:#?}");
            // The provider was asked, and asked again about each on another key only.
            let most = u64::from(TASKS) + it.dead.len() as u64;
            assert!((u64::from(TASKS) + 1..=most).contains(&it.calls), "{it:#?}");
        },
    },
    Row {
        point: "worker.after-call",
        expect: |it| {
            assert!(!it.dead.is_empty() && it.kept.is_empty(), "{it:#?}");
            // An image was made and lost: that is what one purchase more is for.
            assert!(it.images > u64::from(TASKS), "{it:#?}");
        },
    },
    Row {
        point: "worker.after-keep",
        expect: |it| assert!(!it.kept.is_empty() && it.settled == 0, "{it:#?}"),
    },
    Row {
        point: "worker.before-settle",
        expect: |it| assert!(!it.kept.is_empty() && it.settled == 0, "{it:#?}"),
    },
    Row {
        point: "worker.after-settle",
        expect: |it| assert!(!it.kept.is_empty() && it.settled > 0, "{it:#?}"),
    },
];

/// Lets worker-1 alone take all tasks, die at the point, and rise again.
async fn run(stack: &Stack, consumer: &User, keys: &[&ProviderKey], point: &str) -> Aftermath {
    stack.kill("worker-1");
    let before = evidence::bought(keys).await;
    let kept_before: BTreeSet<Uuid> = evidence::kept_attempts(stack).into_iter().collect();
    let tasks = load::submit(consumer, TASKS, point).await;
    stack.start_armed("worker-1", point);
    let pid = stack.pid("worker-1");
    stack.dies_at("worker-1", point).await;
    let kept: BTreeSet<Uuid> =
        evidence::kept_attempts(stack).into_iter().filter(|it| !kept_before.contains(it)).collect();
    let settled = evidence::count_with_status(stack, &tasks, "completed").await;

    stack.restart("worker-1").await;
    let ended = load::completed(consumer, &tasks).await;
    stack.check_books(point).await;
    let after = evidence::bought(keys).await;
    let attempts = evidence::attempts_of(stack, &tasks).await;
    evidence::assert_no_key_twice(&attempts);
    delivered_once(&ended);
    let dead: Vec<AttemptRow> = attempts.into_iter().filter(|it| it.pid == pid).collect();
    kept_is_settled_and_lost_is_unknown(&dead, &kept);
    Aftermath { dead, kept, settled, calls: after.0 - before.0, images: after.1 - before.1 }
}

/// Each task has the attempt that was lost at the most, and one that delivered.
fn delivered_once(tasks: &[Task]) {
    for task in tasks {
        let states = task.attempt_states();
        assert!(matches!(states[..], ["delivered"] | ["unknown", "delivered"]), "{task:#?}");
    }
}

/// What was paid for and kept is never bought again; what was not kept is never believed.
fn kept_is_settled_and_lost_is_unknown(dead: &[AttemptRow], kept: &BTreeSet<Uuid>) {
    for attempt in dead {
        let expected = if kept.contains(&attempt.id) {
            ("delivered", None)
        } else {
            ("unknown", Some("crashed"))
        };
        assert_eq!(
            (attempt.state.as_str(), attempt.error_class.as_deref()),
            expected,
            "{attempt:#?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_killed_at_any_point_loses_no_credit_and_no_kept_image() {
    let stack = Stack::builder().lease("2s").alone().start().await;
    let limits = json!({"concurrency_limit": 100});
    let scene = stack.scene_with(json!({"latency_ms": 400}), &limits).await;
    let second = stack.host(&scene.owner, json!({"latency_ms": 400}), PRICE, &limits).await;
    stack.await_resources(&scene.consumer, 2).await;

    for row in ROWS {
        let aftermath = run(&stack, &scene.consumer, &[&scene.key, &second.key], row.point).await;
        let Aftermath { dead, kept, settled, calls, .. } = &aftermath;
        eprintln!(
            "{}: died with {} attempts out, {} kept, {settled} settled; {calls} calls for {TASKS} images",
            row.point,
            dead.len(),
            kept.len(),
        );
        (row.expect)(&aftermath);
    }
    stack.finish().await;
}
