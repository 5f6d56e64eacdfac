//! Waiting on a condition with a deadline: the only pauses of all tests.

use std::time::{Duration, Instant};

/// How often a condition is checked.
const CHECK_EVERY: Duration = Duration::from_millis(20);

/// Waits until `check` returns `Some`; panics with `what` when it has not within `longest`.
pub async fn until<T>(what: &str, longest: Duration, check: impl AsyncFnMut() -> Option<T>) -> T {
    find(longest, check).await.unwrap_or_else(|| panic!("not within {longest:?}: {what}"))
}

/// Waits until `check` is true; panics with `what` when it is not within `longest`.
pub async fn until_true(what: &str, longest: Duration, mut check: impl AsyncFnMut() -> bool) {
    until(what, longest, async || check().await.then_some(())).await;
}

/// Checks until there is a result, at most for `longest`, and at least once.
pub async fn find<T>(longest: Duration, mut check: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(result) = check().await {
            return Some(result);
        }
        if started.elapsed() >= longest {
            return None;
        }
        pause(CHECK_EVERY).await;
    }
}

/// Lets time pass. For what is itself a passing of time, such as the pace of a load; never for "it
/// should be done by now".
pub async fn pause(duration: Duration) {
    #[expect(clippy::disallowed_methods, reason = "here and nowhere else")]
    tokio::time::sleep(duration).await;
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_condition_that_comes_true_ends_the_wait() {
        let checked = Cell::new(0);

        let result = until("the third check", Duration::from_secs(5), || async {
            checked.set(checked.get() + 1);
            (checked.get() == 3).then_some("yes")
        })
        .await;

        assert_eq!((result, checked.get()), ("yes", 3));
    }

    #[tokio::test]
    async fn a_deadline_of_nothing_still_checks_once() {
        assert_eq!(find(Duration::ZERO, || async { Some(7) }).await, Some(7));
        assert_eq!(find(Duration::ZERO, || async { None::<u8> }).await, None);
    }
}
