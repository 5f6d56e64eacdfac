//! Processes whose clocks are wrong: only the database's clock decides.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use chrono::DateTime;
use devkit::deadline;
use serde_json::json;
use tests::stack::{Builder, Stack};

use crate::evidence;
use crate::load;

const AHEAD: Duration = Duration::from_mins(10);

/// What Debian's package `faketime` puts in the way of `clock_gettime`.
fn library() -> Option<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    let mut all = libraries.map(|it| it.path().join("faketime/libfaketimeMT.so.1"));
    all.find(|it| it.is_file())
}

fn with_clock(builder: Builder, who: &str, library: &str, offset: &str) -> Builder {
    builder
        .setting(who, "LD_PRELOAD", library)
        .setting(who, "FAKETIME", offset)
        // Durations come from this one, and a wrong clock is not a wild one.
        .setting(who, "FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .setting(who, "DONT_FAKE_MONOTONIC", "1")
}

/// How far the clock of a process is ahead of ours, by its last log line.
fn ahead(stack: &Stack, name: &str) -> i64 {
    let lines = evidence::log_lines(stack, name, 0);
    let theirs = lines.last().and_then(|it| it["timestamp"].as_str()).expect("it has logged");
    let theirs = DateTime::parse_from_rfc3339(theirs).expect("a time").timestamp();
    let ours = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
    theirs - i64::try_from(ours.as_secs()).expect("a time")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_ten_minutes_ahead_and_a_worker_ten_behind_end_nothing_early() {
    let Some(library) = library() else {
        eprintln!("\n\n  NOT TESTED: a leader with a wrong clock; `apt-get install faketime`\n\n");
        return;
    };
    let library = library.display().to_string();
    let builder = Stack::builder().lease("2s").alone();
    let builder = with_clock(builder, "scheduler-1", &library, "+600s");
    let stack = with_clock(builder, "worker-1", &library, "-600s").start().await;
    // Calls of two leases, two at a time: half of the tasks wait, with deadlines before the leader's
    // idea of now.
    let limits = json!({"concurrency_limit": 2});
    let scene = stack.scene_with(json!({"latency_ms": 4_000}), &limits).await;
    assert!(ahead(&stack, "scheduler-1") > 500, "{}", ahead(&stack, "scheduler-1"));
    assert!(ahead(&stack, "worker-1") < -500, "{}", ahead(&stack, "worker-1"));
    let leads = async || {
        (evidence::metric(&stack, "scheduler-1", "aetherflow_leader", "").await > 0.5).then_some(())
    };
    deadline::until("it leads", Duration::from_secs(20), leads).await;

    let tasks = load::submit(&scene.consumer, 4, "at a wrong time").await;
    scene.key.until_in_flight(2).await;

    assert!(AHEAD > Duration::from_mins(5), "the default deadline is over by the leader's clock");
    load::untouched(&scene.consumer, &tasks).await;
    assert_eq!(scene.key.books().await.calls, 4);
    // And it does its work: who really is silent is dead after a lease, not after ten minutes.
    scene.owner.change(&scene.resource, &json!({"concurrency_limit": 8})).await;
    let lost = load::submit(&scene.consumer, 1, "lost").await;
    scene.key.until_in_flight(1).await;
    stack.kill("worker-1");
    stack.host(&scene.owner, json!({}), tests::stack::PRICE, &json!({})).await;
    stack.restart("worker-1").await;
    for task in load::completed(&scene.consumer, &lost).await {
        assert_eq!(task.attempt_states(), ["unknown", "delivered"], "{task:#?}");
    }
    stack.finish().await;
}
