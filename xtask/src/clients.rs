//! What reads the document in the test run: generators of clients, linters, a fuzzer, a browser. All of it is pinned
//! in `tests/clients` and lies in `target/clients`, where generated clients may be written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devkit::environment;
use devkit::interrupt::Interrupt;
use devkit::progress::loud_step;
use devkit::say;
use devkit::server::install;
use devkit::stable_hash::stable_hash;

use crate::cargo;
use crate::checkout::Checkout;
use crate::node::Node;
use crate::python;

/// Names that a browser of this family has.
const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// The programs, ready to run.
#[derive(Debug)]
pub struct Clients {
    node: Node,
    folder: PathBuf,
    browser: Option<PathBuf>,
}

impl Clients {
    /// Brings what is missing; the error says what could not be had.
    pub fn bring(checkout: &Checkout, interrupt: &Interrupt) -> Result<Self> {
        let (sources, folder) =
            (checkout.root().join("tests/clients"), checkout.scratch("clients"));
        copy(&sources, &folder).context("the scripts cannot be copied")?;
        let node = Node::find_or_bring(checkout, interrupt)?;
        install_packages(&node, &folder, interrupt)?;
        python::install(&folder.join("python"), &folder.join("requirements.txt"), interrupt)?;
        let browser = find_browser().or_else(|| {
            install::install(&["chromium"])
                .inspect_err(|error| {
                    say!("\n  NOT TESTED: the page of the document in a browser: {error:#}\n");
                })
                .ok();
            find_browser()
        });
        Ok(Self { node, folder, browser })
    }

    /// A program that finds all of it.
    pub fn command(&self, program: &str, at: &Path) -> std::process::Command {
        let mut command = self.node.command(program, at);
        command.env(environment::CLIENTS_DIR, &self.folder);
        if let Some(browser) = &self.browser {
            command.env(environment::BROWSER, browser);
        }
        command
    }
}

/// `npm ci`, unless exactly these packages are installed.
fn install_packages(node: &Node, folder: &Path, interrupt: &Interrupt) -> Result<()> {
    let lock = std::fs::read(folder.join("package-lock.json")).context("there is no lock file")?;
    let wanted = format!("{:016x}", stable_hash(&lock));
    // npm deletes the folder first, and the mark with it.
    let mark = folder.join("node_modules/.installed");
    if std::fs::read_to_string(&mark).is_ok_and(|it| it == wanted) {
        return Ok(());
    }
    loud_step("installing generators of clients", || {
        let mut command = node.npm(folder);
        cargo::run(command.args(["ci", "--loglevel=error"]), "npm ci", interrupt)
    })?;
    std::fs::write(&mark, wanted).context("node_modules cannot be written to")
}

fn find_browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let places = std::env::split_paths(&path);
    let mut programs = places.flat_map(|it| BROWSERS.iter().map(move |name| it.join(name)));
    programs.find(|it| it.is_file())
}

/// Copies a folder over another, which keeps what else is in it.
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if !entry.file_type()?.is_dir() {
            std::fs::copy(entry.path(), target)?;
        } else if entry.file_name() != "node_modules" {
            copy(&entry.path(), &target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_copied_over_and_what_else_is_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        for file in ["from/a/story.ts", "from/node_modules/x.js", "to/a/story.ts", "to/a/out.js"] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }

        copy(&from, &to).unwrap();

        assert_eq!(std::fs::read_to_string(to.join("a/story.ts")).unwrap(), "from/a/story.ts");
        assert!(to.join("a/out.js").exists());
        assert!(!to.join("node_modules").exists());
    }
}
