//! Telling processes apart. The kernel reuses process numbers; a number together with the start time of
//! its process and the boot of the machine is unique.

use serde::{Deserialize, Serialize};

/// Identifies one process for all time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    pub pid: i32,
    /// Start time in clock ticks since the boot.
    started: u64,
    boot: String,
}

impl Identity {
    /// The process that has this number now; `None` when there is none, or when it has ended and only its
    /// exit status is left.
    pub fn of(pid: i32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let started = start_time_of_living(&stat)?;
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        Some(Self { pid, started, boot: boot.trim().to_owned() })
    }

    /// Whether this very process still runs.
    pub fn alive(&self) -> bool {
        Self::of(self.pid).as_ref() == Some(self)
    }

    /// Whether it still runs but its program has been replaced on disk, by a build for instance.
    pub fn outdated(&self) -> bool {
        self.alive()
            && std::fs::read_link(format!("/proc/{}/exe", self.pid))
                .is_ok_and(|it| it.to_string_lossy().ends_with(" (deleted)"))
    }
}

/// Field 22 of `/proc/PID/stat`, unless the state says zombie or dead. The program's name, in
/// parentheses, may hold spaces and parentheses itself: fields are counted from the last one.
fn start_time_of_living(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next()?;
    if matches!(state, "Z" | "X" | "x") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS_4_TO_21: &str = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18";

    #[test]
    fn we_are_alive_and_keep_our_identity() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let identity = Identity::of(pid).unwrap();
        assert!(identity.alive());
        assert!(!identity.outdated());
    }

    #[test]
    fn a_number_given_to_another_process_is_not_the_same_process() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let now = Identity::of(pid).unwrap();
        assert!(!Identity { started: now.started - 1, ..now.clone() }.alive());
        assert!(!Identity { boot: "an earlier boot".to_owned(), ..now }.alive());
    }

    #[test]
    fn an_unused_number_is_no_process() {
        assert_eq!(Identity::of(i32::MAX), None);
    }

    #[test]
    fn an_ended_child_that_was_not_waited_for_is_dead() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let dead = crate::wait::wait_until(
            std::time::Duration::from_secs(10),
            || false,
            || Identity::of(pid).is_none().then_some(()),
        );
        assert!(dead.is_some());
        child.wait().unwrap();
    }

    #[test]
    fn the_start_time_is_found_behind_any_program_name() {
        let stat = format!("7 (a) b (c)) S {FIELDS_4_TO_21} 4711 0 0");
        assert_eq!(start_time_of_living(&stat), Some(4711));
        assert_eq!(start_time_of_living(&stat.replace(") S", ") Z")), None);
        assert_eq!(start_time_of_living("7 (cut short"), None);
    }
}
