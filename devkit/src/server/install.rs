//! Installing PostgreSQL and Redis when they are missing and we have the rights to.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::programs::{
    POSTGRES_MAJOR_MIN, PostgresPrograms, REDIS_MAJOR_MIN, RedisProgram, find_postgres, find_redis,
};
use crate::account::we_are_root;
use crate::progress::{loud_step, step};
use crate::say;

/// Both databases' programs.
#[derive(Debug, Clone)]
pub struct Programs {
    pub postgres: PostgresPrograms,
    pub redis: RedisProgram,
}

/// Finds the programs, installing what is missing. If that is not possible, the error names the command
/// that would do it.
pub fn find_or_install() -> Result<Programs> {
    let missing = missing();
    if !missing.is_empty() {
        let Some(installer) = Installer::find() else {
            bail!(
                "{} not found on this machine, and this account may not install packages.\n\
                 Run this, then the same command again:\n\n    {}",
                missing.join(" and "),
                command_for(&missing)
            );
        };
        loud_step(&format!("installing {}", missing.join(" and ")), || {
            installer.install(&missing)
        })?;
    }
    step("looking for PostgreSQL and Redis", || {
        let postgres = find_postgres().with_context(|| {
            format!("no complete PostgreSQL {POSTGRES_MAJOR_MIN} or newer is on this machine")
        })?;
        let redis = find_redis().with_context(|| {
            format!("no redis-server {REDIS_MAJOR_MIN} or newer is on this machine")
        })?;
        let found = format!(
            "PostgreSQL {} in {}, Redis {}",
            postgres.major,
            postgres.bin.display(),
            redis.version
        );
        Ok((Programs { postgres, redis }, found))
    })
}

/// Tests of wrong clocks need faketime. Without it they report loudly that they did not run, but the
/// other tests run all the same.
pub fn offer_faketime() {
    if faketime_is_there() {
        return;
    }
    let outcome = match Installer::find() {
        Some(installer) => loud_step("installing faketime", || installer.install(&["faketime"])),
        None => Err(anyhow::anyhow!("run `{}`", command_for(&["faketime"]))),
    };
    if let Err(error) = outcome {
        say!("  without faketime wrong clocks are NOT TESTED: {error:#}");
    }
}

/// Installs Debian packages that something other than the databases needs. If that is not possible, the error
/// names the command that would do it.
pub fn install(packages: &[&str]) -> Result<()> {
    let Some(installer) = Installer::find() else {
        bail!("this account may not install packages; run `{}`", command_for(packages));
    };
    loud_step(&format!("installing {}", packages.join(" and ")), || installer.install(packages))
}

fn faketime_is_there() -> bool {
    let Ok(folders) = std::fs::read_dir("/usr/lib") else { return false };
    let mut libraries =
        folders.filter_map(|it| Some(it.ok()?.path().join("faketime/libfaketimeMT.so.1")));
    libraries.any(|it| it.is_file())
}

fn missing() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if find_postgres().is_none() {
        missing.push("postgresql");
    }
    if find_redis().is_none() {
        missing.push("redis-server");
    }
    missing
}

fn command_for(packages: &[&str]) -> String {
    format!("sudo apt-get update && sudo apt-get install --yes {}", packages.join(" "))
}

/// apt-get, by us or through sudo.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Installer {
    Root,
    Sudo,
}

/// The packages would start services on their default ports. `policy-rc.d` is Debian's way to prevent
/// that; an existing one is left alone, ours is removed again.
const SCRIPT: &str = r#"
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 0755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install --yes -qq --no-install-recommends "$@" > /dev/null
"#;

impl Installer {
    fn find() -> Option<Self> {
        if !Path::new("/usr/bin/apt-get").is_file() {
            return None;
        }
        if we_are_root() {
            return Some(Self::Root);
        }
        let sudo = Command::new("sudo")
            .args(["--non-interactive", "true"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        sudo.is_ok_and(|it| it.success()).then_some(Self::Sudo)
    }

    fn install(self, packages: &[&str]) -> Result<()> {
        let mut command = match self {
            Self::Root => Command::new("sh"),
            Self::Sudo => {
                let mut command = Command::new("sudo");
                command.args(["--non-interactive", "sh"]);
                command
            }
        };
        let status = command
            .args(["-c", SCRIPT, "install"])
            .args(packages)
            .stdin(Stdio::null())
            .status()
            .context("apt-get could not be started")?;
        if status.success() {
            return Ok(());
        }
        bail!("apt-get failed; try it by hand:\n\n    {}", command_for(packages))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_in_the_error_installs_exactly_what_is_missing() {
        assert_eq!(
            command_for(&["redis-server"]),
            "sudo apt-get update && sudo apt-get install --yes redis-server"
        );
    }
}
