//! The console's part of `cargo xtask test`: what its sources must pass, then journeys of its users in a real browser
//! against a real stack.

use std::path::Path;

use anyhow::{Context, Result, bail};
use devkit::interrupt::Interrupt;
use devkit::server::install;

use crate::checkout::Checkout;
use crate::node::Node;
use crate::out_of_reach::OutOfReach;
use crate::scratch::Scratch;
use crate::stack::trial::Trial;
use crate::{cargo, chromium, console};

/// Without these fonts Chinese is boxes.
const CHINESE: &str = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc";

/// Names the `stack.json` of the stack, and where its console is, to the journeys.
const STACK: &str = "AETHERFLOW_STACK";
const URL: &str = "CONSOLE_URL";

/// The generated client is of this document; lint, texts, unit tests, types and the build pass.
pub fn check(checkout: &Checkout, interrupt: &Interrupt) -> Result<()> {
    let node = Node::find_or_bring(checkout, interrupt)?;
    console::install(checkout, &node, interrupt)?;
    let generated = console::folder(checkout).join("src/api");
    let before = console::hash(&generated)?;
    console::script(checkout, &node, "gen", interrupt)?;
    if console::hash(&generated)? != before {
        bail!("console/src/api was not made from this openapi.json; it is now, commit it");
    }
    console::script(checkout, &node, "check", interrupt)?;
    console::build(checkout, &node, interrupt)
}

/// Every journey, on the debug binaries and the console that were just built.
pub fn journeys(checkout: &Checkout, scratch: &Scratch, interrupt: &Interrupt) -> Result<()> {
    let node = Node::find(checkout).ok_or_else(|| OutOfReach::because("there is no Node.js"))?;
    let browser = chromium::find_or_bring()?;
    bring_fonts()?;
    let dist = console::dist(checkout);
    if !dist.join("index.html").is_file() {
        bail!("the console could not be built, so there is nothing to look at");
    }
    let trial = Trial::start(checkout, scratch, dist, interrupt)?;
    let mut playwright = node.npm(&console::folder(checkout));
    playwright
        .args(["run", "--silent", "e2e"])
        .env(STACK, &trial.file)
        .env(URL, trial.blueprint.api_url())
        .env(chromium::VARIABLE, browser);
    cargo::run(&mut playwright, "the journeys", interrupt)
}

/// Whoever names a browser has the fonts it needs.
fn bring_fonts() -> Result<()> {
    if Path::new(CHINESE).is_file() || std::env::var_os(chromium::VARIABLE).is_some() {
        return Ok(());
    }
    install::install(&["fonts-noto-cjk"]).context("there is no Chinese font").context(OutOfReach)
}
