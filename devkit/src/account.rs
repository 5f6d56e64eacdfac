//! The account that runs the databases. PostgreSQL refuses to run as root, so root uses another one.

use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use nix::unistd::{Uid, User, geteuid};

/// An account of this machine without privileges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// `None` unless we are root: then the account `postgres`, which its package creates, else
    /// `nobody`.
    pub fn for_databases() -> Result<Option<Self>> {
        if !we_are_root() {
            return Ok(None);
        }
        for name in ["postgres", "nobody"] {
            let user = User::from_name(name).context("the accounts of this machine are unknown")?;
            if let Some(user) = user.filter(|it| it.uid != Uid::from_raw(0)) {
                let (uid, gid) = (user.uid.as_raw(), user.gid.as_raw());
                return Ok(Some(Self { name: user.name, uid, gid }));
            }
        }
        anyhow::bail!(
            "PostgreSQL refuses to run as root, and this machine has neither an account \
             `postgres` nor `nobody`; create one or run as another user"
        )
    }

    /// Makes it the owner of a file or folder.
    pub fn own(&self, path: &Path) -> Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
            .with_context(|| format!("{} could not be given to {}", path.display(), self.name))
    }

    /// Makes a command run as this account.
    pub fn run(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }
}

/// Whether the effective user may do anything.
pub fn we_are_root() -> bool {
    geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_databases_never_run_as_root() {
        let account = Account::for_databases().unwrap();
        assert_eq!(account.is_some(), we_are_root());
        assert!(account.is_none_or(|it| it.uid != 0));
    }
}
