//! Starting a process that goes on when we end.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::OpenOptions;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::identity::Identity;
use super::lock_file;
use super::readiness::Readiness;
use super::record::{Record, Records};
use crate::engine::account::Account;
use crate::interrupt::{Interrupt, wait_until};
use crate::name::stable_hash;

/// Everything needed to start one process, again and again.
#[derive(Debug, Clone)]
pub struct Launch {
    pub name: String,
    pub program: PathBuf,
    pub args: Vec<String>,
    /// The whole environment apart from what [`kept`] lets through.
    pub env: BTreeMap<String, String>,
    /// Who runs it; `None` is us.
    pub account: Option<Account>,
    pub folder: PathBuf,
    pub log: PathBuf,
    pub readiness: Readiness,
    pub metrics_url: Option<String>,
    /// Where the program leaves its process number and looks for a rival's.
    pub lock_file: Option<PathBuf>,
}

impl Launch {
    /// Starts it in a process group of its own, so that the terminal's Ctrl-C reaches only us, and
    /// remembers it. It is not yet ready.
    pub fn start(&self, records: &Records) -> Result<Record> {
        if let Some(file) = &self.lock_file {
            lock_file::clear_of_the_dead(file);
        }
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
            .stderr(log)
            .process_group(0);
        if let Some(account) = &self.account {
            command.uid(account.uid).gid(account.gid);
        }
        let mut child = command
            .spawn()
            .with_context(|| format!("{} could not be started", self.program.display()))?;
        let pid = i32::try_from(child.id()).context("the kernel gave an impossible number")?;
        let Some(identity) = Identity::of(pid) else {
            let status = child.wait().context("an ended child cannot be waited for")?;
            bail!("{} ended at once ({status}){}", self.name, self.last_words());
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

    /// Waits until a started process serves; fails as soon as it has died.
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
            Some(Err(())) => bail!("{} died while starting{}", self.name, self.last_words()),
            None if interrupt.asked() => bail!("interrupted while {} was starting", self.name),
            None => bail!(
                "{} is not ready after {} s: {:#}{}",
                self.name,
                longest.as_secs(),
                last.unwrap_or_else(|| anyhow::anyhow!("it was never asked")),
                self.last_words()
            ),
        }
    }

    /// Changes whenever the process would be started differently.
    pub fn fingerprint(&self) -> u64 {
        let account = self.account.as_ref().map(|it| it.uid);
        let program = self.program.display();
        stable_hash(format!("{program}{:?}{:?}{account:?}", self.args, self.env).as_bytes())
    }

    /// The end of the log, for an error message.
    fn last_words(&self) -> String {
        const LINES: usize = 15;
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(LINES);
        let tail = lines[from..].join("\n    ");
        format!("; the end of {}:\n    {tail}", self.log.display())
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

    fn launch(folder: &std::path::Path, script: &str) -> Launch {
        Launch {
            name: "probe".to_owned(),
            program: PathBuf::from("/bin/sh"),
            args: vec!["-c".to_owned(), script.to_owned()],
            env: BTreeMap::from([("AETHERFLOW_X".to_owned(), "1".to_owned())]),
            account: None,
            folder: folder.to_path_buf(),
            log: folder.join("probe.log"),
            readiness: Readiness::Port(1),
            metrics_url: None,
            lock_file: None,
        }
    }

    fn scratch(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_process_that_dies_while_starting_is_told_with_its_last_words() {
        let folder = scratch("dies");
        let records = Records::open(&folder).unwrap();
        let launch = launch(&folder, "echo no such setting; sleep 0.1; exit 3");
        let record = launch.start(&records).unwrap();
        let error = launch
            .await_ready(&record, Duration::from_secs(20), &Interrupt::never())
            .unwrap_err()
            .to_string();
        assert!(error.contains("died while starting"), "{error}");
        assert!(error.contains("no such setting"), "{error}");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn another_environment_is_another_fingerprint() {
        let folder = PathBuf::from("/nowhere");
        let one = launch(&folder, "true");
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
