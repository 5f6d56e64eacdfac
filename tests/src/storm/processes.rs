//! Processes are killed, frozen and replaced; one that dies by itself is a violation.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use devkit::deadline;
use nix::sys::signal::Signal;
use rand::rngs::StdRng;
use rand::seq::SliceRandom as _;

use super::Storm;

/// These are frozen but never killed, so that they have the time to grow.
pub(super) const SURVIVORS: [&str; 3] = ["api-1", "worker-1", "scheduler-1"];
const STANDS_WITHIN: Duration = Duration::from_mins(1);
const ENDS_WITHIN: Duration = Duration::from_secs(30);

/// Processes that are being killed, frozen or replaced right now. There is one storm per process.
static IN_HAND: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Kill,
    Freeze,
    Replace,
}

/// Every action comes once per process in a round.
pub(super) async fn trouble(storm: &Storm, whose: u64) {
    let mut random = storm.random(whose);
    let mut round: Vec<(Deed, String)> = Vec::new();
    while !storm.is_over() {
        if round.is_empty() {
            round = deeds(storm);
            round.shuffle(&mut random);
        }
        let (deed, name) = round.pop().expect("a round is not empty");
        if take(&name) {
            act(storm, &mut random, deed, &name).await;
            release(&name);
        }
        storm.pace(&mut random, 500..3_500).await;
    }
}

fn deeds(storm: &Storm) -> Vec<(Deed, String)> {
    let names = ["api", "worker", "scheduler"].iter().flat_map(|it| storm.stack().names_of(it));
    names
        .flat_map(|name| {
            let killed = !SURVIVORS.contains(&name.as_str());
            let deeds: &[Deed] =
                if killed { &[Deed::Kill, Deed::Freeze, Deed::Replace] } else { &[Deed::Freeze] };
            deeds.iter().map(move |it| (*it, name.clone())).collect::<Vec<_>>()
        })
        .collect()
}

async fn act(storm: &Storm, random: &mut StdRng, deed: Deed, name: &str) {
    let stack = storm.stack();
    let kind = name.split('-').next().unwrap_or(name);
    if died(storm, name) {
        return;
    }
    storm.note(|it| it.trouble(&format!("{} {kind}", format!("{deed:?}").to_lowercase())));
    match deed {
        Deed::Kill => {
            stack.kill(name);
            storm.pace(random, 0..2_000).await;
            stack.start_unready(name);
            stands(storm, name).await;
        }
        Deed::Freeze => {
            stack.signal(name, Signal::SIGSTOP);
            // Up to twice a lease.
            storm.pace(random, 200..7_000).await;
            stack.signal(name, Signal::SIGCONT);
        }
        Deed::Replace => {
            stack.signal(name, Signal::SIGTERM);
            match deadline::find(ENDS_WITHIN, async || stack.exited(name)).await {
                Some(status) if status.success() => {}
                Some(status) => {
                    storm.violation(format!("{name}, asked to end, ended with {status}"));
                }
                None => storm.violation(format!("{name} does not end within {ENDS_WITHIN:?}")),
            }
            stack.start_unready(name);
            stands(storm, name).await;
        }
    }
}

/// Waits until it serves. One that starts while a server is down may give up; whoever supervises it
/// starts it again.
async fn stands(storm: &Storm, name: &str) {
    let stack = storm.stack();
    let ready = deadline::find(STANDS_WITHIN, async || {
        if stack.exited(name).is_some() {
            storm.note(|it| it.trouble("start again"));
            deadline::pause(Duration::from_millis(500)).await;
            stack.start_unready(name);
        }
        stack.is_ready(name).await.then_some(())
    })
    .await;
    if ready.is_none() {
        storm.violation(format!("{name} does not serve within {STANDS_WITHIN:?} of its start"));
    }
}

/// Watches the processes that the storm leaves alone: none of them may end by itself.
pub(super) async fn keep(storm: &Storm) {
    while !storm.is_over() {
        for name in ["api", "worker", "scheduler"].iter().flat_map(|it| storm.stack().names_of(it))
        {
            if take(&name) {
                died(storm, &name);
                release(&name);
            }
        }
        deadline::pause(Duration::from_millis(500)).await;
    }
}

fn died(storm: &Storm, name: &str) -> bool {
    let Some(status) = storm.stack().exited(name) else { return false };
    storm.violation(format!("{name} ended by itself with {status}"));
    storm.stack().start_unready(name);
    true
}

/// Everything runs again and serves.
pub(super) async fn calm(storm: &Storm) {
    for name in ["api", "worker", "scheduler"].iter().flat_map(|it| storm.stack().names_of(it)) {
        if !died(storm, &name) {
            storm.stack().signal(&name, Signal::SIGCONT);
        }
        stands(storm, &name).await;
    }
}

fn take(name: &str) -> bool {
    IN_HAND.lock().expect("no holder of this lock panics").insert(name.to_owned())
}

fn release(name: &str) {
    IN_HAND.lock().expect("no holder of this lock panics").remove(name);
}
