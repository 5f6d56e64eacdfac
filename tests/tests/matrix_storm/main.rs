//! A short storm in every test run; `cargo xtask storm` raises a long one.

use std::time::Duration;

use tests::generated;
use tests::storm::{Plan, run};

/// Long enough for every kind of trouble to come once.
const LENGTH: Duration = Duration::from_secs(45);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_storm_breaks_nothing() {
    let report = run(Plan { length: LENGTH, seed: generated::seed() }).await;
    eprintln!("{}", report.page);
    assert!(report.violations.is_empty(), "{}", report.page);
}
