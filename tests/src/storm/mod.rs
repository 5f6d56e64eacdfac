//! A storm: everything that can go wrong at once, at random, for minutes; then quiet, and the books.
//!
//! Clients never give up and count what they were promised. Owners play against them with baits and with keys that
//! fail, stall and filter, and one of them is suspended now and then. Processes are killed and frozen, servers
//! restarted and emptied, keys fail in every way a provider knows, and prices, limits and policies
//! change all the while. Afterwards every task is final and known to its client, the books are exact,
//! no key was used beyond a limit by the provider's own count, no secret is stored in plain anywhere, and no
//! service has grown.

mod client;
mod dump;
mod fleet;
mod hostile;
mod limits;
mod market;
mod memory;
mod processes;
mod report;
mod seat;
mod servers;
mod tally;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use futures::future::join_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use fleet::Fleet;
use memory::Memory;
pub use report::Report;
use tally::Tally;

use crate::stack::Stack;
use devkit::deadline;

/// How long, and from what seed. The seed decides what is done in which order; what comes of it also
/// depends on the machine.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub length: Duration,
    pub seed: u64,
}

/// What all who take part share.
struct Storm {
    fleet: Fleet,
    plan: Plan,
    began: Instant,
    /// Trouble stops, and clients submit nothing more.
    over: AtomicBool,
    tally: Mutex<Tally>,
}

impl Storm {
    fn stack(&self) -> &Stack {
        &self.fleet.stack
    }

    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn note(&self, write: impl FnOnce(&mut Tally)) {
        write(&mut self.tally.lock().expect("no holder of this lock panics"));
    }

    fn violation(&self, what: String) {
        self.note(|it| it.violations.push(what));
    }

    /// A random source of one part of the storm, the same for the same seed.
    fn random(&self, whose: u64) -> StdRng {
        StdRng::seed_from_u64(self.plan.seed.wrapping_mul(1_000_003).wrapping_add(whose))
    }

    /// Lets some time pass, but not beyond the storm: its pace, never a synchronisation.
    async fn pace(&self, random: &mut StdRng, milliseconds: std::ops::Range<u64>) {
        let until = Instant::now() + Duration::from_millis(random.random_range(milliseconds));
        while !self.is_over() && Instant::now() < until {
            deadline::pause(Duration::from_millis(50).min(until - Instant::now())).await;
        }
    }
}

/// Raises the storm, waits until everything is quiet, and checks. Violations are reported, not panicked.
pub async fn run(plan: Plan) -> Report {
    let fleet = Fleet::gather(plan.seed).await;
    let storm = Storm {
        fleet,
        plan,
        began: Instant::now(),
        over: AtomicBool::new(false),
        tally: Mutex::default(),
    };
    let mut memory = Memory::default();
    let clients = join_all((0..fleet::CLIENTS).map(|number| client::run(&storm, number)));
    let trouble = async {
        let clock = async {
            deadline::pause(plan.length).await;
            storm.over.store(true, Ordering::Relaxed);
        };
        tokio::join!(
            clock,
            processes::trouble(&storm, 1),
            processes::trouble(&storm, 2),
            processes::keep(&storm),
            servers::trouble(&storm),
            market::trouble(&storm),
            hostile::trouble(&storm),
            hostile::sanction(&storm),
            limits::watch(&storm),
            memory.watch(&storm),
        );
        processes::calm(&storm).await;
        market::calm(&storm).await;
    };
    tokio::join!(clients, Box::pin(trouble));
    Box::pin(report::judge(storm, memory)).await
}
