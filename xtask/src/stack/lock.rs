//! The lock of a stack.

use std::fs::File;

use anyhow::{Context, Result};
use devkit::{private_file, say};

use crate::checkout::Checkout;

/// Held while a stack is being changed, so that two commands do not start the same process twice.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it, waiting for another command to finish.
    pub fn take(checkout: &Checkout) -> Result<Self> {
        private_file::create_dir(&checkout.dev())?;
        let path = checkout.dev().join("lock");
        let file = File::create(&path)
            .with_context(|| format!("the lock {} could not be created", path.display()))?;
        if file.try_lock().is_err() {
            say!("  another `cargo xtask` is changing this stack; waiting for it");
            file.lock().context("the lock of the stack could not be taken")?;
        }
        Ok(Self { _file: file })
    }
}
