//! Bodies are read before anything else is checked. hyper closes a connection if a request is answered
//! before its body was read. A client that has sent its next request in the meantime gets no answer to
//! it, so a refused request would cost the requests behind it.

use std::time::Duration;

use poem::{Body, Request, http::header};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

use crate::{
    extract::BODY_BYTES_MAX,
    problem::{Code, Problem},
};

/// How much of a body that is too large is read and thrown away, and for how long. Closing earlier would
/// reset the connection, and the client might lose the answer that says why.
const DISCARDED_MAX: u64 = 1024 * 1024;
const DISCARDED_WITHIN: Duration = Duration::from_millis(500);

/// Reads the whole body into the request. 413 if it has more than 512 KiB, announced or not; the
/// connection cannot be used again then.
pub(super) async fn read_body(request: &mut Request) -> Result<(), Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced: Option<usize> = announced.and_then(|it| it.to_str().ok()?.parse().ok());
    let fits = announced.is_none_or(|it| it <= BODY_BYTES_MAX);
    let body = request.take_body();
    if fits && body.is_empty() {
        return Ok(());
    }
    let mut reader = body.into_async_read();
    let mut bytes = Vec::new();
    if fits {
        let limit = u64::try_from(BODY_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
        (&mut reader).take(limit).read_to_end(&mut bytes).await.map_err(|_| broken_off())?;
        if bytes.len() <= BODY_BYTES_MAX {
            request.set_body(Body::from(bytes));
            return Ok(());
        }
    }
    discard(reader).await;
    Err(Problem::new(Code::RequestTooLarge, "a body may have at most 512 KiB"))
}

async fn discard(reader: impl AsyncRead + Unpin) {
    let mut rest = reader.take(DISCARDED_MAX);
    // The answer is the same however this ends.
    let _ = timeout(DISCARDED_WITHIN, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}

fn broken_off() -> Problem {
    Problem::new(Code::RequestInvalid, "the connection broke off before the end of the body")
}
