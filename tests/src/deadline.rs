//! Waiting on a condition with a deadline: the only pauses of the whole harness.

use std::time::{Duration, Instant};

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Asks until there is an answer; panics with `what` when there is none within `longest`.
pub async fn until<T>(what: &str, longest: Duration, ask: impl AsyncFnMut() -> Option<T>) -> T {
    find(longest, ask).await.unwrap_or_else(|| panic!("waited {longest:?} in vain: {what}"))
}

/// Asks until there is an answer, at most for `longest`, and at least once.
pub async fn find<T>(longest: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Some(answer);
        }
        if started.elapsed() >= longest {
            return None;
        }
        pause(LOOK_EVERY).await;
    }
}

/// Lets time pass. For conditions that are the passing of time itself, never for "it should be
/// done by now".
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
        let asked = Cell::new(0);

        let answer = until("the third look", Duration::from_secs(5), || async {
            asked.set(asked.get() + 1);
            (asked.get() == 3).then_some("yes")
        })
        .await;

        assert_eq!((answer, asked.get()), ("yes", 3));
    }

    #[tokio::test]
    async fn a_deadline_of_nothing_still_looks_once() {
        assert_eq!(find(Duration::ZERO, || async { Some(7) }).await, Some(7));
        assert_eq!(find(Duration::ZERO, || async { None::<u8> }).await, None);
    }
}
