//! What a stack needs again on the next run: its ports and its secrets, in one private file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devkit::port;
use devkit::private_file;
use devkit::secret;
use serde::{Deserialize, Serialize};

/// Ports and secrets by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Content {
    ports: BTreeMap<String, u16>,
    secrets: BTreeMap<String, String>,
}

/// The file `.dev/memory.json` and what it holds.
#[derive(Debug, Clone)]
pub struct Memory {
    path: PathBuf,
    /// Where the search for free ports begins.
    seed: u64,
    content: Content,
}

impl Memory {
    /// Reads the file; an absent one is empty. A damaged one is an error, because the databases can be
    /// opened only with the passwords in it.
    pub fn open(path: &Path, seed: u64) -> Result<Self> {
        let content = match std::fs::read(path) {
            Ok(text) => serde_json::from_slice(&text).with_context(|| {
                format!(
                    "{} is damaged; `cargo xtask down --wipe` deletes it with the data",
                    path.display()
                )
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Content::default(),
            Err(error) => {
                return Err(error).with_context(|| format!("{} is unreadable", path.display()));
            }
        };
        Ok(Self { path: path.to_path_buf(), seed, content })
    }

    /// One that is never saved, for databases that end with this command.
    pub fn unsaved(path: &Path, seed: u64) -> Self {
        Self { path: path.to_path_buf(), seed, content: Content::default() }
    }

    /// Writes it back.
    pub fn save(&self) -> Result<()> {
        let text = serde_json::to_vec_pretty(&self.content).context("secrets are always JSON")?;
        private_file::write(&self.path, &text)
    }

    /// The secret of that name, made by `generate` the first time.
    pub fn secret(&mut self, name: &str, generate: fn() -> Result<String>) -> Result<String> {
        if let Some(secret) = self.content.secrets.get(name) {
            return Ok(secret.clone());
        }
        let made = generate()?;
        self.content.secrets.insert(name.to_owned(), made.clone());
        Ok(made)
    }

    /// Makes a secret known that others have chosen.
    pub fn remember(&mut self, name: &str, secret: String) {
        self.content.secrets.insert(name.to_owned(), secret);
    }

    /// A password of that name.
    pub fn password(&mut self, name: &str) -> Result<String> {
        self.secret(name, secret::password)
    }

    /// The port of that name: the remembered one, unless another program has taken it meanwhile. `ours`
    /// says whether our own process holds it right now.
    pub fn port(&mut self, name: &str, ours: bool) -> Result<u16> {
        if let Some(port) = self.content.ports.get(name).copied()
            && (ours || port::is_free(port))
        {
            return Ok(port);
        }
        let taken: BTreeSet<u16> = self.content.ports.values().copied().collect();
        let chosen = port::choose(self.seed, &taken)?;
        self.content.ports.insert(name.to_owned(), chosen);
        Ok(chosen)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_rerun_finds_the_same_ports_and_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.json");
        let mut first = Memory::open(&path, 1).unwrap();
        let (port, password) = (first.port("api", false).unwrap(), first.password("db").unwrap());
        first.save().unwrap();

        let mut second = Memory::open(&path, 99).unwrap();
        assert_eq!(second.port("api", false).unwrap(), port);
        assert_eq!(second.password("db").unwrap(), password);
    }

    #[test]
    fn a_port_taken_by_another_program_is_replaced_and_one_we_hold_is_kept() {
        let mut memory = Memory::unsaved(Path::new("/unsaved"), 5_000);
        let port = memory.port("api", false).unwrap();
        let _listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        assert_eq!(memory.port("api", true).unwrap(), port);
        assert_ne!(memory.port("api", false).unwrap(), port);
    }

    #[test]
    fn two_names_never_share_a_port() {
        let mut memory = Memory::unsaved(Path::new("/unsaved"), 6_000);
        assert_ne!(memory.port("api", false).unwrap(), memory.port("worker-1", false).unwrap());
    }

    #[test]
    fn the_file_is_private_and_a_damaged_one_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("memory.json");
        Memory::unsaved(&path, 0).save().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&path, "{").unwrap();
        assert!(Memory::open(&path, 0).unwrap_err().to_string().contains("--wipe"));
    }
}
