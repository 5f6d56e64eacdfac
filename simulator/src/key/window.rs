//! A provider's rate limit, judged over a sliding window, and the record tests read.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many requests in any stretch of time; one more and the key is locked out.
#[derive(Debug)]
pub struct RateLimit {
    /// Requests admitted within `window`.
    pub requests: usize,
    /// The stretch of time.
    pub window: Duration,
    /// How long every request is refused after one too many.
    pub lockout: Duration,
}

/// When the latest requests of a key arrived.
#[derive(Debug, Default)]
pub struct Window {
    starts: VecDeque<Instant>,
    most: usize,
    locked_until: Option<Instant>,
}

impl Window {
    /// Records a request and says whether it is refused.
    ///
    /// Refused requests are in the record too: it is what the provider was sent, not what it
    /// served. They do not prolong a lock-out. A limit that is not enforced ends one.
    pub fn record(&mut self, now: Instant, limit: &RateLimit, enforced: bool) -> bool {
        while let Some(oldest) = self.starts.front()
            && now.duration_since(*oldest) >= limit.window
        {
            self.starts.pop_front();
        }
        self.starts.push_back(now);
        self.most = self.most.max(self.starts.len());
        if !enforced {
            self.locked_until = None;
        } else if self.locked_until.is_none_or(|until| until <= now) {
            let exceeded = self.starts.len() > limit.requests;
            self.locked_until = exceeded.then(|| now + limit.lockout);
        }
        self.locked_until.is_some()
    }

    /// The most requests that arrived within any one window.
    pub fn most(&self) -> usize {
        self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: RateLimit = RateLimit {
        requests: 150,
        window: Duration::from_secs(10),
        lockout: Duration::from_mins(1),
    };

    fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn one_request_too_many_locks_the_key_out_for_a_minute() {
        let (mut window, start) = (Window::default(), Instant::now());
        let admitted = (0..150).all(|n| !window.record(start + millis(n), &LIMIT, true));

        let refused_at = start + millis(200);
        let refused = window.record(refused_at, &LIMIT, true);
        let shortly_before_the_end = window.record(refused_at + millis(59_999), &LIMIT, true);
        let at_the_end = window.record(refused_at + millis(60_000), &LIMIT, true);

        assert!(admitted && refused && shortly_before_the_end);
        assert!(!at_the_end);
    }

    #[test]
    fn the_window_slides_so_two_bursts_around_a_boundary_are_one() {
        let (mut window, start) = (Window::default(), Instant::now());
        let first = (0..100).any(|_| window.record(start + millis(9_000), &LIMIT, true));

        let second: Vec<bool> =
            (0..51).map(|_| window.record(start + millis(18_999), &LIMIT, true)).collect();

        assert!(!first);
        assert_eq!(second.iter().position(|refused| *refused), Some(50));
        assert_eq!(window.most(), 151);
    }

    #[test]
    fn requests_a_whole_window_apart_do_not_meet() {
        let (mut window, start) = (Window::default(), Instant::now());

        let refused =
            (0..300).any(|n| window.record(start + millis(n / 150 * 10_000), &LIMIT, true));

        assert!(!refused);
        assert_eq!(window.most(), 150);
    }

    #[test]
    fn without_enforcement_requests_are_only_recorded() {
        let (mut window, start) = (Window::default(), Instant::now());
        let refused = (0..200).any(|_| window.record(start, &LIMIT, false));

        assert!(!refused);
        assert_eq!(window.most(), 200);
    }

    #[test]
    fn switching_enforcement_off_ends_a_lock_out() {
        let (mut window, start) = (Window::default(), Instant::now());
        let locked = (0..151).map(|_| window.record(start, &LIMIT, true)).last();

        let freed = !window.record(start + millis(1), &LIMIT, false);
        let much_later = !window.record(start + millis(20_000), &LIMIT, true);

        assert_eq!(locked, Some(true));
        assert!(freed && much_later);
    }
}
