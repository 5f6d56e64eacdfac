//! Building the web console, and only when something it is made of has changed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use devkit::interrupt::Interrupt;
use devkit::progress::loud_step;
use devkit::stable_hash::stable_hash;
use devkit::{private_file, say};

use crate::cargo;
use crate::checkout::Checkout;
use crate::node::Node;
use crate::packages;

/// Folders and files inside `console/` that builds and tests make.
const MADE: &[&str] = &["node_modules", "dist", "results"];

/// Tells Vite where the API answers.
pub const API_URL: &str = "AETHERFLOW_API";

/// The sources of the console.
pub fn folder(checkout: &Checkout) -> PathBuf {
    checkout.root().join("console")
}

/// What a build makes, for `AETHERFLOW_CONSOLE_DIR`.
pub fn dist(checkout: &Checkout) -> PathBuf {
    folder(checkout).join("dist")
}

/// What a stack can serve: what is built from the present sources, else an older build, else nothing. A stack without
/// a console is worth starting all the same, so what went wrong is told and is no error.
pub fn offer(checkout: &Checkout, interrupt: &Interrupt) -> Option<PathBuf> {
    let outcome = Node::find_or_bring(checkout, interrupt)
        .and_then(|node| build_if_changed(checkout, &node, interrupt));
    let dist = dist(checkout);
    let there = dist.join("index.html").is_file();
    if let Err(error) = outcome {
        let instead =
            if there { "an older build of the console is served" } else { "there is NO CONSOLE" };
        say!("\n  {instead}, because it could not be built: {error:#}\n");
    }
    there.then_some(dist)
}

/// Builds it unless the last build was of the same sources.
pub fn build_if_changed(checkout: &Checkout, node: &Node, interrupt: &Interrupt) -> Result<()> {
    if dist(checkout).join("index.html").is_file()
        && is_current(&built(checkout), &sources(checkout)?)
    {
        say!("  the console is built already");
        return Ok(());
    }
    build(checkout, node, interrupt)
}

/// Installs its packages and builds it.
pub fn build(checkout: &Checkout, node: &Node, interrupt: &Interrupt) -> Result<()> {
    install(checkout, node, interrupt)?;
    let sources = sources(checkout)?;
    loud_step("building the console", || script(checkout, node, "build", interrupt))?;
    private_file::create_dir(&checkout.dev())?;
    private_file::write(&built(checkout), sources.as_bytes())
}

/// Installs its packages.
pub fn install(checkout: &Checkout, node: &Node, interrupt: &Interrupt) -> Result<()> {
    packages::install(node, &folder(checkout), "the packages of the console", interrupt)
}

/// One script of `console/package.json`.
pub fn script(checkout: &Checkout, node: &Node, name: &str, interrupt: &Interrupt) -> Result<()> {
    let mut command = node.npm(&folder(checkout));
    command.args(["run", "--silent", name]);
    cargo::run(&mut command, &format!("npm run {name}"), interrupt)
}

fn built(checkout: &Checkout) -> PathBuf {
    checkout.dev().join("console-built")
}

fn is_current(mark: &Path, wanted: &str) -> bool {
    std::fs::read_to_string(mark).is_ok_and(|it| it == wanted)
}

fn sources(checkout: &Checkout) -> Result<String> {
    hash(&folder(checkout))
}

/// A hash of the path and content of every file in a folder, but for what builds and tests make.
pub fn hash(folder: &Path) -> Result<String> {
    let mut files = Vec::new();
    collect(folder, &mut files).with_context(|| format!("{} cannot be read", folder.display()))?;
    files.sort();
    let mut hashes = String::new();
    for file in files {
        let content =
            std::fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let _ = writeln!(hashes, "{} {:016x}", file.display(), stable_hash(&content));
    }
    Ok(format!("{:016x}", stable_hash(hashes.as_bytes())))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if MADE.iter().any(|it| entry.file_name() == *it) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_builds_make_is_no_source_and_everything_else_is() {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "src/App.vue",
            "src/app/x.ts",
            "dist/index.html",
            "node_modules/vue/index.js",
            "index.html",
        ] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, file).unwrap();
        }
        let mut files = Vec::new();
        collect(folder.path(), &mut files).unwrap();
        files.sort();
        let expected =
            ["index.html", "src/App.vue", "src/app/x.ts"].map(|it| folder.path().join(it));
        assert_eq!(files, expected);
    }

    #[test]
    fn a_mark_of_other_sources_and_a_missing_one_ask_for_a_build() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("built");
        assert!(!is_current(&mark, "1"));
        std::fs::write(&mark, "1").unwrap();
        assert!(is_current(&mark, "1"));
        assert!(!is_current(&mark, "2"));
    }
}
