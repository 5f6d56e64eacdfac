//! A file that says "this directory is the image store". Without it "no such file" could mean that
//! the volume is not mounted, and a paid image would be taken for one never made.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

const MARKER_NAME: &str = "aetherflow-images";
const MARKER_TEXT: &[u8] =
    b"This directory holds the images of Aetherflow. Without this file it is taken for not mounted.\n";

/// Makes the directory and its marker, durably, and answers the directory's true path. One that has
/// its marker is left as it is; a new one is worth a line in the log, because on a volume that should
/// hold images already it means that the volume is not there.
pub(super) fn establish(directory: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(directory)?;
    let directory = directory.canonicalize()?;
    let path = directory.join(MARKER_NAME);
    if fs::exists(&path)? {
        return Ok(directory);
    }

    let mut marker = File::create(&path)?;
    marker.write_all(MARKER_TEXT)?;
    marker.sync_all()?;
    File::open(&directory)?.sync_all()?;
    if let Some(parent) = directory.parent() {
        File::open(parent)?.sync_all()?;
    }
    tracing::info!("made a new, empty image store");
    Ok(directory)
}

/// Whether the directory still is the image store.
pub(super) async fn is_there(directory: &Path) -> io::Result<bool> {
    tokio::fs::try_exists(directory.join(MARKER_NAME)).await
}
