//! The console out of a folder, read anew for every request: what was just built is served at once.

use std::borrow::Cow;
use std::io::ErrorKind::{IsADirectory, NotADirectory, NotFound};
use std::path::PathBuf;

use super::file::{Content, File, content_type, digest};

/// What the build of the console makes.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// `path` is relative and stays inside: see [`Wanted`](super::path::Wanted).
    pub(super) async fn read(&self, path: &str) -> Option<File> {
        let identity = self.bytes(path).await?;
        let (brotli, gzip) = (format!("{path}.br"), format!("{path}.gz"));
        let (brotli, gzip) = tokio::join!(self.bytes(&brotli), self.bytes(&gzip));
        let digest = digest(&identity);
        Some(File { content_type: content_type(path), digest, identity, brotli, gzip })
    }

    async fn bytes(&self, path: &str) -> Option<Content> {
        match tokio::fs::read(self.root.join(path)).await {
            Ok(bytes) => Some(Cow::Owned(bytes)),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory | IsADirectory) => None,
            Err(error) => {
                tracing::warn!(%error, path, "a file of the console cannot be read");
                None
            }
        }
    }
}
