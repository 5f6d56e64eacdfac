//! Starting a process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::{Identity, Process, Readiness, Record, Records, lock_file};
use crate::account::Account;
use crate::interrupt::Interrupt;
use crate::stable_hash::stable_hash;
use crate::wait::wait_until;

/// Everything needed to start one process, again and again.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Unique among the processes started together: `worker-1`.
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<String>,
    /// The whole environment apart from what [`kept`] lets through.
    pub env: BTreeMap<String, String>,
    /// Who runs it; `None` is us.
    pub account: Option<Account>,
    /// Its working folder.
    pub folder: PathBuf,
    /// Where both outputs go; every start appends.
    pub log: PathBuf,
    pub readiness: Readiness,
    pub metrics_url: Option<String>,
    /// Where the program leaves its process number and looks for a rival's.
    pub lock_file: Option<PathBuf>,
}

impl Launch {
    /// One without arguments and environment, in the folder of its log.
    pub fn new(name: &str, program: PathBuf, log: PathBuf, readiness: Readiness) -> Self {
        Self {
            name: name.to_owned(),
            program,
            args: Vec::new(),
            env: BTreeMap::new(),
            account: None,
            folder: log.parent().map(Path::to_path_buf).unwrap_or_default(),
            log,
            readiness,
            metrics_url: None,
            lock_file: None,
        }
    }

    /// Starts a process that ends with the returned value. It stays in our process group, so whoever
    /// ends our group ends it too. It is not ready yet.
    pub fn start(&self) -> Result<Process> {
        let child = self.command()?.spawn();
        let child =
            child.with_context(|| format!("{} could not be started", self.program.display()))?;
        Ok(Process::new(self.clone(), child))
    }

    /// Starts a process that goes on when we end, and records it. It gets a process group of its own,
    /// so that the terminal's Ctrl-C reaches only us. It is not ready yet.
    pub fn detach(&self, records: &Records) -> Result<Record> {
        if let Some(file) = &self.lock_file {
            lock_file::clear_of_the_dead(file);
        }
        let mut child = self
            .command()?
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} could not be started", self.program.display()))?;
        let pid = i32::try_from(child.id()).context("the kernel gave an impossible number")?;
        let Some(identity) = Identity::of(pid) else {
            let status = child.wait().context("an ended child cannot be waited for")?;
            bail!("{} ended at once ({status}){}", self.name, self.end_of_log());
        };
        let record = Record {
            name: self.name.clone(),
            identity,
            fingerprint: self.fingerprint(),
            readiness: self.readiness.clone(),
            metrics_url: self.metrics_url.clone(),
            log: self.log.clone(),
        };
        records.save(&record)?;
        Ok(record)
    }

    fn command(&self) -> Result<Command> {
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)
            .with_context(|| format!("the log {} cannot be written", self.log.display()))?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .envs(kept())
            .envs(&self.env)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("the log cannot be shared")?)
            .stderr(log);
        if let Some(account) = &self.account {
            account.run(&mut command);
        }
        Ok(command)
    }

    /// Waits until a detached process serves; fails as soon as it has died.
    pub fn await_ready(
        &self,
        record: &Record,
        longest: Duration,
        interrupt: &Interrupt,
    ) -> Result<()> {
        let mut last = None;
        let outcome = wait_until(
            longest,
            || interrupt.asked(),
            || {
                if !record.identity.alive() {
                    return Some(Err(()));
                }
                match self.readiness.probe() {
                    Ok(()) => Some(Ok(())),
                    Err(error) => {
                        last = Some(error);
                        None
                    }
                }
            },
        );
        match outcome {
            Some(Ok(())) => Ok(()),
            Some(Err(())) => bail!("{} died while starting{}", self.name, self.end_of_log()),
            None if interrupt.asked() => bail!("interrupted while {} was starting", self.name),
            None => bail!(
                "{} is not ready after {} s: {:#}{}",
                self.name,
                longest.as_secs(),
                last.unwrap_or_else(|| anyhow::anyhow!("it was never asked")),
                self.end_of_log()
            ),
        }
    }

    /// Changes whenever the process would be started differently.
    pub fn fingerprint(&self) -> u64 {
        let account = self.account.as_ref().map(|it| it.uid);
        let program = self.program.display();
        stable_hash(format!("{program}{:?}{:?}{account:?}", self.args, self.env).as_bytes())
    }

    /// Everything written to the log so far, by all starts.
    pub fn log_text(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// The last lines of the log.
    pub fn last_lines(&self, count: usize) -> String {
        let text = self.log_text();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(count)..].join("\n")
    }

    /// The end of the log, for an error message.
    fn end_of_log(&self) -> String {
        let lines = self.last_lines(15).replace('\n', "\n    ");
        format!("; the end of {}:\n    {lines}", self.log.display())
    }
}

/// What a child may inherit: where programs and time zones are, never a setting of a service.
fn kept() -> impl Iterator<Item = (OsString, OsString)> {
    const KEPT: [&str; 8] =
        ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "RUST_BACKTRACE", "LD_LIBRARY_PATH"];
    KEPT.iter().filter_map(|it| Some((OsString::from(it), std::env::var_os(it)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(folder: &Path, script: &str) -> Launch {
        Launch {
            args: vec!["-c".to_owned(), script.to_owned()],
            env: BTreeMap::from([("AETHERFLOW_X".to_owned(), "1".to_owned())]),
            ..Launch::new("probe", "/bin/sh".into(), folder.join("probe.log"), Readiness::Port(1))
        }
    }

    #[test]
    fn a_process_that_dies_while_starting_is_reported_with_the_end_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::open(folder.path()).unwrap();
        let launch = launch(folder.path(), "echo no such setting; sleep 0.1; exit 3");
        let record = launch.detach(&records).unwrap();
        let error = launch
            .await_ready(&record, Duration::from_secs(20), &Interrupt::never())
            .unwrap_err()
            .to_string();
        assert!(error.contains("died while starting"), "{error}");
        assert!(error.contains("no such setting"), "{error}");
    }

    #[test]
    fn another_environment_is_another_fingerprint() {
        let one = launch(Path::new("/nowhere"), "true");
        let mut two = one.clone();
        assert_eq!(one.fingerprint(), two.fingerprint());
        two.env.insert("AETHERFLOW_X".to_owned(), "2".to_owned());
        assert_ne!(one.fingerprint(), two.fingerprint());
    }

    #[test]
    fn settings_of_services_are_not_inherited() {
        assert!(kept().all(|(name, _)| !name.to_string_lossy().starts_with("AETHERFLOW")));
    }
}
