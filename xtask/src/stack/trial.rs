//! A stack for one run of tests, beside the one that may be running: it uses the databases of the run and ends with
//! them.

use std::path::PathBuf;

use anyhow::Result;
use devkit::environment;
use devkit::interrupt::Interrupt;

use super::blueprint::{Blueprint, Ground, ROLES, Size};
use super::{file, start};
use crate::checkout::Checkout;
use crate::demo;
use crate::memory::Memory;
use crate::scratch::Scratch;

/// A running stack with the users and keys of the demo.
#[derive(Debug)]
pub struct Trial {
    pub blueprint: Blueprint,
    /// Its `stack.json`.
    pub file: PathBuf,
}

impl Trial {
    /// Starts it with the debug binaries that are there.
    pub fn start(
        checkout: &Checkout,
        scratch: &Scratch,
        console: PathBuf,
        interrupt: &Interrupt,
    ) -> Result<Self> {
        let folder = scratch.folder();
        let seed = checkout.number().wrapping_add(u64::from(std::process::id()) * 16 + 8);
        let mut memory = Memory::unsaved(&folder.join("memory.json"), seed);
        // The server is that of the tests, and a role has one password on it.
        for role in ROLES {
            let password = environment::role_password(&format!("aether_{role}"));
            memory.remember(&format!("db-{role}"), password);
        }
        let ground = Ground {
            folder,
            databases: scratch.databases.clone(),
            memory: &mut memory,
            records: &scratch.records,
        };
        // Two, because one of them is killed.
        let size = Size { workers: 2, schedulers: 1 };
        let blueprint = Blueprint::draw_on(ground, checkout, size, Some(console))?;
        start::start(&blueprint, &scratch.records, interrupt)?;
        let file = folder.join("stack.json");
        file::write_to(&file, &blueprint, &scratch.records)?;
        demo::seed(&blueprint)?;
        Ok(Self { blueprint, file })
    }
}
