//! Whether the database has answered for long enough to declare anybody dead.
//!
//! A worker that sent no heartbeat because the database was away is not dead, and to end its attempts
//! would buy their images twice. So a scheduler judges nobody before it was answered itself, without a
//! gap, for one full lease: in that time every living worker has beaten again.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The rule, over instants handed in.
#[derive(Debug)]
pub struct Answering {
    lease: Duration,
    gap_max: Duration,
    streak: Option<Streak>,
}

/// Answers that followed each other without a gap.
#[derive(Debug, Clone, Copy)]
struct Streak {
    /// When the first answer was there.
    since: Instant,
    /// When the last one was asked for: all that is known is that the database answered after that.
    last: Instant,
}

impl Answering {
    /// No answer yet. Workers send a heartbeat every quarter of a lease, so a shorter gap hides at most one
    /// of each.
    pub fn new(lease: Duration) -> Self {
        Self { lease, gap_max: lease / 4, streak: None }
    }

    /// The database stored something that was asked for at `asked`, and `answered` now.
    pub fn answered(&mut self, asked: Instant, answered: Instant) {
        let since = match self.streak {
            Some(streak) if answered.duration_since(streak.last) <= self.gap_max => streak.since,
            // Nothing is known about the time before.
            _ => answered,
        };
        self.streak = Some(Streak { since, last: asked });
    }

    /// It did not answer, or refused.
    pub fn failed(&mut self) {
        self.streak = None;
    }

    /// Whether it has answered for a full lease up to `now`.
    pub fn may_judge(&self, now: Instant) -> bool {
        self.streak.is_some_and(|streak| {
            streak.last.saturating_duration_since(streak.since) >= self.lease
                && now.saturating_duration_since(streak.last) <= self.gap_max
        })
    }
}

/// The rule for all duties of a process: the lead records what the database answers, rescue asks.
#[derive(Debug)]
pub struct DatabaseWatch {
    answering: Mutex<Answering>,
}

impl DatabaseWatch {
    /// For workers that are dead after `lease`.
    pub fn new(lease: Duration) -> Self {
        Self { answering: Mutex::new(Answering::new(lease)) }
    }

    /// See [`Answering::answered`].
    pub fn answered(&self, asked: Instant, answered: Instant) {
        self.answering.lock().answered(asked, answered);
    }

    /// See [`Answering::failed`].
    pub fn failed(&self) {
        self.answering.lock().failed();
    }

    /// Whether the last question was answered.
    pub fn has_answer(&self) -> bool {
        self.answering.lock().streak.is_some()
    }

    /// See [`Answering::may_judge`].
    pub fn may_judge(&self) -> bool {
        self.answering.lock().may_judge(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(20);

    /// One question at each of these seconds, answered a tenth later; then whether judging is
    /// allowed at `now`.
    fn after(questions: &[u64], now: u64) -> bool {
        let start = Instant::now();
        let mut answering = Answering::new(LEASE);
        for second in questions {
            let asked = start + Duration::from_secs(*second);
            answering.answered(asked, asked + Duration::from_millis(100));
        }
        answering.may_judge(start + Duration::from_secs(now))
    }

    #[test]
    fn nothing_is_judged_before_the_first_answer() {
        assert!(!Answering::new(LEASE).may_judge(Instant::now()));
    }

    #[test]
    fn judging_begins_after_a_full_lease_of_answers() {
        let every_four = [0, 4, 8, 12, 16, 20, 24];

        assert!(!after(&every_four[..6], 20), "the first answer came a little after second 0");
        assert!(after(&every_four, 24));
    }

    #[test]
    fn one_answer_long_ago_is_not_a_lease_of_answers() {
        assert!(!after(&[0], 30));
        assert!(!after(&[0, 30], 30));
    }

    #[test]
    fn a_gap_begins_the_lease_anew() {
        assert!(!after(&[0, 4, 8, 12, 16, 22, 26], 26), "six seconds without an answer");
        assert!(after(&[0, 4, 8, 14, 18, 22, 26, 30, 34, 38], 38));
    }

    #[test]
    fn a_frozen_process_judges_nobody_when_it_thaws() {
        let every_four = [0, 4, 8, 12, 16, 20, 24];

        assert!(after(&every_four, 29));
        assert!(!after(&every_four, 30), "the last question is too old");
    }

    #[test]
    fn a_refusal_begins_the_lease_anew() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut answering = Answering::new(LEASE);
        for second in 0..=30 {
            answering.answered(at(second), at(second));
        }
        assert!(answering.may_judge(at(30)));

        answering.failed();

        assert!(!answering.may_judge(at(30)));
        for second in 31..=50 {
            answering.answered(at(second), at(second));
        }
        assert!(!answering.may_judge(at(50)));
        answering.answered(at(51), at(51));
        assert!(answering.may_judge(at(51)));
    }

    #[test]
    fn an_answer_that_was_long_in_coming_is_a_gap() {
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        let mut answering = Answering::new(LEASE);
        for second in 0..=30 {
            answering.answered(at(second), at(second));
        }

        answering.answered(at(31), at(37));

        assert!(!answering.may_judge(at(37)));
    }
}
