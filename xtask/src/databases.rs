//! One PostgreSQL and one Redis that belong together: those of a stack, or of one test run.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use devkit::account::Account;
use devkit::interrupt::Interrupt;
use devkit::process::Launch;
use devkit::process::Records;
use devkit::process::stop::{self, Ending};
use devkit::progress::step;
use devkit::server::Lifetime;
use devkit::server::install::Programs;
use devkit::server::postgres::{Cluster, Tuning};
use devkit::server::redis::Instance;
use nix::sys::signal::Signal;

use crate::checkout::Checkout;
use crate::home::Home;
use crate::memory::Memory;

/// The pair.
#[derive(Debug, Clone)]
pub struct Databases {
    pub cluster: Cluster,
    pub redis: Instance,
}

/// Recovery after a crash replays at most `max_wal_size`.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// A fast shutdown writes a last checkpoint.
const STOPPED_WITHIN: Duration = Duration::from_mins(2);

impl Databases {
    /// Chooses ports, passwords and folders, whose names begin with `prefix`. Starts nothing.
    pub fn prepare(
        checkout: &Checkout,
        programs: &Programs,
        memory: &mut Memory,
        records: &Records,
        prefix: &str,
        (tuning, lifetime): (Tuning, Lifetime),
    ) -> Result<Self> {
        let account = Account::for_databases()?;
        let home = |it: &str| Home::create(checkout, account.as_ref(), &format!("{prefix}{it}"));
        let runs = |it: &str| records.find(it).is_some_and(|it| it.identity.alive());
        let cluster = Cluster {
            programs: programs.postgres.clone(),
            home: home("postgres")?.path,
            account: account.clone(),
            port: memory.port("postgres", runs("postgres"))?,
            password: memory.password("db-superuser")?,
            tuning,
            lifetime,
        };
        let redis = Instance {
            program: programs.redis.clone(),
            home: home("redis")?.path,
            account: account.clone(),
            port: memory.port("redis", runs("redis"))?,
            password: memory.password("redis")?,
            lifetime,
        };
        Ok(Self { cluster, redis })
    }

    /// Starts both, or finds them running, and waits until they serve.
    pub fn start(&self, records: &Records, logs: &Path, interrupt: &Interrupt) -> Result<()> {
        step("PostgreSQL", || {
            self.cluster.initialise()?;
            let launch = self.cluster.launch(logs.join("postgres.log"));
            let found = keep_or_start(&launch, records, interrupt)?;
            let account = self.cluster.account.as_ref().map(|it| format!(" as {}", it.name));
            let port = self.cluster.port;
            Ok(((), format!("{found} on port {port}{}", account.unwrap_or_default())))
        })?;
        step("Redis", || {
            self.redis.configure()?;
            let launch = self.redis.launch(logs.join("redis.log"));
            let found = keep_or_start(&launch, records, interrupt)?;
            Ok(((), format!("{found} on port {}", self.redis.port)))
        })
    }

    /// How both are started, by the name of their records.
    pub fn launches(&self, logs: &Path) -> BTreeMap<String, Launch> {
        let all = [
            self.cluster.launch(logs.join("postgres.log")),
            self.redis.launch(logs.join("redis.log")),
        ];
        all.into_iter().map(|it| (it.name.clone(), it)).collect()
    }
}

fn keep_or_start(
    launch: &Launch,
    records: &Records,
    interrupt: &Interrupt,
) -> Result<&'static str> {
    let found = records.find(&launch.name).filter(|it| it.identity.alive());
    let (record, word) = match found {
        Some(record) if record.fingerprint == launch.fingerprint() => (record, "running"),
        Some(record) => {
            stop::stop(&record, Signal::SIGINT, STOPPED_WITHIN, interrupt)?;
            (launch.detach(records)?, "restarted with new settings")
        }
        None => (launch.detach(records)?, "started"),
    };
    launch.await_ready(&record, READY_WITHIN, interrupt)?;
    Ok(word)
}

/// Stops both: Redis by SIGTERM, PostgreSQL by SIGINT, which means "disconnect everybody and shut down
/// cleanly".
pub fn stop(records: &Records, interrupt: &Interrupt) -> Result<()> {
    for (name, signal) in [("redis", Signal::SIGTERM), ("postgres", Signal::SIGINT)] {
        let Some(record) = records.find(name) else { continue };
        if record.identity.alive() {
            step(&format!("stopping {name}"), || {
                let ending = stop::stop(&record, signal, STOPPED_WITHIN, interrupt)?;
                let word = if ending == Ending::Killed { "killed" } else { "stopped" };
                Ok(((), word.to_owned()))
            })?;
        }
        records.forget(name);
    }
    Ok(())
}
