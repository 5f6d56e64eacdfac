//! A file of the console in the forms it can be sent in.

use std::borrow::Cow;

use poem::Body;
use sha2::{Digest, Sha256};

use super::encoding::Encoding;

/// Content, from memory or from a folder.
pub(super) type Content = Cow<'static, [u8]>;

/// One file.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub content_type: &'static str,
    /// Tells versions of the file apart.
    pub digest: String,
    pub identity: Content,
    pub brotli: Option<Content>,
    pub gzip: Option<Content>,
}

impl File {
    /// The forms there are, the smallest first.
    pub(super) fn encodings(&self) -> Vec<Encoding> {
        let brotli = self.brotli.is_some().then_some(Encoding::Brotli);
        let gzip = self.gzip.is_some().then_some(Encoding::Gzip);
        brotli.into_iter().chain(gzip).chain([Encoding::Identity]).collect()
    }

    /// A strong tag: each form has its own.
    pub(super) fn etag(&self, encoding: Encoding) -> String {
        match encoding.name() {
            Some(name) => format!("\"{}-{name}\"", self.digest),
            None => format!("\"{}\"", self.digest),
        }
    }

    /// The bytes of one form.
    pub(super) fn content(&self, encoding: Encoding) -> Content {
        let compressed = match encoding {
            Encoding::Brotli => self.brotli.as_ref(),
            Encoding::Gzip => self.gzip.as_ref(),
            Encoding::Identity => None,
        };
        compressed.unwrap_or(&self.identity).clone()
    }
}

/// The body of a response.
pub(super) fn body(content: Content) -> Body {
    match content {
        Cow::Borrowed(bytes) => Body::from_bytes(bytes.into()),
        Cow::Owned(bytes) => Body::from_vec(bytes),
    }
}

/// The first 128 bits of SHA-256, in hex.
pub(super) fn digest(content: &[u8]) -> String {
    hex::encode(&Sha256::digest(content)[..16])
}

/// What a browser needs to know of a file by its extension; with `nosniff` it believes nothing else.
pub(super) fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
