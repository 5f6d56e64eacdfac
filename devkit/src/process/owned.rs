//! A child process that ends with the value that owns it.

use std::process::{Child, ExitStatus};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Launch;
use crate::wait::wait_until;

/// A running process; killed when dropped.
#[derive(Debug)]
pub struct Process {
    launch: Launch,
    child: Child,
    ended: Option<ExitStatus>,
}

impl Process {
    pub(super) fn new(launch: Launch, child: Child) -> Self {
        Self { launch, child, ended: None }
    }

    /// How it was started.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// Its process number.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("process numbers are small"))
    }

    /// Sends a signal. The process must be running.
    pub fn signal(&mut self, signal: Signal) {
        assert!(self.exited().is_none(), "{} has ended already", self.launch.name);
        kill(self.pid(), signal).expect("an unreaped child can be signalled");
    }

    /// Its exit status, if it has ended.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("our own child can be waited for");
        }
        self.ended
    }

    /// Blocks until it has ended, at most for `longest`.
    pub fn wait(&mut self, longest: Duration) -> Option<ExitStatus> {
        wait_until(longest, || false, || self.exited())
    }

    /// Sends SIGKILL; the process is gone when this returns.
    pub fn kill(&mut self) {
        if self.exited().is_none() {
            // It may end in between; `wait` then returns its own exit status.
            let _ = self.child.kill();
            self.ended = Some(self.child.wait().expect("our own child can be waited for"));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Identity, Readiness};

    #[test]
    fn a_process_ends_with_its_value() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let launch = Launch {
            args: vec!["60".to_owned()],
            ..Launch::new("sleeper", "/bin/sleep".into(), log, Readiness::Port(1))
        };
        let process = launch.start().unwrap();
        let identity = Identity::of(process.pid().as_raw()).unwrap();
        assert!(identity.alive());

        drop(process);

        assert!(!identity.alive());
    }
}
