//! The console's part of `cargo xtask test`: what its sources must pass, then journeys of its users in a real browser
//! against a real stack.

use std::path::Path;

use anyhow::{Context, Result, bail};
use devkit::interrupt::Interrupt;
use devkit::server::install;

use crate::cargo;
use crate::checkout::Checkout;
use crate::console;
use crate::node::Node;
use crate::scratch::Scratch;
use crate::stack::trial::Trial;

/// How a phase that needs more than this machine may have went.
#[derive(Debug)]
pub enum Outcome {
    /// Everything ran and passed.
    Passed,
    /// Nothing ran, for this reason.
    NotRun(String),
}

/// Where Debian has it, and the fonts without which Chinese is boxes.
const CHROMIUM: &str = "/usr/bin/chromium";
const CHINESE: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";

/// Names the browser, and the `stack.json` of the stack, to the journeys.
const BROWSER: &str = "CHROMIUM";
const STACK: &str = "AETHERFLOW_STACK";
const URL: &str = "CONSOLE_URL";

/// The generated client is of this document; lint, texts, unit tests, types and the build pass.
pub fn check(checkout: &Checkout, interrupt: &Interrupt) -> Result<Outcome> {
    let node = match Node::find_or_bring(checkout, interrupt) {
        Ok(node) => node,
        Err(error) => return Ok(Outcome::NotRun(format!("{error:#}"))),
    };
    console::install(checkout, &node, interrupt)?;
    let generated = console::folder(checkout).join("src/api");
    let before = console::hash(&generated)?;
    console::script(checkout, &node, "gen", interrupt)?;
    if console::hash(&generated)? != before {
        bail!("console/src/api was not made from this openapi.json; it is now, commit it");
    }
    console::script(checkout, &node, "check", interrupt)?;
    console::build(checkout, &node, interrupt)?;
    Ok(Outcome::Passed)
}

/// Every journey, on the debug binaries and the console that were just built.
pub fn journeys(checkout: &Checkout, scratch: &Scratch, interrupt: &Interrupt) -> Result<Outcome> {
    let Some(node) = Node::find(checkout) else {
        return Ok(Outcome::NotRun("there is no Node.js".to_owned()));
    };
    if let Err(error) = bring_chromium() {
        return Ok(Outcome::NotRun(format!("{error:#}")));
    }
    let dist = console::dist(checkout);
    if !dist.join("index.html").is_file() {
        bail!("the console could not be built, so there is nothing to look at");
    }
    let trial = Trial::start(checkout, scratch, dist, interrupt)?;
    let mut playwright = node.npm(&console::folder(checkout));
    playwright
        .args(["run", "--silent", "e2e"])
        .env(STACK, &trial.file)
        .env(URL, trial.blueprint.api_url());
    if Path::new(CHROMIUM).is_file() {
        playwright.env(BROWSER, CHROMIUM);
    }
    cargo::run(&mut playwright, "the journeys", interrupt)?;
    Ok(Outcome::Passed)
}

/// Any Chromium that is named will do; else Debian's is brought.
fn bring_chromium() -> Result<()> {
    if std::env::var_os(BROWSER).is_some_and(|it| Path::new(&it).is_file()) {
        return Ok(());
    }
    let wanted = [(CHROMIUM, "chromium"), (CHINESE, "fonts-noto-cjk")];
    let missing: Vec<&str> =
        wanted.iter().filter(|(file, _)| !Path::new(file).is_file()).map(|it| it.1).collect();
    if !missing.is_empty() {
        install::install(&missing).context("there is no Chromium")?;
    }
    Ok(())
}
