//! Lock files that name a process by number, as PostgreSQL's `postmaster.pid` does. A process that
//! was killed keeps its number until somebody asks for its exit status; where the first process of
//! a container never asks, that is for ever, and the successor takes the number for a living rival.

use std::path::Path;
use std::time::Duration;

use super::Identity;
use crate::wait::wait_until;

/// Whoever is there to ask for exit statuses does so within moments.
const ASKED_WITHIN: Duration = Duration::from_secs(5);

/// Removes a lock file whose process is dead beyond doubt: only its exit status is left, and
/// nothing works in the file's folder any more, so no child of it is still writing there.
pub fn clear_of_the_dead(file: &Path) {
    let Some(pid) = named_in(file) else { return };
    let buried = wait_until(ASKED_WITHIN, || false, || (!only_status_left(pid)).then_some(()));
    if buried.is_none() && file.parent().is_some_and(|it| !somebody_works_in(it)) {
        // When it cannot be removed, the successor says what is in its way.
        let _ = std::fs::remove_file(file);
    }
}

fn named_in(file: &Path) -> Option<i32> {
    std::fs::read_to_string(file).ok()?.lines().next()?.trim().parse().ok()
}

fn only_status_left(pid: i32) -> bool {
    Identity::of(pid).is_none() && Path::new(&format!("/proc/{pid}")).exists()
}

fn somebody_works_in(folder: &Path) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else { return true };
    processes
        .filter_map(Result::ok)
        .any(|it| std::fs::read_link(it.path().join("cwd")).is_ok_and(|it| it == folder))
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn lock_naming(name: &str, pid: u32) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("postmaster.pid");
        std::fs::write(&file, format!("{pid}\n/data\n")).unwrap();
        file
    }

    /// A process nobody has asked for its exit status.
    fn unburied() -> Child {
        let child = Command::new("true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        wait_until(Duration::from_secs(10), || false, || only_status_left(pid).then_some(()))
            .unwrap();
        child
    }

    #[test]
    fn the_lock_of_a_process_that_is_never_buried_goes_away() {
        let mut dead = unburied();
        let file = lock_naming("unburied", dead.id());
        clear_of_the_dead(&file);
        assert!(!file.exists());
        dead.wait().unwrap();
        std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
    }

    #[test]
    fn the_lock_stays_while_a_child_of_the_dead_works_there() {
        let mut dead = unburied();
        let file = lock_naming("orphan", dead.id());
        let folder = file.parent().unwrap();
        let mut orphan = Command::new("sleep").arg("60").current_dir(folder).spawn().unwrap();
        clear_of_the_dead(&file);
        assert!(file.exists());
        orphan.kill().unwrap();
        orphan.wait().unwrap();
        dead.wait().unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_lock_of_the_living_is_left_alone() {
        let file = lock_naming("living", std::process::id());
        clear_of_the_dead(&file);
        assert!(file.exists());
        std::fs::remove_dir_all(file.parent().unwrap()).unwrap();
    }
}
