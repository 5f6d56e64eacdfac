//! Python's programs that the test run uses, pinned with the hashes of their files, in an environment of their own.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use devkit::interrupt::Interrupt;
use devkit::progress::loud_step;
use devkit::server::install;
use devkit::stable_hash::stable_hash;

use crate::cargo;
use crate::out_of_reach::OutOfReach;

/// The oldest the pinned programs run on.
const OLDEST: &str = "3.10";

/// Makes `environment` hold exactly what `requirements` lists, unless it does already.
pub fn install(environment: &Path, requirements: &Path, interrupt: &Interrupt) -> Result<()> {
    let wanted = std::fs::read(requirements)
        .with_context(|| format!("{} cannot be read", requirements.display()))?;
    let mark = environment.join(".installed");
    let wanted = format!("{:016x}", stable_hash(&wanted));
    if std::fs::read_to_string(&mark).is_ok_and(|it| it == wanted) {
        return Ok(());
    }
    if !python(&format!("import sys; sys.exit(sys.version_info < ({}))", OLDEST.replace('.', ",")))
    {
        let why = format!("there is no python3 of version {OLDEST} or newer on this machine");
        return Err(OutOfReach::because(why));
    }
    if !python("import ensurepip, venv") {
        install::install(&["python3-venv"]).context(OutOfReach)?;
    }
    loud_step("installing Python's programs", || {
        // What an interrupted run left, or another release.
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--clear"]).arg(environment).stdin(Stdio::null());
        cargo::run(&mut make, "python3 -m venv", interrupt)?;
        let mut pip = Command::new(environment.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .args(["--require-hashes", "--requirement"])
            .arg(requirements)
            .stdin(Stdio::null());
        cargo::bring(&mut pip, "pip install", interrupt)
    })?;
    std::fs::write(&mark, wanted).context("the environment cannot be written to")
}

/// Whether `python3` is there and runs this without a fault.
fn python(program: &str) -> bool {
    let mut command = Command::new("python3");
    command.args(["-c", program]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|it| it.success())
}
