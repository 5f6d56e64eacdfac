//! The console inside this program, put there by `build.rs`.

use std::borrow::Cow;
use std::collections::HashMap;

use super::file::{File, content_type, digest};

/// One file as `build.rs` writes it.
struct Included {
    path: &'static str,
    identity: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

include!(concat!(env!("OUT_DIR"), "/console.rs"));

/// Its files by path; empty where the build had no console.
#[derive(Debug)]
pub(super) struct Embedded {
    files: HashMap<&'static str, File>,
}

impl Embedded {
    pub(super) fn open() -> Self {
        let files = INCLUDED.iter().map(|it| {
            let file = File {
                content_type: content_type(it.path),
                digest: digest(it.identity),
                identity: Cow::Borrowed(it.identity),
                brotli: it.brotli.map(Cow::Borrowed),
                gzip: it.gzip.map(Cow::Borrowed),
            };
            (it.path, file)
        });
        Self { files: files.collect() }
    }

    pub(super) fn read(&self, path: &str) -> Option<File> {
        self.files.get(path).cloned()
    }
}
