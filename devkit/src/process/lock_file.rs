//! Lock files that name a process by number, as PostgreSQL's `postmaster.pid` does. A killed process
//! keeps its number until its parent reads its exit status. In a container whose first process never
//! does, that is for ever, and the next server takes the dead process for a running one.

use std::path::Path;
use std::time::Duration;

use super::Identity;
use crate::wait::wait_until;

/// A parent that reads exit statuses does so within moments.
const REAPED_WITHIN: Duration = Duration::from_secs(5);

/// Removes a lock file whose process is certainly dead: only its exit status is left, and no process
/// has the file's folder as its working folder, so no child of it still writes there.
pub fn clear_of_the_dead(file: &Path) {
    let Some(pid) = pid_in(file) else { return };
    let reaped = wait_until(REAPED_WITHIN, || false, || (!only_status_left(pid)).then_some(()));
    if reaped.is_none() && file.parent().is_some_and(|it| !in_use(it)) {
        // When it cannot be removed, the next server reports the lock file.
        let _ = std::fs::remove_file(file);
    }
}

fn pid_in(file: &Path) -> Option<i32> {
    std::fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()
}

fn only_status_left(pid: i32) -> bool {
    Identity::of(pid).is_none() && Path::new(&format!("/proc/{pid}")).exists()
}

fn in_use(folder: &Path) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else { return true };
    processes
        .filter_map(Result::ok)
        .any(|it| std::fs::read_link(it.path().join("cwd")).is_ok_and(|it| it == folder))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::{Child, Command};

    use tempfile::TempDir;

    use super::*;

    fn lock_naming(pid: u32) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("postmaster.pid");
        std::fs::write(&file, format!("{pid}\n/data\n")).unwrap();
        (folder, file)
    }

    /// A process whose exit status has not been read.
    fn unreaped() -> Child {
        let child = Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        wait_until(Duration::from_secs(10), || false, || only_status_left(pid).then_some(()))
            .unwrap();
        child
    }

    #[test]
    fn the_lock_of_a_process_that_is_never_reaped_is_removed() {
        let mut dead = unreaped();
        let (_folder, file) = lock_naming(dead.id());
        clear_of_the_dead(&file);
        assert!(!file.exists());
        dead.wait().unwrap();
    }

    #[test]
    fn the_lock_stays_while_a_child_of_the_dead_process_works_there() {
        let mut dead = unreaped();
        let (folder, file) = lock_naming(dead.id());
        let mut orphan = Command::new("sleep").arg("60").current_dir(&folder).spawn().unwrap();
        clear_of_the_dead(&file);
        assert!(file.exists());
        orphan.kill().unwrap();
        orphan.wait().unwrap();
        dead.wait().unwrap();
    }

    #[test]
    fn the_lock_of_a_running_process_is_left_alone() {
        let (_folder, file) = lock_naming(std::process::id());
        clear_of_the_dead(&file);
        assert!(file.exists());
    }
}
