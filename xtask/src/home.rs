//! Where the databases keep their files: under `.dev/`, or, when root runs them as an account that may
//! not enter the checkout, under `/var/lib` with a link from `.dev/`.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devkit::account::Account;
use devkit::private_file;

use crate::checkout::Checkout;

/// Reachable by every account of a Debian machine, and kept over a reboot.
const OUTSIDE: &str = "/var/lib/aetherflow-dev";

/// A folder of database files that belongs to the account running the databases.
#[derive(Debug, Clone)]
pub struct Home {
    pub path: PathBuf,
    link: Option<PathBuf>,
}

impl Home {
    /// Creates or finds the folder `name` of this checkout.
    pub fn create(checkout: &Checkout, account: Option<&Account>, name: &str) -> Result<Self> {
        let home = Self::locate(checkout, account.is_some(), name);
        let path = &home.path;
        private_file::create_dir(&checkout.dev())?;
        if let (Some(account), Some(link)) = (account, &home.link) {
            home.clear_of_a_deleted_checkout()?;
            let parent = path.parent().context("a home has a parent")?;
            std::fs::create_dir_all(parent)
                .and_then(|()| open_parents(path))
                .with_context(|| format!("{} could not be created", parent.display()))?;
            private_file::create_dir(path)?;
            account.own(path)?;
            relink(path, link)?;
        } else {
            private_file::create_dir(path)?;
        }
        Ok(home)
    }

    /// Where the folder would be.
    pub fn locate(checkout: &Checkout, outside: bool, name: &str) -> Self {
        let inside = checkout.dev().join(name);
        if outside {
            let path = Path::new(OUTSIDE).join(checkout.slug()).join(name);
            Self { path, link: Some(inside) }
        } else {
            Self { path: inside, link: None }
        }
    }

    /// A checkout that was deleted without `down --wipe` took the passwords of its databases with it. What
    /// it left outside is recognised by the missing link; it would block the next checkout of this name.
    fn clear_of_a_deleted_checkout(&self) -> Result<()> {
        match &self.link {
            Some(link) if !points_to(link, &self.path) => self.wipe(),
            _ => Ok(()),
        }
    }

    /// Deletes the folder with all it holds.
    pub fn wipe(&self) -> Result<()> {
        if let Some(link) = &self.link {
            let _ = std::fs::remove_file(link);
        }
        match std::fs::remove_dir_all(&self.path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("{} could not be deleted", self.path.display()));
            }
        }
        if self.link.is_some() {
            // The folders above go when they are empty.
            for folder in above(&self.path) {
                let _ = std::fs::remove_dir(folder);
            }
        }
        Ok(())
    }
}

/// Lets every account pass through the folders above a home; their names are no secret.
fn open_parents(path: &Path) -> std::io::Result<()> {
    above(path).try_for_each(|it| std::fs::set_permissions(it, Permissions::from_mode(0o755)))
}

/// The folders above a home that are ours, innermost first.
fn above(path: &Path) -> impl Iterator<Item = &Path> {
    path.ancestors().skip(1).take_while(|it| it.starts_with(OUTSIDE))
}

fn points_to(link: &Path, path: &Path) -> bool {
    std::fs::read_link(link).is_ok_and(|it| it == path)
}

fn relink(path: &Path, link: &Path) -> Result<()> {
    if points_to(link, path) {
        return Ok(());
    }
    let _ = std::fs::remove_file(link);
    symlink(path, link).with_context(|| {
        format!("{} could not be linked; does something else exist there?", link.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_folders_are_opened_or_removed_with_a_home() {
        let path = Path::new("/var/lib/aetherflow-dev/clone-1/scratch-7/postgres");
        let folders: Vec<&Path> = above(path).collect();
        assert_eq!(folders.len(), 3);
        assert_eq!(folders[2], Path::new(OUTSIDE));
        assert_eq!(above(Path::new("/home/me/clone/.dev/postgres")).count(), 0);
    }

    #[test]
    fn data_of_a_deleted_checkout_is_cleared_and_data_of_this_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("outside"), folder.path().join("link"));
        let home = Home { path: path.clone(), link: Some(link.clone()) };
        std::fs::create_dir(&path).unwrap();

        relink(&path, &link).unwrap();
        home.clear_of_a_deleted_checkout().unwrap();
        assert!(path.exists());

        std::fs::remove_file(&link).unwrap();
        home.clear_of_a_deleted_checkout().unwrap();
        assert!(!path.exists());
    }
}
