//! Databases for one command: created at its start, deleted at its end, however it ends.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use devkit::account::Account;
use devkit::interrupt::Interrupt;
use devkit::process::Identity;
use devkit::process::Records;
use devkit::say;
use devkit::server::Lifetime;
use devkit::server::install::Programs;
use devkit::server::postgres::{SUPERUSER, Tuning};
use devkit::{environment, private_file};

use crate::checkout::Checkout;
use crate::databases::Databases;
use crate::home::Home;
use crate::memory::Memory;
use crate::stack::stop;

/// Private databases that end with this value.
#[derive(Debug)]
pub struct Scratch {
    checkout: Checkout,
    name: String,
    folder: PathBuf,
    pub databases: Databases,
    pub records: Records,
}

impl Scratch {
    /// Starts both. What a command that was killed left behind is deleted first.
    pub fn start(
        checkout: &Checkout,
        programs: &Programs,
        tuning: Tuning,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        clear_abandoned(checkout);
        let pid = std::process::id();
        let name = format!("scratch-{pid}");
        let folder = checkout.dev().join(&name);
        private_file::create_dir(&folder)?;
        private_file::write(&folder.join("owner"), &serde_json::to_vec(&ourselves())?)?;
        let records = Records::open(&folder.join("run"))?;
        let seed = checkout.number().wrapping_add(u64::from(pid) * 16);
        let mut memory = Memory::unsaved(&folder.join("memory.json"), seed);
        let databases = Databases::prepare(
            checkout,
            programs,
            &mut memory,
            &records,
            &format!("{name}/"),
            (tuning, Lifetime::Run),
        )?;
        let this = Self { checkout: checkout.clone(), name, folder, databases, records };
        this.databases.start(&this.records, &this.folder, interrupt)?;
        Ok(this)
    }

    /// A folder that is deleted with this value.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The environment variables that tests and measurements read.
    pub fn env(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            (environment::DATABASE_URL, self.databases.cluster.superuser_url(SUPERUSER)),
            (environment::REDIS_URL, self.databases.redis.url()),
        ])
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = stop::stop_all(&self.records, &Interrupt::never()) {
            say!("  what was started could not be stopped: {error:#}");
            return;
        }
        delete(&self.checkout, &self.name);
    }
}

fn ourselves() -> Option<Identity> {
    Identity::of(i32::try_from(std::process::id()).ok()?)
}

/// Stops and deletes what commands left that were killed before they could do it themselves.
fn clear_abandoned(checkout: &Checkout) {
    for folder in scratch_folders(checkout) {
        let owner = std::fs::read(folder.join("owner"))
            .ok()
            .and_then(|it| serde_json::from_slice::<Identity>(&it).ok());
        if owner.is_some_and(|it| it.alive()) {
            continue;
        }
        say!("  deleting what an earlier run left in {}", folder.display());
        let stopped = Records::open(&folder.join("run"))
            .and_then(|records| stop::stop_all(&records, &Interrupt::never()));
        if let (Ok(()), Some(name)) = (stopped, folder.file_name()) {
            delete(checkout, &name.to_string_lossy());
        }
    }
}

fn scratch_folders(checkout: &Checkout) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(checkout.dev()) else { return Vec::new() };
    entries
        .filter_map(|it| Some(it.ok()?.path()))
        .filter(|it| it.file_name().is_some_and(|it| it.to_string_lossy().starts_with("scratch-")))
        .collect()
}

fn delete(checkout: &Checkout, name: &str) {
    let outside = Account::for_databases().is_ok_and(|it| it.is_some());
    for part in ["postgres", "redis"] {
        if let Err(error) = Home::locate(checkout, outside, &format!("{name}/{part}")).wipe() {
            say!("  {error:#}");
        }
    }
    // What remains is a few kilobytes of logs; the next run tries again.
    let _ = std::fs::remove_dir_all(checkout.dev().join(name));
}
