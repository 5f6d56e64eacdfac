//! Work that is repeated for as long as a process lives.

use std::fmt::Display;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// Does `work` at once and then every `interval`, until `stop`. Work under way is finished; work that
/// takes longer than the interval delays the next run. Work that fails is done again at its next turn.
pub async fn every<F, E>(
    interval: Duration,
    stop: &CancellationToken,
    name: &'static str,
    work: impl FnMut() -> F,
) where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    // Nobody has this one to wake it with.
    every_or_woken(interval, &Notify::new(), stop, name, work).await;
}

/// Like [`every`], and also as soon as `wake` is notified.
pub async fn every_or_woken<F, E>(
    interval: Duration,
    wake: &Notify,
    stop: &CancellationToken,
    name: &'static str,
    mut work: impl FnMut() -> F,
) where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let mut ticks = ticks(interval);
    let mut failures = Failures { name, in_a_row: 0 };
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = wake.notified() => {}
            _ = ticks.tick() => {}
        }
        failures.note(work().await);
    }
}

/// Ticks at once and then every `interval`; a late tick delays those after it instead of being caught up.
pub fn ticks(interval: Duration) -> Interval {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Logs the first of several failures in a row, and the success that ends them: an outage must not fill
/// the log.
struct Failures {
    name: &'static str,
    in_a_row: u64,
}

impl Failures {
    fn note<E: Display>(&mut self, result: Result<(), E>) {
        let Self { name, in_a_row } = *self;
        match result {
            Ok(()) if in_a_row > 0 => {
                tracing::info!(task = name, failures = in_a_row, "periodic work succeeds again");
                self.in_a_row = 0;
            }
            Ok(()) => {}
            Err(error) => {
                if in_a_row == 0 {
                    tracing::warn!(task = name, %error, "periodic work failed; it is tried again");
                } else {
                    tracing::debug!(task = name, %error, "periodic work still fails");
                }
                self.in_a_row += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::Instant;

    use super::*;

    const EVERY: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn work_is_done_at_once_and_then_at_its_pace_even_if_it_fails() {
        let (stop, began) = (CancellationToken::new(), Instant::now());
        let runs = Cell::new(Vec::new());

        every(EVERY, &stop, "test", || async {
            let mut done = runs.take();
            done.push(began.elapsed().as_secs());
            if done.len() == 3 {
                stop.cancel();
            }
            runs.set(done);
            Err("fails each time")
        })
        .await;

        assert_eq!(runs.take(), [0, 10, 20]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wake_up_brings_the_next_run_forward() {
        let (stop, wake, began) = (CancellationToken::new(), Notify::new(), Instant::now());
        let runs = Cell::new(0);

        every_or_woken(EVERY, &wake, &stop, "test", || async {
            runs.set(runs.get() + 1);
            if runs.get() == 3 {
                stop.cancel();
            }
            wake.notify_one();
            Ok::<_, String>(())
        })
        .await;

        assert_eq!(runs.get(), 3);
        assert_eq!(began.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn work_under_way_is_finished_when_the_process_stops() {
        let stop = CancellationToken::new();
        let finished = Cell::new(false);

        every(EVERY, &stop, "test", || async {
            stop.cancel();
            tokio::task::yield_now().await;
            finished.set(true);
            Ok::<_, String>(())
        })
        .await;

        assert!(finished.get());
    }
}
