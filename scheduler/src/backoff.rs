//! How a duty that fails is tried again: less and less often, with one line in the log.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_mins(1);

/// How many activations failed in a row.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// One more failed. Answers how long to wait, and whether it is the first of its row: the one to
    /// log.
    pub fn failed(&mut self) -> (Duration, bool) {
        self.failures = self.failures.saturating_add(1);
        let pause = FIRST.saturating_mul(1 << (self.failures - 1).min(10)).min(MAX);
        (pause, self.failures == 1)
    }

    /// One succeeded. Answers how many had failed before it.
    pub fn succeeded(&mut self) -> u32 {
        std::mem::take(&mut self.failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_minute_and_only_the_first_failure_is_logged() {
        let mut backoff = Backoff::default();

        let failures: Vec<_> = (0..9).map(|_| backoff.failed()).collect();

        let seconds: Vec<u64> = failures.iter().map(|(pause, _)| pause.as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(failures.iter().filter(|(_, first)| *first).count(), 1);
        assert!(failures[0].1);
    }

    #[test]
    fn a_success_begins_anew() {
        let mut backoff = Backoff::default();
        backoff.failed();
        backoff.failed();

        assert_eq!(backoff.succeeded(), 2);
        assert_eq!(backoff.succeeded(), 0);
        assert_eq!(backoff.failed(), (FIRST, true));
    }

    #[test]
    fn a_duty_that_fails_for_weeks_keeps_its_pace() {
        let mut backoff = Backoff { failures: u32::MAX };

        assert_eq!(backoff.failed(), (MAX, false));
    }
}
