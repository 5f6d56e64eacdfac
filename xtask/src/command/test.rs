//! `cargo xtask test`: everything a change must pass.

use std::io::{BufRead as _, BufReader, IsTerminal as _, Read};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use devkit::environment;
use devkit::interrupt::Interrupt;
use devkit::progress::{loud_step, seconds};
use devkit::say;
use devkit::server::install;
use devkit::server::postgres::Tuning;

use super::browser;
use super::closing::Closing;
use super::deny;
use crate::cargo;
use crate::checkout::{Checkout, Profile};
use crate::clients::Clients;
use crate::out_of_reach::OutOfReach;
use crate::scratch::Scratch;

/// What to leave out, and which tests to run.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Leave out `cargo fmt --check`, clippy and cargo-deny
    #[arg(long)]
    no_lint: bool,
    /// Leave out the console: its checks, and the journeys in a browser
    #[arg(long)]
    no_console: bool,
    /// Arguments of the test runner: a part of a test's name, `-p package`, ...
    #[arg(last = true)]
    filter: Vec<String>,
}

/// How one phase went.
struct Phase {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    /// It, or a part of it, needs what this machine has not.
    NotRun(String),
    Failed(String),
}

impl Outcome {
    fn of(result: &Result<()>) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(error) if OutOfReach::is_why(error) => Self::NotRun(format!("{error:#}")),
            Err(error) => Self::Failed(format!("{error:#}")),
        }
    }
}

impl Phase {
    fn failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

/// Runs all phases, prints their times and the runner's closing lines; fails if any failed.
pub fn test(checkout: &Checkout, options: &Options) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    let programs = install::find_or_install()?;
    install::offer_faketime();
    let scratch = Scratch::start(checkout, &programs, Tuning::TEST, &interrupt)?;
    let mut phases = Vec::new();
    let (mut closing, mut more) = (Closing::default(), Closing::default());

    if !options.no_lint {
        phases.push(phase("format", || {
            let mut command = cargo::cargo(checkout);
            command.args(["fmt", "--all", "--check"]);
            cargo::run(&mut command, "cargo fmt", &interrupt)
        }));
    }
    phases.push(phase("build", || cargo::build_all(checkout, Profile::Debug, &interrupt)));
    if !options.no_lint && !interrupt.asked() {
        phases.push(phase("clippy", || {
            let mut command = cargo::cargo(checkout);
            command.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
            cargo::run(&mut command, "clippy", &interrupt)
        }));
    }
    if !options.no_lint && !interrupt.asked() {
        phases.push(phase("deny", || deny::check(checkout, &interrupt)));
    }
    // Without binaries every whole-system test would fail.
    let built = phases.iter().all(|it| it.name != "build" || !it.failed());
    if built && !interrupt.asked() {
        phases.push(phase("tests", || {
            let mut command = runner(checkout, &options.filter);
            command.envs(scratch.env()).env(environment::BIN_DIR, checkout.bin_dir(Profile::Debug));
            run_collecting(command, &mut closing, &interrupt)
        }));
    }
    // A part of the tests was asked for.
    let console = !options.no_console && options.filter.is_empty();
    if console && !interrupt.asked() {
        phases.push(phase("console", || browser::check(checkout, &interrupt)));
    }
    if console && built && !interrupt.asked() {
        phases.push(phase("browser", || browser::journeys(checkout, &scratch, &interrupt)));
    }
    if built && options.filter.is_empty() && !interrupt.asked() {
        phases.push(phase("clients", || clients(checkout, &scratch, &mut more, &interrupt)));
    }
    drop(scratch);
    summarise(&phases, &[closing, more])
}

fn phase(name: &'static str, work: impl FnOnce() -> Result<()>) -> Phase {
    let started = Instant::now();
    let outcome = loud_step(name, work);
    Phase { name, took: started.elapsed(), outcome: Outcome::of(&outcome) }
}

/// Tests with programs of others, which may be out of reach.
fn clients(
    checkout: &Checkout,
    scratch: &Scratch,
    closing: &mut Closing,
    interrupt: &Interrupt,
) -> Result<()> {
    let clients = Clients::bring(checkout, interrupt)?;
    let cargo = cargo::cargo(checkout);
    let mut command = clients.command(&cargo.get_program().to_string_lossy(), checkout.root());
    if nextest_is_installed(checkout) {
        command.args(["nextest", "run", "-p", "tests", "--test", "clients"]);
        command.args(["--run-ignored", "only"]);
    } else {
        command.args(["test", "-p", "tests", "--test", "clients", "--", "--ignored"]);
    }
    command.envs(scratch.env()).env(environment::BIN_DIR, checkout.bin_dir(Profile::Debug));
    run_collecting(command, closing, interrupt)?;
    clients.had_a_browser()
}

/// nextest where it is installed, else `cargo test`.
fn runner(checkout: &Checkout, filter: &[String]) -> Command {
    let mut command = cargo::cargo(checkout);
    if nextest_is_installed(checkout) {
        command.args(["nextest", "run"]);
    } else {
        say!("  cargo-nextest is not installed; `cargo test` runs the same tests, slower");
        command.args(["test", "--no-fail-fast"]);
    }
    if !names_a_package(filter) {
        command.arg("--workspace");
    }
    if std::io::stderr().is_terminal() {
        // The output passes through us, but it ends on a terminal.
        command.env("CARGO_TERM_COLOR", "always");
    }
    command.args(filter);
    command
}

/// For cargo `--workspace` overrides every `--package`.
fn names_a_package(filter: &[String]) -> bool {
    filter.iter().any(|it| it.starts_with("-p") || it.starts_with("--package"))
}

fn nextest_is_installed(checkout: &Checkout) -> bool {
    cargo::cargo(checkout)
        .args(["nextest", "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success())
}

/// Runs it, passing both outputs on line by line and collecting the closing lines.
fn run_collecting(
    mut command: Command,
    closing: &mut Closing,
    interrupt: &Interrupt,
) -> Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("the test runner could not be started")?;
    let outputs: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|it| Box::new(it) as Box<dyn Read + Send>),
        child.stderr.take().map(|it| Box::new(it) as Box<dyn Read + Send>),
    ];
    let closing = Mutex::new(closing);
    let status = std::thread::scope(|scope| {
        for output in outputs.into_iter().flatten() {
            scope.spawn(|| pass_on(output, &closing));
        }
        cargo::wait(&mut child, interrupt)
    })?;
    if status.success() {
        return Ok(());
    }
    bail!("the tests failed ({status})")
}

fn pass_on(output: Box<dyn Read + Send>, closing: &Mutex<&mut Closing>) {
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        say!("{line}");
        closing.lock().expect("no holder of this lock panics").feed(&line);
    }
}

fn summarise(phases: &[Phase], closing: &[Closing]) -> Result<()> {
    say!();
    for line in closing.iter().flat_map(Closing::lines) {
        say!("{line}");
    }
    say!();
    for phase in phases {
        let word = match &phase.outcome {
            Outcome::Passed => "ok".to_owned(),
            Outcome::NotRun(why) => format!("NOT RUN: {why}"),
            Outcome::Failed(why) => why.clone(),
        };
        say!("  {:<8} {:>12}  {word}", phase.name, seconds(phase.took));
    }
    let total: Duration = phases.iter().map(|it| it.took).sum();
    say!("  {:<8} {:>12}", "total", seconds(total));
    let failed: Vec<&str> = phases.iter().filter(|it| it.failed()).map(|it| it.name).collect();
    let ran_tests = phases.iter().any(|it| it.name == "tests");
    match failed.as_slice() {
        [] if ran_tests => Ok(()),
        [] => bail!("interrupted"),
        failed => bail!("failed: {}", failed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_phase_that_something_is_missing_for_did_not_run_and_is_not_ok() {
        let missing = Outcome::of(&Err(OutOfReach::because("cargo-deny is not installed")));
        assert_eq!(
            missing,
            Outcome::NotRun("out of reach: cargo-deny is not installed".to_owned())
        );
        let failed = Outcome::of(&Err(anyhow!("npm ci failed")));
        assert_eq!(failed, Outcome::Failed("npm ci failed".to_owned()));
        assert_eq!(Outcome::of(&Ok(())), Outcome::Passed);
    }

    #[test]
    fn a_package_narrows_the_run_and_a_name_does_not() {
        let of = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(names_a_package(&of("-p shared settle")));
        assert!(names_a_package(&of("--package=shared")));
        assert!(!names_a_package(&of("settle")));
        assert!(!names_a_package(&[]));
    }
}
