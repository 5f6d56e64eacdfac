//! Bodies are read before anything else is checked. hyper closes a connection if a request is answered
//! before its body was read. A client that has sent its next request in the meantime gets no answer to
//! it, so a refused request would cost the requests behind it. A body has a deadline as a whole: one that trickles must
//! not keep a connection for ever, nor a server from stopping.

use std::time::Duration;

use poem::{Body, Request, http::header};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::{
    extract::BODY_BYTES_MAX,
    problem::{Code, Problem},
};

/// How much of a body that is too large is read and thrown away, and for how long. Closing earlier would
/// reset the connection, and the client might lose the answer that says why.
const DISCARDED_MAX: u64 = 1024 * 1024;
const DISCARDED_WITHIN: Duration = Duration::from_millis(500);

/// How long a body may take to arrive.
const ARRIVAL_MAX: Duration = Duration::from_secs(30);
/// How long it may still take when the server stops.
const STOPPING_MAX: Duration = Duration::from_millis(500);

/// Reads the whole body into the request. 413 if it has more than [`BODY_BYTES_MAX`], announced or not, 408 if it takes too
/// long; the connection cannot be used again then.
pub(super) async fn read_body(
    request: &mut Request,
    stopping: &CancellationToken,
) -> Result<(), Problem> {
    let stopped = async {
        stopping.cancelled().await;
        // What is nearly there may still come.
        pause(STOPPING_MAX).await;
    };
    tokio::select! {
        biased;
        read = read_in_time(request) => read,
        () = stopped => {
            let detail = "the server stops, and the body had not arrived; send it again";
            Err(Problem::new(Code::Unavailable, detail))
        }
    }
}

/// A deadline, not a wait for something that could be asked for.
#[expect(clippy::disallowed_methods, reason = "nothing else tells that time has passed")]
async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}

async fn read_in_time(request: &mut Request) -> Result<(), Problem> {
    timeout(ARRIVAL_MAX, read_whole(request)).await.unwrap_or_else(|_| {
        let seconds = ARRIVAL_MAX.as_secs();
        let detail = format!("the body did not arrive within {seconds} s; send it at once");
        Err(Problem::new(Code::RequestTimeout, detail))
    })
}

async fn read_whole(request: &mut Request) -> Result<(), Problem> {
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
    let detail = format!("a body may have at most {} KiB", BODY_BYTES_MAX / 1024);
    Err(Problem::new(Code::RequestTooLarge, detail))
}

async fn discard(reader: impl AsyncRead + Unpin) {
    let mut rest = reader.take(DISCARDED_MAX);
    // The answer is the same however this ends.
    let _ = timeout(DISCARDED_WITHIN, tokio::io::copy(&mut rest, &mut tokio::io::sink())).await;
}

fn broken_off() -> Problem {
    Problem::new(Code::RequestInvalid, "the connection broke off before the end of the body")
}
