//! Where things are: the checkout this program was built from and the folders it may write to.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devkit::stable_hash::stable_hash;

/// A checkout of the repository.
#[derive(Debug, Clone)]
pub struct Checkout {
    root: PathBuf,
    target: PathBuf,
}

/// How the binaries were built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    Debug,
    Release,
}

impl Checkout {
    /// Finds the checkout: `cargo run` says where the package is; without cargo it is where the package
    /// was compiled.
    pub fn find() -> Result<Self> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package
            .parent()
            .context("the package xtask has no parent folder")?
            .canonicalize()
            .with_context(|| format!("{} is not inside a checkout", package.display()))?;
        let own = std::env::current_exe().context("the path of this program is unknown")?;
        let target = own
            .parent()
            .and_then(Path::parent)
            .map_or_else(|| root.join("target"), Path::to_path_buf);
        Ok(Self { root, target })
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of everything a running stack writes; never committed.
    pub fn dev(&self) -> PathBuf {
        self.root.join(".dev")
    }

    /// Where the processes of a running stack are recorded.
    pub fn records(&self) -> PathBuf {
        self.dev().join("run")
    }

    /// Where cargo puts the binaries of a profile.
    pub fn bin_dir(&self, profile: Profile) -> PathBuf {
        self.target.join(match profile {
            Profile::Debug => "debug",
            Profile::Release => "release",
        })
    }

    /// A folder for what commands make and may make again; `cargo clean` deletes it.
    pub fn scratch(&self, name: &str) -> PathBuf {
        self.target.join(name)
    }

    /// A number that is the same on every run of this checkout and differs between checkouts.
    pub fn number(&self) -> u64 {
        stable_hash(self.root.to_string_lossy().as_bytes())
    }

    /// A folder name for data that cannot be inside the checkout: readable, and unique to it.
    pub fn slug(&self) -> String {
        let name = self.root.file_name().map(|it| it.to_string_lossy().into_owned());
        let readable: String = name
            .unwrap_or_default()
            .chars()
            .filter(|it| it.is_ascii_alphanumeric() || "-_".contains(*it))
            .collect();
        format!("{readable}-{:08x}", self.number() >> 32)
    }
}
