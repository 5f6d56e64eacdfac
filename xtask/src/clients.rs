//! What reads the document in the test run: generators of clients, linters, a fuzzer, a browser. All of it is pinned
//! in `tests/clients` and lies in `target/clients`, where generated clients may be written.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devkit::environment;
use devkit::interrupt::Interrupt;

use crate::checkout::Checkout;
use crate::node::Node;
use crate::{chromium, packages, python};

/// The programs, ready to run.
#[derive(Debug)]
pub struct Clients {
    node: Node,
    folder: PathBuf,
    browser: Result<PathBuf>,
}

impl Clients {
    /// Brings what is missing; the error says what could not be had.
    pub fn bring(checkout: &Checkout, interrupt: &Interrupt) -> Result<Self> {
        let (sources, folder) =
            (checkout.root().join("tests/clients"), checkout.scratch("clients"));
        copy(&sources, &folder).context("the scripts cannot be copied")?;
        let node = Node::find_or_bring(checkout, interrupt)?;
        packages::install(&node, &folder, "generators of clients", interrupt)?;
        python::install(&folder.join("python"), &folder.join("requirements.txt"), interrupt)?;
        Ok(Self { node, folder, browser: chromium::find_or_bring() })
    }

    /// A program that finds all of it.
    pub fn command(&self, program: &str, at: &Path) -> std::process::Command {
        let mut command = self.node.command(program, at);
        command.env(environment::CLIENTS_DIR, &self.folder);
        if let Ok(browser) = &self.browser {
            command.env(environment::BROWSER, browser);
        }
        command
    }

    /// An error if the page of the document could not be looked at.
    pub fn had_a_browser(self) -> Result<()> {
        self.browser.map(drop).context("the page of the document in a browser; the rest passed")
    }
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
