//! The web console: static files, and one page for every path that no operation of the API owns.
//!
//! Release builds have it inside; a folder takes precedence over that. A build without it says how to make one.

mod embedded;
mod encoding;
mod file;
mod folder;
mod page;
mod path;

use std::path::PathBuf;

use poem::{
    IntoResponse, Request, Response,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
};

use crate::problem::Problem;
use embedded::Embedded;
use encoding::Encoding;
use file::File;
use folder::Folder;
use path::Wanted;

/// Files under `/assets/` have a hash of their content in their names.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, but never shown without asking: a page names the assets of its own version.
const ASK_AGAIN: &str = "no-cache";

/// Where the console comes from.
#[derive(Debug)]
pub struct Console {
    source: Source,
}

#[derive(Debug)]
enum Source {
    Folder(Folder),
    Embedded(Embedded),
}

impl Console {
    /// That of a folder, else what this build has inside.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let source = match folder {
            Some(folder) => Source::Folder(Folder::new(folder)),
            None => Source::Embedded(Embedded::open()),
        };
        Self { source }
    }

    /// Answers a GET or HEAD for a path that no operation owns.
    pub(crate) async fn answer(&self, request: &Request) -> Response {
        match Wanted::by(request.uri().path()) {
            Wanted::Asset(path) => self.file(path, FOR_EVER, request).await,
            Wanted::File(path) => self.file(path, ASK_AGAIN, request).await,
            Wanted::Page => self.page(request).await,
            Wanted::Nothing => None,
        }
        .unwrap_or_else(|| Problem::unknown_path().into_response())
    }

    async fn file(&self, path: &str, caching: &'static str, request: &Request) -> Option<Response> {
        let file = self.read(path).await?;
        Some(respond(&file, caching, request))
    }

    /// The same page whatever the path: its script reads the path.
    async fn page(&self, request: &Request) -> Option<Response> {
        if !page::is_acceptable(request.headers()) {
            return None;
        }
        match self.read(page::FILE).await {
            Some(file) => {
                let mut response = respond(&file, ASK_AGAIN, request);
                page::protect(response.headers_mut());
                Some(response)
            }
            None => page::missing(request.headers()),
        }
    }

    async fn read(&self, path: &str) -> Option<File> {
        match &self.source {
            Source::Folder(folder) => folder.read(path).await,
            Source::Embedded(embedded) => embedded.read(path),
        }
    }
}

fn respond(file: &File, caching: &'static str, request: &Request) -> Response {
    let encoding = encoding::choose(accepted(request.headers()), &file.encodings());
    let etag = file.etag(encoding);
    let unchanged = request
        .headers()
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .any(|it| names(it, &etag));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        whole(file, encoding, request.method())
    };
    // A cache takes over what a 304 says, so both say the same.
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(etag) = HeaderValue::try_from(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

fn whole(file: &File, encoding: Encoding, method: &Method) -> Response {
    let content = file.content(encoding);
    let builder = Response::builder().content_type(file.content_type);
    let builder = match encoding.name() {
        Some(name) => builder.header(header::CONTENT_ENCODING, name),
        None => builder,
    };
    if method == Method::HEAD {
        return builder.header(header::CONTENT_LENGTH, content.len()).finish();
    }
    builder.body(file::body(content))
}

fn accepted(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ACCEPT_ENCODING).and_then(|it| it.to_str().ok())
}

/// Whether an `If-None-Match` lists the tag, by weak comparison (RFC 9110 §13.1.2).
fn names(if_none_match: &str, etag: &str) -> bool {
    if_none_match
        .split(',')
        .map(str::trim)
        .any(|it| it == "*" || it.strip_prefix("W/").unwrap_or(it) == etag)
}
