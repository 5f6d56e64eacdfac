//! One child process: its log in a file, its signals, and a certain end.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User};

use crate::deadline;

/// How a process is started, as often as one likes.
#[derive(Debug, Clone)]
pub struct Launch {
    /// What tests call it: `worker-1`.
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<String>,
    /// Its whole environment apart from `PATH`, `HOME`, `TMPDIR` and the like.
    pub env: BTreeMap<String, String>,
    /// Where both outputs go; appended to by every start.
    pub log: PathBuf,
    /// Another account that runs it.
    pub account: Option<String>,
}

/// What a child may inherit: where programs and time zones are, never a setting of a service.
const KEPT: [&str; 7] =
    ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "RUST_BACKTRACE", "LD_LIBRARY_PATH"];

impl Launch {
    /// Starts it. It stays in our process group: whoever ends the test run ends it too, and
    /// dropping it kills it.
    pub fn start(&self) -> Process {
        let log = OpenOptions::new().create(true).append(true).open(&self.log);
        let log = log.unwrap_or_else(|error| panic!("{}: {error}", self.log.display()));
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .envs(KEPT.iter().filter_map(|it| Some((it, std::env::var_os(it)?))))
            .envs(&self.env)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file can be opened twice"))
            .stderr(log);
        if let Some(account) = &self.account {
            lend(&mut command, account);
        }
        let child = command.spawn();
        let child = child
            .unwrap_or_else(|error| panic!("{} does not start: {error}", self.program.display()));
        Process { launch: self.clone(), child, ended: None }
    }

    /// Everything it has written so far, by all its starts.
    pub fn log_text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The end of its log.
    pub fn last_words(&self, lines: usize) -> String {
        let text = self.log_text();
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
}

/// Makes a command run as another account.
pub fn lend(command: &mut Command, account: &str) {
    use std::os::unix::process::CommandExt as _;
    let user = account_of(account);
    command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
}

/// An account of this machine.
pub fn account_of(name: &str) -> User {
    let found = User::from_name(name).expect("the accounts of this machine can be read");
    found.unwrap_or_else(|| panic!("this machine has no account {name}"))
}

/// A running process; killed when dropped.
#[derive(Debug)]
pub struct Process {
    launch: Launch,
    child: Child,
    ended: Option<ExitStatus>,
}

impl Process {
    /// How it was started.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// Its number.
    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id()).expect("process numbers are small"))
    }

    /// Sends a signal to the living.
    pub fn signal(&mut self, signal: Signal) {
        assert!(self.exited().is_none(), "{} has ended already", self.launch.name);
        kill(self.pid(), signal).expect("an unreaped child can be signalled");
    }

    /// How it ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait().expect("our own child can be waited for");
        }
        self.ended
    }

    /// Waits for its end; panics with its last words when it lives on.
    pub async fn ends_within(&mut self, longest: Duration) -> ExitStatus {
        let ended = deadline::find(longest, async || self.exited()).await;
        ended.unwrap_or_else(|| {
            let launch = &self.launch;
            panic!("{} lives on after {longest:?}:\n{}", launch.name, launch.last_words(30))
        })
    }

    /// SIGKILL, and it is gone when this returns.
    pub fn kill(&mut self) {
        if self.exited().is_none() {
            // It may end between the look and the signal; waiting tells.
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
