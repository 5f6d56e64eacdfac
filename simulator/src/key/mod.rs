//! What a provider knows of one API key: its balance, its limits, and a record of what it made.

mod fault;
mod payment;
mod retry_after;
mod ring;
mod settings;
mod view;
mod window;

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

use crate::credits::Credits;
pub use fault::{Fault, RefusalClass};
pub use payment::Payment;
pub use retry_after::RetryAfter;
pub use ring::{KeyRing, KeyRings, Put};
pub use settings::Change;
use settings::Settings;
pub use view::Detail;
pub use window::RateLimit;
use window::Window;

/// One API key of one provider.
#[derive(Debug)]
pub struct Key {
    name: String,
    // Held for the few instructions of one step, never across an await.
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    settings: Settings,
    rng: StdRng,
    window: Window,
    calls: u64,
    in_flight: u32,
    in_flight_max: u32,
    /// Credits of images being made: no longer spendable, not yet taken.
    promised: Credits,
    taken: Credits,
    made: Vec<Made>,
}

/// One image that was made and charged.
#[derive(Debug)]
struct Made {
    request_id: Box<str>,
    price: Credits,
    at_ms: u64,
}

/// What happens to a request that reached a paid endpoint.
#[derive(Debug)]
pub struct Fate {
    /// Whether the provider's rate limit refuses it.
    pub limited: bool,
    /// The fault drawn for it.
    pub fault: Option<Fault>,
    /// How an answer 429 says when to come back.
    pub retry_after: RetryAfter,
    /// How long the work takes.
    pub latency: Duration,
    /// The seed to use when the request names none, 1..=4294967294.
    pub seed: u32,
}

/// Counts a request as in flight until dropped: when it is answered, cut, or its client has left.
#[derive(Debug)]
pub struct InFlight(Arc<Key>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.books().in_flight -= 1;
    }
}

impl Key {
    /// A key that was not called yet. Its random draws follow from its name, so a run can be repeated.
    fn new(name: &str, settings: Settings) -> Self {
        let books = Books {
            settings,
            rng: StdRng::from_seed(Sha256::digest(name).into()),
            window: Window::default(),
            calls: 0,
            in_flight: 0,
            in_flight_max: 0,
            promised: Credits::default(),
            taken: Credits::default(),
            made: Vec::new(),
        };
        Self { name: name.to_owned(), books: Mutex::new(books) }
    }

    /// Counts a request to a paid endpoint and draws its fate.
    ///
    /// Every call takes the same number of draws, so a fault that is switched on does not shift
    /// the seeds or latencies of the calls after it.
    pub fn arrive(self: &Arc<Self>, limit: &RateLimit) -> (InFlight, Fate) {
        let mut guard = self.books();
        let books = &mut *guard;
        books.calls += 1;
        books.in_flight += 1;
        books.in_flight_max = books.in_flight_max.max(books.in_flight);
        let limited = books.window.record(Instant::now(), limit, books.settings.lockout);
        let fault = books.settings.faults.at(books.rng.random());
        let retry_after = books.settings.retry_after;
        let latency = books.settings.latency_at(books.rng.random());
        let seed = books.rng.random_range(1..u32::MAX);
        drop(guard);
        (InFlight(Arc::clone(self)), Fate { limited, fault, retry_after, latency, seed })
    }

    /// The credits left, images being made included.
    pub fn balance(&self) -> Credits {
        self.books().settings.balance
    }

    /// Changes what is given and keeps the rest, counters always.
    pub fn change(&self, change: Change) {
        self.books().settings.change(change);
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock()
    }
}
