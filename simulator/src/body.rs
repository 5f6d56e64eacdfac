//! Reading request bodies within bounds.

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;

use crate::reply::Cut;

/// Bytes swallowed beyond a limit, so that the client has finished writing and reads the
/// refusal; more than this is cut.
const DRAIN_MAX: usize = 64 * 1024 * 1024;

/// A request body as far as it was kept.
#[derive(Debug)]
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// It was longer than allowed; it was read to its end and thrown away.
    TooLarge,
}

/// Reads a body to its end and keeps it if it has at most `bytes_max` bytes.
///
/// Refusals are always sent after this: an answer to a half-written request often reaches the
/// client as a broken pipe instead.
pub async fn read(mut body: Incoming, bytes_max: usize) -> Result<Body, Cut> {
    let mut kept = BytesMut::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Cut)?.into_data() else { continue };
        length = length.saturating_add(data.len());
        if length > DRAIN_MAX.max(bytes_max) {
            return Err(Cut);
        }
        if length <= bytes_max {
            kept.extend_from_slice(&data);
        }
    }
    Ok(if length > bytes_max { Body::TooLarge } else { Body::Whole(kept.freeze()) })
}
