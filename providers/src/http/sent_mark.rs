//! Knows whether any of a request's content was handed to a connection.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use reqwest::Request;

/// Set at the moment a connection first asks for a request's body.
///
/// While it is not set the provider cannot have made an image: at most the head has left, and the
/// prompt has not. That covers name look-up, TCP, TLS, waiting for a connection and a dead pooled
/// connection alike, time-outs included, with no guess from error kinds. Hyper asks for the body in
/// the same poll that writes the head and before it flushes either, so a set mark errs to the safe
/// side: "maybe sent".
#[derive(Debug, Clone, Default)]
pub(crate) struct SentMark(Arc<AtomicBool>);

impl SentMark {
    /// Puts a mark on the body of `request`, which from then on is a stream that cannot be cloned.
    /// A request without a body counts as sent from the start: nothing could tell.
    pub(crate) fn put_on(request: &mut Request) -> Self {
        let mark = Self::default();
        match request.body_mut().take() {
            None => mark.set(),
            Some(inner) => {
                let marked = MarkedBody { inner, mark: mark.clone() };
                *request.body_mut() = Some(reqwest::Body::wrap(marked));
            }
        }
        mark
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    fn set(&self) {
        self.0.store(true, Ordering::Release);
    }
}

struct MarkedBody {
    inner: reqwest::Body,
    mark: SentMark,
}

impl Body for MarkedBody {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, reqwest::Error>>> {
        self.mark.set();
        Pin::new(&mut self.inner).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_request_cannot_be_repeated() {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.post("http://127.0.0.1:9").body("prompt").build().unwrap();
        assert!(request.try_clone().is_some());

        let sent = SentMark::put_on(&mut request);

        assert!(request.try_clone().is_none());
        assert!(!sent.is_set());
    }
}
