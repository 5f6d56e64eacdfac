//! Files that hold secrets: readable by their owner only, and never half written.

use std::fs::{OpenOptions, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context, Result};

/// Writes a file of mode 0600 in one step: a reader sees the old content or the new one.
pub fn write(path: &Path, content: &[u8]) -> Result<()> {
    let beside = path.with_extension(format!("new-{}", std::process::id()));
    let written = (|| {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(content)?;
        std::fs::rename(&beside, path)
    })();
    written.with_context(|| format!("{} could not be written", path.display()))
}

/// Creates a folder, and its parents, that only its owner may enter.
pub fn create_dir(path: &Path) -> Result<()> {
    std::fs::create_dir_all(path)
        .and_then(|()| std::fs::set_permissions(path, Permissions::from_mode(0o700)))
        .with_context(|| format!("the folder {} could not be created", path.display()))
}
