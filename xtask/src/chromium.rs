//! A browser of the Chromium family: the one that is named, else one of the machine, else Debian's.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use devkit::server::install;

use crate::out_of_reach::OutOfReach;

/// Names one; tests of pages in a browser find theirs by it too.
pub const VARIABLE: &str = "CHROMIUM";

/// Names that a browser of this family has.
const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Where it is; brought if there is none.
pub fn find_or_bring() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE) {
        return named_one(named);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    if let Some(found) = find(&path) {
        return Ok(found);
    }
    install::install(&["chromium"]).context("there is no Chromium").context(OutOfReach)?;
    find(&path).context("Chromium was installed, and is not on the PATH")
}

fn named_one(named: OsString) -> Result<PathBuf> {
    let named = PathBuf::from(named);
    if !named.is_file() {
        bail!("{VARIABLE} names {}, where there is no browser", named.display());
    }
    Ok(named)
}

fn find(path: &OsString) -> Option<PathBuf> {
    let places = std::env::split_paths(path);
    let mut programs = places.flat_map(|it| NAMES.iter().map(move |name| it.join(name)));
    programs.find(|it| it.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_the_family_on_the_path_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let (early, late) = (folder.path().join("early"), folder.path().join("late"));
        for file in [early.join("chrome"), late.join("google-chrome")] {
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        }
        let path = std::env::join_paths([&early, &late]).unwrap();

        assert_eq!(find(&path), Some(late.join("google-chrome")));
        std::fs::write(early.join("chromium"), "").unwrap();
        assert_eq!(find(&path), Some(early.join("chromium")));
    }

    #[test]
    fn a_named_browser_that_is_not_there_is_a_fault() {
        let error = named_one("/nowhere/chromium".into()).unwrap_err();

        assert!(error.to_string().contains("/nowhere/chromium"), "{error}");
        assert!(!OutOfReach::is_why(&error));
    }
}
