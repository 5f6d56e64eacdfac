//! What is remembered of a started process, one file each under `.dev/run/`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::{Identity, Readiness};
use crate::private_file;

/// A process that was started for a stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub name: String,
    pub identity: Identity,
    /// Differs when the command or environment it was started with differs.
    pub fingerprint: u64,
    pub readiness: Readiness,
    pub metrics_url: Option<String>,
    pub log: PathBuf,
}

/// The folder of records.
#[derive(Debug, Clone)]
pub struct Records {
    folder: PathBuf,
}

impl Records {
    /// Opens the folder, creating it.
    pub fn open(folder: &Path) -> Result<Self> {
        private_file::create_dir(folder)?;
        Ok(Self { folder: folder.to_path_buf() })
    }

    pub fn save(&self, record: &Record) -> Result<()> {
        let text = serde_json::to_vec_pretty(record).context("a record could not be encoded")?;
        private_file::write(&self.path(&record.name), &text)
    }

    /// The record of that name. One that cannot be read counts as absent: another version wrote it.
    pub fn find(&self, name: &str) -> Option<Record> {
        let text = std::fs::read(self.path(name)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// All records, by name.
    pub fn list(&self) -> Vec<Record> {
        let Ok(files) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let mut records: Vec<Record> = files
            .filter_map(Result::ok)
            .filter(|it| it.path().extension().is_some_and(|it| it == "json"))
            .filter_map(|it| serde_json::from_slice(&std::fs::read(it.path()).ok()?).ok())
            .collect();
        records.sort_by(|a, b| a.name.cmp(&b.name));
        records
    }

    /// Forgets a process that has ended.
    pub fn forget(&self, name: &str) {
        // An absent file is fine; any other error shows at the next save.
        let _ = std::fs::remove_file(self.path(name));
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str) -> Record {
        let pid = i32::try_from(std::process::id()).unwrap();
        Record {
            name: name.to_owned(),
            identity: Identity::of(pid).unwrap(),
            fingerprint: 7,
            readiness: Readiness::Port(1),
            metrics_url: None,
            log: PathBuf::from("x.log"),
        }
    }

    #[test]
    fn what_is_saved_is_found_listed_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::open(folder.path()).unwrap();
        records.save(&record("worker-2")).unwrap();
        records.save(&record("api")).unwrap();

        assert_eq!(records.find("api"), Some(record("api")));
        let names: Vec<String> = records.list().into_iter().map(|it| it.name).collect();
        assert_eq!(names, ["api", "worker-2"]);

        records.forget("api");
        assert_eq!(records.find("api"), None);
    }

    #[test]
    fn a_damaged_file_is_no_record() {
        let folder = tempfile::tempdir().unwrap();
        let records = Records::open(folder.path()).unwrap();
        std::fs::write(folder.path().join("api.json"), "{").unwrap();
        assert_eq!(records.find("api"), None);
        assert!(records.list().is_empty());
    }
}
