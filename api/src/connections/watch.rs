//! What a connection is doing, as its bytes show it, and how long it may go on doing that.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use super::{ConnectionLimits, refusal};

/// Milliseconds since the connection began stand for times; 0 stands for none.
#[derive(Debug)]
pub(super) struct Watch {
    began: Instant,
    /// When the first byte of a head came whose request has not begun.
    head_since: AtomicU64,
    /// When a byte last came or went.
    moved: AtomicU64,
    /// Requests whose response has not begun.
    running: AtomicU32,
    /// A body was refused that may still be coming.
    unread: AtomicBool,
}

impl Watch {
    pub fn new() -> Self {
        Self {
            began: Instant::now(),
            head_since: AtomicU64::new(0),
            moved: AtomicU64::new(0),
            running: AtomicU32::new(0),
            unread: AtomicBool::new(false),
        }
    }

    /// The head is complete. The request runs until what is returned is dropped.
    pub fn request_began(self: &Arc<Self>) -> Running {
        self.head_since.store(0, Ordering::SeqCst);
        self.running.fetch_add(1, Ordering::SeqCst);
        Running(Arc::clone(self))
    }

    /// No request was understood yet, or half a head of the next one is there.
    pub fn waits_for_head(&self) -> bool {
        self.is_reading_head() || self.moved.load(Ordering::SeqCst) == 0
    }

    /// When to look again.
    pub fn deadline(&self, limits: &ConnectionLimits) -> Instant {
        let since = |at: &AtomicU64| self.began + Duration::from_millis(at.load(Ordering::SeqCst));
        if self.is_running() {
            // The request has limits of its own; what follows it begins later than now.
            Instant::now() + limits.head.min(limits.idle)
        } else if self.is_reading_head() {
            since(&self.head_since) + limits.head
        } else if self.moved.load(Ordering::SeqCst) == 0 {
            self.began + limits.head
        } else {
            since(&self.moved) + limits.idle
        }
    }

    /// Why the connection ends now, if it does.
    pub fn overdue(&self, limits: &ConnectionLimits) -> Option<&'static str> {
        if self.is_running() || Instant::now() < self.deadline(limits) {
            return None;
        }
        Some(if self.waits_for_head() { "head" } else { "idle" })
    }

    fn is_running(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0
    }

    fn is_reading_head(&self) -> bool {
        self.head_since.load(Ordering::SeqCst) > 0
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    fn received(&self) {
        let now = self.now();
        self.moved.store(now, Ordering::SeqCst);
        if !self.is_running() && !self.is_reading_head() {
            self.head_since.store(now, Ordering::SeqCst);
        }
    }

    fn sent(&self) {
        self.moved.store(self.now(), Ordering::SeqCst);
    }
}

/// A request that is being answered.
pub(super) struct Running(Arc<Watch>);

impl Running {
    /// The body was refused before it was read: what is still coming is thrown away at the end, because to close on a
    /// client that is sending would take the response from it.
    pub fn leaves_body_unread(&self) {
        self.0.unread.store(true, Ordering::SeqCst);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.sent();
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A stream whose bytes are watched. What the HTTP library writes in answer to a head that it does not understand is
/// replaced by a problem.
pub(super) struct Watched<S> {
    stream: S,
    watch: Arc<Watch>,
    /// A refusal that is still to be written, and how much of it was.
    refusal: Option<(Vec<u8>, usize)>,
    /// The end of the time for what is still coming, and how much of it came.
    leftover: Option<(Pin<Box<Sleep>>, usize)>,
}

/// How long a refused body may go on coming, and how much of it.
const LEFTOVER_TIME: Duration = Duration::from_secs(2);
const LEFTOVER_BYTES: usize = 8 * 1024 * 1024;

impl<S> Watched<S> {
    pub fn new(stream: S, watch: Arc<Watch>) -> Self {
        Self { stream, watch, refusal: None, leftover: None }
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((text, written)) = &mut self.refusal {
            if *written == text.len() {
                self.refusal = None;
                break;
            }
            let more = ready!(Pin::new(&mut self.stream).poll_write(cx, &text[*written..]))?;
            if more == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            *written += more;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> Watched<S> {
    /// Reads what is still coming until the client has nothing more to send, or has had its chance.
    #[expect(clippy::disallowed_methods, reason = "a deadline in a hand-written poll")]
    fn poll_leftover(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self { stream, leftover, .. } = self;
        let (timeout, length) = leftover.get_or_insert_with(|| (Box::pin(sleep(LEFTOVER_TIME)), 0));
        let mut scratch = [0; 8 * 1024];
        while *length < LEFTOVER_BYTES {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    *length += buffer.filled().len();
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return timeout.as_mut().poll(cx),
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.watch.received();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        // A response is written after its request began; this one answers a head that never became one.
        if self.watch.is_reading_head() {
            if self.refusal.is_none() {
                self.refusal = Some((refusal::response(bytes), 0));
            }
            return Poll::Ready(Ok(bytes.len()));
        }
        let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.watch.sent();
        Poll::Ready(Ok(sent))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_refusal(cx))?;
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        if self.watch.unread.load(Ordering::SeqCst) {
            ready!(self.poll_leftover(cx));
        }
        Poll::Ready(Ok(()))
    }
}
