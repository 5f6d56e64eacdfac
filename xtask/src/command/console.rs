//! `cargo xtask console`: builds the web console, or serves it with hot reload.

use std::process::Stdio;

use anyhow::{Context, Result};
use devkit::interrupt::Interrupt;
use devkit::say;

use crate::cargo;
use crate::checkout::Checkout;
use crate::console;
use crate::node::Node;
use crate::stack::file;

/// Build or serve.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Serve the sources with hot reload, against the stack that `cargo xtask up` started
    #[arg(long)]
    dev: bool,
}

/// Brings Node.js where it is missing, installs the packages, and builds or serves.
pub fn console(checkout: &Checkout, options: &Options) -> Result<()> {
    let interrupt = Interrupt::listen()?;
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
