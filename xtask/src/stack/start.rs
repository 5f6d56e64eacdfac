//! Starting what should be running and is not, and replacing what should run differently.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use devkit::interrupt::Interrupt;
use devkit::process::Launch;
use devkit::process::stop;
use devkit::process::{Record, Records};
use devkit::progress::step;
use devkit::services::Env;
use nix::sys::signal::Signal;

use super::blueprint::{Blueprint, DATABASE};
use super::stop::GRACE;

/// Connecting, checking the schema and filling caches takes a debug build a second or two.
const READY_WITHIN: Duration = Duration::from_mins(1);

/// Makes the running stack match the blueprint; what matches already is left alone.
pub fn start(blueprint: &Blueprint, records: &Records, interrupt: &Interrupt) -> Result<()> {
    blueprint.databases.start(records, &blueprint.logs, interrupt)?;
    migrate(blueprint)?;
    stop_superfluous(blueprint, records, interrupt)?;
    let mut begun = Vec::new();
    for launch in &blueprint.services {
        let (record, word) = keep_or_start(launch, records, interrupt)?;
        begun.push((launch, record, word));
    }
    for (launch, record, word) in begun {
        step(&launch.name, || {
            launch.await_ready(&record, READY_WITHIN, interrupt)?;
            let port = record.readiness.port().unwrap_or_default();
            Ok(((), format!("{word}, ready on port {port}, process {}", record.identity.pid)))
        })?;
    }
    Ok(())
}

fn migrate(blueprint: &Blueprint) -> Result<()> {
    step("migrating the database", || {
        blueprint.databases.cluster.ensure_database(DATABASE)?;
        let mut env = blueprint.settings.ctl();
        for (role, password) in &blueprint.role_passwords {
            let name = format!("AETHERFLOW_DB_PASSWORD_{}", role.to_uppercase());
            env.insert(name, password.clone());
        }
        ctl(blueprint, &env, &["migrate"], "")?;
        Ok(((), "done".to_owned()))
    })
}

/// Runs the operator's command line and returns what it printed.
pub fn ctl(blueprint: &Blueprint, env: &Env, args: &[&str], input: &str) -> Result<String> {
    let what = args.first().copied().unwrap_or_default();
    let mut child = Command::new(blueprint.bin_dir.join("ctl"))
        .args(args)
        .env_clear()
        .envs(env)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("ctl {what} could not be started"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A command that does not read its input may have closed it.
        let _ = stdin.write_all(input.as_bytes());
    }
    let answer =
        child.wait_with_output().with_context(|| format!("ctl {what} could not be waited for"))?;
    if answer.status.success() {
        return Ok(String::from_utf8_lossy(&answer.stdout).into_owned());
    }
    bail!(
        "ctl {what} failed ({}): {}",
        answer.status,
        String::from_utf8_lossy(&answer.stderr).trim()
    )
}

/// A process with another command or environment, or whose program has been rebuilt since, is drained
/// and replaced.
fn keep_or_start(
    launch: &Launch,
    records: &Records,
    interrupt: &Interrupt,
) -> Result<(Record, &'static str)> {
    let Some(found) = records.find(&launch.name) else {
        return Ok((launch.detach(records)?, "started"));
    };
    if !found.identity.alive() {
        return Ok((launch.detach(records)?, "restarted after it died"));
    }
    if found.fingerprint == launch.fingerprint() && !found.identity.outdated() {
        return Ok((found, "running"));
    }
    stop::stop(&found, Signal::SIGTERM, GRACE, interrupt)?;
    Ok((launch.detach(records)?, "replaced"))
}

/// Drains what an earlier run started and this blueprint lacks, such as a third worker.
fn stop_superfluous(blueprint: &Blueprint, records: &Records, interrupt: &Interrupt) -> Result<()> {
    let wanted: BTreeSet<String> = blueprint.launches().into_iter().map(|it| it.name).collect();
    for record in records.list().iter().filter(|it| !wanted.contains(&it.name)) {
        step(&format!("stopping {}", record.name), || {
            stop::stop(record, Signal::SIGTERM, GRACE, interrupt)?;
            records.forget(&record.name);
            Ok(((), "no longer wanted".to_owned()))
        })?;
    }
    Ok(())
}
