//! How long to wait between two attempts at something that must succeed in the end.

use std::time::Duration;

use backon::ExponentialBuilder;

/// PostgreSQL is away: whatever waits for it has nothing better to do.
pub fn for_database() -> ExponentialBuilder {
    doubling(Duration::from_millis(50), Duration::from_secs(2))
}

/// Pauses that double from about `first` up to `max`, without end. Half of each is chance, so that many
/// processes do not return at the same moment.
pub fn doubling(first: Duration, max: Duration) -> ExponentialBuilder {
    // The library adds up to as much again as it was given.
    ExponentialBuilder::new()
        .with_min_delay(first / 2)
        .with_max_delay(max / 2)
        .with_jitter()
        .without_max_times()
}

#[cfg(test)]
mod tests {
    use backon::BackoffBuilder;

    use super::*;

    const MAX: Duration = Duration::from_secs(2);

    #[test]
    fn pauses_grow_and_never_exceed_their_maximum() {
        let pauses: Vec<_> = doubling(Duration::from_millis(50), MAX).build().take(20).collect();

        assert!(pauses[0] <= Duration::from_millis(50), "{pauses:?}");
        assert!(pauses.iter().all(|it| *it <= MAX), "{pauses:?}");
        assert!(pauses[10..].iter().all(|it| *it >= MAX / 2), "{pauses:?}");
    }

    #[test]
    fn two_that_failed_together_do_not_return_together() {
        let pauses = || for_database().build().take(5).collect::<Vec<_>>();

        assert_ne!(pauses(), pauses());
    }
}
