//! What was done and what came of it, while it happens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rust_decimal::Decimal;

use super::hostile::Suspension;
use crate::client::{Task, credits};

#[derive(Debug, Default)]
pub(super) struct Tally {
    /// What was done to which process or server: `kill worker`, `FLUSHALL`.
    pub trouble: BTreeMap<String, u64>,
    /// Answers other than an accepted task, by code.
    pub refused: BTreeMap<String, u64>,
    /// Requests that had to be repeated, because there was no answer or the answer was a 503.
    pub repeated: u64,
    /// Idempotency keys of submits that were refused after a try that was not answered. That try may
    /// still arrive at a process that wakes up later, and be accepted.
    pub refused_late: BTreeSet<String>,
    /// Every task a client was promised.
    pub known: BTreeSet<String>,
    /// How they ended: status, or `failed: code`.
    pub outcomes: BTreeMap<String, u64>,
    /// From the first try of a submit until it was accepted.
    pub submits: Vec<Duration>,
    /// From the first try of a submit until its client saw the end.
    pub lifecycles: Vec<Duration>,
    /// When owners surely were suspended.
    pub suspensions: Vec<Suspension>,
    pub violations: Vec<String>,
}

impl Tally {
    pub fn trouble(&mut self, what: &str) {
        *self.trouble.entry(what.to_owned()).or_default() += 1;
    }

    pub fn ended(&mut self, task: &Task, lifecycle: Duration) {
        let outcome = match task.error_code() {
            "" => task.status.clone(),
            code => format!("{}: {code}", task.status),
        };
        *self.outcomes.entry(outcome).or_default() += 1;
        self.lifecycles.push(lifecycle);
        let most = fair_ceiling(&task.requested_model);
        if task.credits_cost.is_some_and(|cost| cost > most) {
            let cost = task.credits_cost;
            self.violations.push(format!("task {} cost {cost:?}, {most} is fair", task.id));
        }
    }

    pub fn outcome(&self, name: &str) -> u64 {
        self.outcomes.get(name).copied().unwrap_or(0)
    }

    /// The share of tasks with an image among those that were ended neither by their consumer nor by a
    /// provider's verdict on the prompt: another key had capacity all the time.
    #[expect(clippy::cast_precision_loss, reason = "nobody storms for 2^52 tasks")]
    pub fn success(&self) -> f64 {
        let made = self.outcome("completed");
        let lost =
            self.outcome("failed: providers_failed") + self.outcome("failed: deadline_exceeded");
        made as f64 / (made + lost).max(1) as f64
    }
}

/// The most a task pays that names no ceiling: its reference cost and a tenth. Many keys are so priced all the time.
fn fair_ceiling(requested_model: &str) -> Decimal {
    let units = match requested_model {
        "stability/ultra" => "8",
        "stability/sd3.5-medium" => "3.5",
        _ => "3",
    };
    credits(units) * credits("0.5") * credits("1.1")
}

/// The value that so many in a hundred do not exceed.
pub(super) fn percentile(all: &[Duration], percent: usize) -> Duration {
    let mut sorted = all.to_vec();
    sorted.sort_unstable();
    let last = sorted.len().saturating_sub(1);
    sorted.get((last * percent).div_ceil(100)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_judged_without_what_others_decided() {
        let mut tally = Tally::default();
        let outcomes = [
            ("completed", 98),
            ("canceled", 50),
            ("failed: content_blocked", 30),
            ("failed: providers_failed", 1),
            ("failed: deadline_exceeded", 1),
        ];
        tally.outcomes = outcomes.map(|(name, count)| (name.to_owned(), count)).into();

        assert!((tally.success() - 0.98).abs() < 1e-9);
    }

    #[test]
    fn percentiles_of_nothing_are_nothing() {
        let milliseconds: Vec<Duration> = (0..=100).map(Duration::from_millis).collect();

        assert_eq!(percentile(&milliseconds, 50), Duration::from_millis(50));
        assert_eq!(percentile(&milliseconds, 100), Duration::from_millis(100));
        assert_eq!(percentile(&[], 99), Duration::ZERO);
    }
}
