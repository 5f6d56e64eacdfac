//! `cargo xtask console`: builds the web console, or serves it with hot reload.

use std::process::Stdio;

use anyhow::{Context, Result};
use devkit::interrupt::Interrupt;
use devkit::say;
use devkit::server::install;
use devkit::server::postgres::Tuning;

use super::browser;
use crate::cargo::{self, SERVICES};
use crate::checkout::Checkout;
use crate::console;
use crate::node::Node;
use crate::scratch::Scratch;
use crate::stack::file;

/// Build or serve.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Serve the sources with hot reload, against the stack that `cargo xtask up` started
    #[arg(long)]
    dev: bool,
    /// Check the sources and build, then run the journeys in a browser against a stack of their own
    #[arg(long, conflicts_with = "dev")]
    test: bool,
}

/// Brings Node.js where it is missing, installs the packages, and builds or serves.
pub fn console(checkout: &Checkout, options: &Options) -> Result<()> {
    let interrupt = Interrupt::listen()?;
    if options.test {
        return test(checkout, &interrupt);
    }
    let node = Node::find_or_bring(checkout, &interrupt)?;
    say!("  {}", node.description());
    if !options.dev {
        return console::build(checkout, &node, &interrupt);
    }
    let api_url = file::url(checkout, "api_url")
        .context("no stack is running here; start one with `cargo xtask up --detach`")?;
    console::install(checkout, &node, &interrupt)?;
    let mut vite = node.npm(&console::folder(checkout));
    vite.args(["run", "--silent", "dev"]).env(console::API_URL, api_url).stdin(Stdio::inherit());
    cargo::run(&mut vite, "vite", &interrupt)
}

/// What `cargo xtask test` does for the console, and nothing else.
fn test(checkout: &Checkout, interrupt: &Interrupt) -> Result<()> {
    let programs = install::find_or_install()?;
    cargo::build(checkout, SERVICES, interrupt)?;
    let scratch = Scratch::start(checkout, &programs, Tuning::TEST, interrupt)?;
    browser::check(checkout, interrupt)?;
    browser::journeys(checkout, &scratch, interrupt)
}
