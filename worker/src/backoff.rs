//! How long to wait between two attempts at something that must succeed in the end.

use std::time::Duration;

use backon::ExponentialBuilder;

/// PostgreSQL is away: whatever waits for it has nothing better to do.
pub fn for_database() -> ExponentialBuilder {
    doubling(Duration::from_millis(50), Duration::from_secs(2))
}

/// Pauses that double from `first` to `max`, without end; random in part, so that many processes do not
/// return at the same moment.
pub fn doubling(first: Duration, max: Duration) -> ExponentialBuilder {
    ExponentialBuilder::new()
        .with_min_delay(first)
        .with_max_delay(max)
        .with_jitter()
        .without_max_times()
}
