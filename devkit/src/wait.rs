//! Waiting on a condition, blocking the thread.

use std::time::{Duration, Instant};

/// How often a condition is checked.
const CHECK_EVERY: Duration = Duration::from_millis(50);

/// Waits until `done` returns `Some`. Returns `None` when `longest` has passed or `give_up` is true.
pub fn wait_until<T>(
    longest: Duration,
    give_up: impl Fn() -> bool,
    mut done: impl FnMut() -> Option<T>,
) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(value) = done() {
            return Some(value);
        }
        if started.elapsed() >= longest || give_up() {
            return None;
        }
        std::thread::sleep(CHECK_EVERY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_ends_with_the_condition() {
        let mut checks = 0;
        let found = wait_until(
            Duration::from_secs(5),
            || false,
            || {
                checks += 1;
                (checks == 3).then_some(checks)
            },
        );
        assert_eq!(found, Some(3));
    }

    #[test]
    fn waiting_ends_at_the_deadline_or_when_it_is_given_up() {
        assert_eq!(wait_until(Duration::ZERO, || false, || None::<()>), None);
        assert_eq!(wait_until(Duration::from_mins(1), || true, || None::<()>), None);
    }
}
