//! Processes that die at a named point, the proof that they died there, and the books in between.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::{Leftover, Stack};
use crate::books;

/// A point that is reached at all is reached soon.
const DIES_WITHIN: Duration = Duration::from_secs(40);

impl Stack {
    /// Starts a process anew with this fail point, and does not wait for it: it may die at once.
    pub fn start_armed(&self, name: &str, failpoint: &str) {
        self.start_anew(name, Some(failpoint));
    }

    /// Starts a process anew without fail points, and does not wait until it is ready.
    pub fn start_unready(&self, name: &str) {
        self.start_anew(name, None);
    }

    fn start_anew(&self, name: &str, failpoint: Option<&str>) {
        let mut launch = self.with(name, |process| {
            process.kill();
            process.launch().clone()
        });
        launch.env.remove("AETHERFLOW_FAILPOINT");
        if let Some(failpoint) = failpoint {
            launch.env.insert("AETHERFLOW_FAILPOINT".to_owned(), failpoint.to_owned());
        }
        let process = launch.start().expect("a service starts");
        self.processes().insert(name.to_owned(), process);
    }

    /// Waits until a process has died at `point` and nowhere else: by SIGKILL, and its log names the point.
    pub async fn dies_at(&self, name: &str, point: &str) {
        let status = self.ends_within(name, DIES_WITHIN).await;
        assert_eq!(status.signal(), Some(Signal::SIGKILL as i32), "{name} ended with {status}");
        let log = self.log(name);
        let last = log.lines().rev().find_map(|it| it.strip_prefix("failpoint "));
        assert_eq!(last, Some(point), "{name} died elsewhere");
    }

    /// The process's number.
    pub fn pid(&self, name: &str) -> i32 {
        self.with(name, |it| it.pid().as_raw())
    }

    /// Waits until everything is quiet and checks the books as the end of a test does, so that what
    /// follows in the same stack cannot be caused by `what`.
    pub async fn check_books(&self, what: &str) {
        self.await_quiet(Leftover::Nothing).await;
        let violations = books::check(self).await;
        assert!(violations.is_empty(), "after {what}:\n  {}", violations.join("\n  "));
    }
}
