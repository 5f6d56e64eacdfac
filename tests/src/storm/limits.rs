//! By the provider's own count no key is ever used beyond a limit.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use devkit::deadline;
use rust_decimal::Decimal;

use super::Storm;
use super::fleet::{Hosted, JITTER_MS, RUN_MAX};

/// The provider's own limit within its window of ten seconds.
const WINDOW_MAX: u32 = 150;
/// Longer than any call takes: one begun under an older limit has ended by then.
const CALL_MAX: Duration = RUN_MAX;

/// Looks at the provider's counters all the time.
pub(super) async fn watch(storm: &Storm) {
    while !storm.is_over() {
        note_in_force(storm).await;
        let seen = Instant::now();
        let Some(all) = storm.stack().simulator.counters().await else { continue };
        for hosted in &storm.fleet.keys {
            let Some(books) = all.iter().find(|it| it.key == hosted.key.secret) else { continue };
            let allowed = in_force(hosted, seen);
            if books.in_flight > allowed {
                let (id, out) = (&hosted.resource.id, books.in_flight);
                storm.violation(format!(
                    "resource {id} has {out} calls at once, {allowed} are allowed"
                ));
            }
        }
        deadline::pause(Duration::from_millis(300)).await;
    }
}

/// What the database says is in force: a change that nobody answered may be made by a process that
/// wakes later, after one that was asked for after it.
async fn note_in_force(storm: &Storm) {
    let pool = &storm.stack().pool;
    let asked =
        sqlx::query_as::<_, (String, i32)>("SELECT id::text, concurrency_limit FROM pool.resource")
            .fetch_all(pool);
    // If it does not answer, running calls were begun under the limits in force before.
    let Ok(Ok(rows)) = tokio::time::timeout(Duration::from_secs(2), asked).await else { return };
    let rows: HashMap<String, i32> = rows.into_iter().collect();
    for hosted in &storm.fleet.keys {
        let known = rows.get(&hosted.resource.id).and_then(|it| u32::try_from(*it).ok());
        let Some(limit) = known else { continue };
        let mut limits = hosted.limits();
        if limits.concurrency.last().is_none_or(|it| it.1 != limit) {
            limits.concurrency.push((Instant::now(), limit));
        }
    }
}

/// The highest limit under which a running call may have begun.
fn in_force(hosted: &Hosted, now: Instant) -> u32 {
    let limits = hosted.limits();
    let older = limits.concurrency.iter().rev().find(|(at, _)| *at + CALL_MAX < now);
    let newer = limits.concurrency.iter().filter(|(at, _)| *at + CALL_MAX >= now);
    newer.chain(older).map(|(_, limit)| *limit).max().expect("every key begins with a limit")
}

/// What the provider has counted in all.
pub(super) async fn check(storm: &Storm) -> Vec<String> {
    let days = 1 + storm.began.elapsed().as_secs() / 86_400 + u64::from(crosses_midnight(storm));
    let mut violations = Vec::new();
    for hosted in &storm.fleet.keys {
        let id = &hosted.resource.id;
        let Some(books) = hosted.key.find_books().await else {
            violations.push(format!("the provider has forgotten the key of resource {id}"));
            continue;
        };
        let (concurrency, daily, rpm) = {
            let limits = hosted.limits();
            let concurrency = limits.concurrency.iter().map(|it| it.1).max().unwrap_or(0);
            (
                concurrency,
                limits.daily.iter().max().copied().unwrap_or(0),
                limits.rpm.iter().max().copied(),
            )
        };
        if books.window_max > WINDOW_MAX {
            violations.push(format!("resource {id}: {} calls within 10 s", books.window_max));
        }
        if books.in_flight_max > concurrency {
            violations.push(format!(
                "resource {id}: {} calls at once, {concurrency} at most",
                books.in_flight_max
            ));
        }
        if books.credits > Decimal::from(u64::from(daily) * days) {
            violations.push(format!("resource {id}: {} units, {daily} a day", books.credits));
        }
        if let Some(rpm) = rpm {
            let most = most_within(&hosted.key.made().await, minute_ms());
            if most > rpm as usize {
                violations.push(format!(
                    "resource {id}: {most} images within a minute, {rpm} calls allowed"
                ));
            }
        }
    }
    violations
}

/// Within a minute of calls, their images are made within a minute less what separates the fastest
/// from the slowest, and what a busy machine adds.
fn minute_ms() -> f64 {
    60_000.0 - 2.0 * f64::from(JITTER_MS) - 1_000.0
}

/// Windows are UTC days.
fn crosses_midnight(storm: &Storm) -> bool {
    let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let today = unix.map_or(0, |it| it.as_secs() % 86_400);
    today < storm.began.elapsed().as_secs()
}

/// The most of these instants that lie within any window of this length.
fn most_within(made: &[(String, f64)], window_ms: f64) -> usize {
    let mut at: Vec<f64> = made.iter().map(|it| it.1).collect();
    at.sort_by(f64::total_cmp);
    let (mut first, mut most) = (0, 0);
    for last in 0..at.len() {
        while at[last] - at[first] >= window_ms {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::most_within;

    #[test]
    fn a_sliding_window_finds_the_densest_minute() {
        let made: Vec<(String, f64)> =
            [0.0, 10.0, 59.0, 61.0, 69.0, 200.0].map(|at| (String::new(), at)).into();

        assert_eq!(most_within(&made, 60.0), 4);
        assert_eq!(most_within(&made, 1.0), 1);
        assert_eq!(most_within(&[], 60.0), 0);
    }
}
