//! A client that never gives up: it repeats a submit under its key until it knows, and waits until the
//! task has ended.

use std::time::{Duration, Instant};

use devkit::deadline;
use rand::RngExt as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Storm;
use super::seat::Seat;
use crate::client::Task;

/// Longer than a quiet exchange needs to finish what is left.
const ENDS_WITHIN: Duration = Duration::from_secs(150);
const SUBMIT: &str = "/api/generate/text-to-image";

/// Submits, sometimes cancels, and waits, until the storm is over.
pub(super) async fn run(storm: &Storm, number: usize) {
    let mut random = storm.random(1_000 + number as u64);
    let seat = &storm.fleet.consumers[number % storm.fleet.consumers.len()];
    while !storm.is_over() {
        let began = Instant::now();
        let order = order(&mut random);
        if let Some(task) = submit(storm, seat, &order, began).await {
            if random.random_bool(0.08) {
                storm.pace(&mut random, 0..1_200).await;
                let path = format!("/api/generate/task/{}/cancel", task.id);
                // A cancel that gets lost was not made.
                let _ = seat.ask(Method::POST, &path, None).await;
            }
            follow(storm, seat, task, began).await;
        }
        storm.pace(&mut random, 50..500).await;
    }
}

fn order(random: &mut StdRng) -> Value {
    let mark = match random.random_range(0..100) {
        0..2 => " [blocked]",
        2..4 => " [filtered]",
        _ => "",
    };
    let model = match random.random_range(0..10) {
        0 => "auto",
        1 => "stability/sd3.5-medium",
        2 => "stability/ultra",
        _ => "stability/core",
    };
    json!({
        "prompt": format!("a lighthouse in storm number {}{mark}", random.random_range(0..1_000_000)),
        "model": model,
        "deadline_seconds": 120,
    })
}

/// Repeats until there is a task or a refusal. Whatever the first try has come to, the same key never
/// makes a second task.
async fn submit(storm: &Storm, seat: &Seat, order: &Value, began: Instant) -> Option<Task> {
    let key = Uuid::now_v7().to_string();
    let patience = Duration::from_secs(4);
    let mut unanswered = false;
    loop {
        let answer =
            seat.ask_patiently(Method::POST, SUBMIT, Some(order), Some(&key), patience).await;
        let code = answer.as_ref().map(|it| (it.status, it.code()));
        match (answer, code) {
            (Some(answer), Some((202, _))) => {
                let task: Task = answer.expect_as(202);
                storm.note(|it| {
                    it.submits.push(began.elapsed());
                    if !it.known.insert(task.id.clone()) {
                        it.violations.push(format!("task {} was given to two submits", task.id));
                    }
                });
                return Some(task);
            }
            (_, Some((status, code)))
                if status < 500 && status != 429 || code == "generation.no_resource" =>
            {
                storm.note(|it| {
                    *it.refused.entry(code).or_default() += 1;
                    if unanswered {
                        it.refused_late.insert(key);
                    }
                });
                return None;
            }
            (_, Some((500, code))) => storm.violation(format!("a submit was answered 500 {code}")),
            _ => {}
        }
        unanswered = true;
        if began.elapsed() > storm.plan.length + ENDS_WITHIN {
            storm.violation("a submit was never answered".to_owned());
            return None;
        }
        storm.note(|it| it.repeated += 1);
        deadline::pause(Duration::from_millis(150)).await;
    }
}

/// Looks until the task has ended.
async fn follow(storm: &Storm, seat: &Seat, task: Task, began: Instant) {
    let path = format!("/api/generate/task/{}?wait=5", task.id);
    let patience = Duration::from_secs(9);
    let started = Instant::now();
    let mut task = task;
    while !task.is_final() {
        let answer = seat.ask_patiently(Method::GET, &path, None, None, patience).await;
        match answer.as_ref().map(|it| it.status) {
            Some(200) => task = answer.expect("it was just there").expect_as(200),
            Some(status @ (404 | 500)) => {
                storm.violation(format!("task {} was promised and now answers {status}", task.id));
                return;
            }
            _ => {
                storm.note(|it| it.repeated += 1);
                deadline::pause(Duration::from_millis(150)).await;
            }
        }
        if started.elapsed() > storm.plan.length.min(Duration::from_mins(5)) + ENDS_WITHIN {
            storm.violation(format!("task {} is still {} for its client", task.id, task.status));
            return;
        }
    }
    storm.note(|it| it.ended(&task, began.elapsed()));
}
