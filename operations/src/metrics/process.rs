//! What the kernel knows about this process (proc(5)), under the names every dashboard expects.

use std::fmt::Write as _;
use std::fs;

/// The unit of times in `/proc`: 100 on every Linux, whatever its kernel's own tick.
const TICKS_PER_SECOND: f64 = 100.0;

/// A reading of `/proc/self`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Process {
    resident_bytes: u64,
    threads: u64,
    open_files: u64,
    cpu_seconds: f64,
}

/// `None` where there is no `/proc`.
pub(super) fn read() -> Option<Process> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let open_files = fs::read_dir("/proc/self/fd").ok()?.count();
    Some(Process {
        resident_bytes: status_value(&status, "VmRSS:")?.checked_mul(1_024)?,
        threads: status_value(&status, "Threads:")?,
        open_files: u64::try_from(open_files).ok()?,
        cpu_seconds: cpu_seconds(&stat)?,
    })
}

fn status_value(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|it| it.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// User and system time are the 14th and 15th field; the second is the command in parentheses and
/// may hold anything, even spaces and parentheses.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map_while(|it| it.parse::<f64>().ok());
    Some((times.next()? + times.next()?) / TICKS_PER_SECOND)
}

impl Process {
    /// Appends it in Prometheus' text form. Seconds are fractional, which the recorder's counters
    /// are not.
    pub fn render(&self, text: &mut String) {
        let Self { resident_bytes, threads, open_files, cpu_seconds } = self;
        write!(
            text,
            "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes {resident_bytes}\n\
             # TYPE process_threads gauge\nprocess_threads {threads}\n\
             # TYPE process_open_fds gauge\nprocess_open_fds {open_files}\n\
             # TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total {cpu_seconds}\n"
        )
        .expect("writing to a String cannot fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_with_parentheses_does_not_shift_the_fields() {
        let stat = "7 (a (b) 9) S 1 7 7 0 -1 4194560 1 0 0 0 250 150 0 0 20 0 4 0 1 2 3";

        assert_eq!(cpu_seconds(stat), Some(4.0));
    }

    #[test]
    fn this_process_uses_memory_and_files() {
        let process = read().unwrap();

        assert!(process.resident_bytes > 1_000_000);
        assert!(process.threads >= 1);
        assert!(process.open_files >= 3);
    }
}
