//! Packages of npm, as their lock file says.

use std::path::Path;

use anyhow::{Context, Result};
use devkit::interrupt::Interrupt;
use devkit::progress::loud_step;
use devkit::stable_hash::stable_hash;

use crate::cargo;
use crate::node::Node;

/// `npm ci` in this folder, unless exactly these packages are installed. `what` names them.
pub fn install(node: &Node, folder: &Path, what: &str, interrupt: &Interrupt) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let lock =
        std::fs::read(&lock).with_context(|| format!("{} cannot be read", lock.display()))?;
    let wanted = format!("{:016x}", stable_hash(&lock));
    // npm deletes the folder first, and the mark with it.
    let mark = folder.join("node_modules/.installed");
    if std::fs::read_to_string(&mark).is_ok_and(|it| it == wanted) {
        return Ok(());
    }
    loud_step(&format!("installing {what}"), || {
        cargo::bring(node.npm(folder).args(["ci", "--loglevel=error"]), "npm ci", interrupt)
    })?;
    std::fs::write(&mark, wanted).context("node_modules cannot be written to")
}
