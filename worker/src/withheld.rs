//! Keys that this worker cannot use for a while, whatever they are worth to others: a call with one could
//! not be sent from here, or the master key that opens it is not loaded here.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use uuid::Uuid;

const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_mins(1);
/// A pause that ended this long ago does not make the next one longer.
const REMEMBERED: Duration = Duration::from_mins(5);

#[derive(Default)]
pub struct Withheld {
    unopenable: HashSet<Uuid>,
    avoided: HashMap<Uuid, Pause>,
}

struct Pause {
    until: Instant,
    length: Duration,
}

impl Withheld {
    /// A call with this key could not be sent. Calls that fail together count once.
    pub fn avoid(&mut self, resource: Uuid, now: Instant) {
        self.avoided.retain(|_, it| it.until + REMEMBERED > now);
        let known = self.avoided.get(&resource);
        if known.is_some_and(|it| it.until > now) {
            return;
        }
        let length = known.map_or(PAUSE_FIRST, |it| (it.length * 2).min(PAUSE_MAX));
        self.avoided.insert(resource, Pause { until: now + length, length });
    }

    /// A call with this key was sent.
    pub fn sent(&mut self, resource: Uuid) {
        self.avoided.remove(&resource);
    }

    /// Replaces the keys whose master key is not loaded.
    pub fn set_unopenable(&mut self, resources: HashSet<Uuid>) {
        self.unopenable = resources;
    }

    pub fn holds(&self, resource: Uuid, now: Instant) -> bool {
        self.unopenable.contains(&resource)
            || self.avoided.get(&resource).is_some_and(|it| it.until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_begin_anew_after_a_call_that_was_sent() {
        let (mut withheld, key) = (Withheld::default(), Uuid::now_v7());
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            withheld.avoid(key, now);
            // Another call of the same moment.
            withheld.avoid(key, now);
            let pause = (1..=61).find(|it| !withheld.holds(key, now + Duration::from_secs(*it)));
            pauses.push(pause.unwrap());
            now += Duration::from_secs(pause.unwrap());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);

        withheld.sent(key);
        assert!(!withheld.holds(key, now));
        withheld.avoid(key, now);
        assert!(!withheld.holds(key, now + PAUSE_FIRST));
    }

    #[test]
    fn a_key_whose_master_key_is_not_loaded_is_withheld_until_it_is() {
        let (mut withheld, key) = (Withheld::default(), Uuid::now_v7());
        withheld.set_unopenable(HashSet::from([key]));
        assert!(withheld.holds(key, Instant::now()));
        assert!(!withheld.holds(Uuid::now_v7(), Instant::now()));

        withheld.set_unopenable(HashSet::new());
        assert!(!withheld.holds(key, Instant::now()));
    }
}
