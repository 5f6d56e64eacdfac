//! Progress for people: one line per step, with its result and how long it took.
//!
//! Printing never fails here: a closed terminal or pipe must not keep databases from being stopped,
//! as the panic of `println!` would.

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::Result;

/// Prints a line to the standard output; a closed output is ignored.
#[macro_export]
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}

/// Runs a step that prints nothing itself. The closure returns its value and a few words about the
/// result for the line.
pub fn step<T>(what: &str, work: impl FnOnce() -> Result<(T, String)>) -> Result<T> {
    let mut out = std::io::stdout();
    let _ = write!(out, "  {what} … ").and_then(|()| out.flush());
    let started = Instant::now();
    match work() {
        Ok((value, result)) => {
            say!("{result} ({})", seconds(started.elapsed()));
            Ok(value)
        }
        Err(error) => {
            say!("failed ({})", seconds(started.elapsed()));
            Err(error)
        }
    }
}

/// Runs a step that prints lines of its own, such as a build.
pub fn loud_step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    say!("  {what} …");
    let started = Instant::now();
    let outcome = work();
    let ending = if outcome.is_ok() { "done" } else { "failed" };
    say!("  {what}: {ending} ({})", seconds(started.elapsed()));
    outcome
}

/// A duration as people read it: `0.4 s`, `12 s`, `3 min 05 s`.
pub fn seconds(duration: Duration) -> String {
    let whole = duration.as_secs();
    if whole < 10 {
        format!("{:.1} s", duration.as_secs_f64())
    } else if whole < 60 {
        format!("{whole} s")
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short_to_read() {
        assert_eq!(seconds(Duration::from_millis(420)), "0.4 s");
        assert_eq!(seconds(Duration::from_secs(12)), "12 s");
        assert_eq!(seconds(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn a_failed_step_hands_on_its_error() {
        let outcome: Result<()> = step("x", || anyhow::bail!("no"));
        assert_eq!(outcome.unwrap_err().to_string(), "no");
    }
}
