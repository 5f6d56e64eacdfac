//! Counting in fixed windows, which begin at the same time on every replica.

use std::{collections::HashMap, time::Duration};

use operations::settings::Rate;
use parking_lot::{Mutex, MutexGuard};

/// The most callers counted at the same time. Further new callers are not counted until the window ends,
/// which costs less than the memory to tell them apart.
const KEYS_MAX: usize = 100_000;

/// Whether a request is admitted, and what is left of the caller's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Requests admitted per window.
    pub limit: u32,
    /// Requests left in this window.
    pub remaining: u32,
    /// How long this window still lasts.
    pub reset: Duration,
    /// Whether this request is admitted.
    pub admitted: bool,
}

impl Verdict {
    /// `reset` in whole seconds, rounded up: never too early.
    pub fn reset_seconds(&self) -> u64 {
        self.reset.as_secs() + u64::from(self.reset.subsec_nanos() > 0)
    }
}

/// The requests of one caller in a window.
#[derive(Debug, Default)]
struct Counter {
    /// The number of the window since the epoch.
    window: u64,
    /// Requests admitted by this replica.
    local: u32,
    /// How many of them the other replicas know of.
    published: u32,
    /// Requests admitted by the other replicas, as far as is known.
    elsewhere: u32,
}

/// One limit, with the counts of all callers.
#[derive(Debug)]
pub(super) struct Window {
    kind: &'static str,
    rate: Rate,
    counters: Mutex<HashMap<String, Counter>>,
}

/// Requests of a caller that the other replicas do not know of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unpublished {
    pub key: String,
    pub window: u64,
    pub count: u32,
}

impl Window {
    pub fn new(kind: &'static str, rate: Rate) -> Self {
        Self { kind, rate, counters: Mutex::default() }
    }

    /// `user` or `address`: part of the key in Redis.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// How long a window lasts.
    pub fn length(&self) -> Duration {
        self.rate.per
    }

    /// Counts one request at `now`, a time since the epoch, unless the window is full.
    pub fn admit(&self, key: &str, now: Duration) -> Verdict {
        let (window, reset) = self.at(now);
        let limit = self.rate.count;
        let mut counters = self.lock();
        if !counters.contains_key(key) {
            if counters.len() >= KEYS_MAX {
                return Verdict { limit, remaining: limit, reset, admitted: true };
            }
            counters.insert(key.to_owned(), Counter { window, ..Counter::default() });
        }
        let counter = counters.get_mut(key).expect("inserted above");
        if counter.window != window {
            *counter = Counter { window, ..Counter::default() };
        }
        let used = counter.local.saturating_add(counter.elsewhere);
        let admitted = used < limit;
        counter.local += u32::from(admitted);
        let remaining = limit.saturating_sub(used + u32::from(admitted));
        Verdict { limit, remaining, reset, admitted }
    }

    /// The counts to publish, of at most `keys_max` callers. Forgets windows that ended.
    pub fn unpublished(&self, now: Duration, keys_max: usize) -> Vec<Unpublished> {
        let (window, _) = self.at(now);
        let mut counters = self.lock();
        counters.retain(|_, counter| counter.window == window);
        let unpublished = counters.iter().filter(|(_, counter)| counter.local > counter.published);
        unpublished
            .take(keys_max)
            .map(|(key, counter)| Unpublished {
                key: key.clone(),
                window,
                count: counter.local - counter.published,
            })
            .collect()
    }

    /// Notes that a count was published; `total` is what all replicas together admitted.
    pub fn mark_published(&self, published: &Unpublished, total: u32) {
        if let Some(counter) = self.lock().get_mut(&published.key)
            && counter.window == published.window
        {
            counter.published += published.count;
            counter.elsewhere = total.saturating_sub(counter.published);
        }
    }

    fn at(&self, now: Duration) -> (u64, Duration) {
        let length = self.rate.per.as_nanos();
        let window = now.as_nanos() / length;
        let end = (window + 1) * length;
        let left = u64::try_from(end - now.as_nanos()).unwrap_or(u64::MAX);
        (u64::try_from(window).unwrap_or(u64::MAX), Duration::from_nanos(left))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Counter>> {
        self.counters.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_mins(100);

    fn window(count: u32) -> Window {
        Window::new("user", Rate { count, per: Duration::from_mins(1) })
    }

    #[test]
    fn a_full_window_refuses_until_it_ends() {
        let window = window(2);

        assert_eq!(window.admit("ada", START).remaining, 1);
        let second = window.admit("ada", START + Duration::from_millis(15_500));
        assert!(second.admitted);
        assert_eq!((second.remaining, second.reset_seconds()), (0, 45));

        assert!(!window.admit("ada", START + Duration::from_secs(59)).admitted);
        assert!(window.admit("ada", START + Duration::from_mins(1)).admitted);
    }

    #[test]
    fn callers_are_counted_apart() {
        let window = window(1);

        assert!(window.admit("ada", START).admitted);
        assert!(window.admit("bob", START).admitted);
        assert!(!window.admit("ada", START).admitted);
    }

    #[test]
    fn what_others_admitted_counts_once_it_is_known() {
        let window = window(10);
        for _ in 0..3 {
            window.admit("ada", START);
        }

        let unpublished = window.unpublished(START, 100);
        assert_eq!(unpublished, [Unpublished { key: "ada".to_owned(), window: 100, count: 3 }]);
        window.admit("ada", START);
        window.mark_published(&unpublished[0], 8);

        assert_eq!(window.admit("ada", START).remaining, 0, "3 + 1 + 1 here, 5 elsewhere");
        assert!(!window.admit("ada", START).admitted);
        assert_eq!(
            window.unpublished(START, 100)[0].count,
            2,
            "only what the others do not know of"
        );
    }

    #[test]
    fn a_total_that_arrives_late_does_not_reach_the_next_window() {
        let window = window(10);
        window.admit("ada", START);
        let unpublished = window.unpublished(START, 100);
        let next = START + Duration::from_mins(1);
        window.admit("ada", next);

        window.mark_published(&unpublished[0], 9);

        assert_eq!(window.admit("ada", next).remaining, 8);
    }

    #[test]
    fn ended_windows_are_forgotten() {
        let window = window(10);
        window.admit("ada", START);

        assert_eq!(window.unpublished(START + Duration::from_mins(1), 100), []);
        assert!(window.lock().is_empty());
    }
}
