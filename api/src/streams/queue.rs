//! What waits for the client of a stream: so many events at the most, and so many bytes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::sync::mpsc;

/// Events that wait. A client that reads more slowly is let go: it comes back and has the rest repeated.
pub(super) const WAITING_MAX: usize = 256;
/// Their bytes together. Events of tasks with long prompts are a hundred times as long as others.
pub(super) const BYTES_MAX: usize = 1024 * 1024;

/// The client reads too slowly, or not any more.
pub(super) struct Full;

/// Where events are written, by one at a time.
pub(super) struct Feed {
    frames: mpsc::Sender<Bytes>,
    bytes: Arc<AtomicUsize>,
}

/// Where they are read. What was written before the feed was dropped is still there.
pub(super) struct Frames {
    frames: mpsc::Receiver<Bytes>,
    bytes: Arc<AtomicUsize>,
}

/// A queue in which nothing waits.
pub(super) fn queue() -> (Feed, Frames) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let bytes = Arc::new(AtomicUsize::new(0));
    let feed = Feed { frames: sender, bytes: Arc::clone(&bytes) };
    (feed, Frames { frames: receiver, bytes })
}

impl Feed {
    /// An event longer than all that may wait waits alone.
    pub fn write(&self, frame: &Bytes) -> Result<(), Full> {
        let waiting = self.bytes.load(Ordering::Acquire);
        if waiting > 0 && waiting + frame.len() > BYTES_MAX {
            return Err(Full);
        }
        // Counted first: whoever reads it takes it off.
        self.bytes.fetch_add(frame.len(), Ordering::AcqRel);
        self.frames.try_send(frame.clone()).map_err(|_| {
            self.bytes.fetch_sub(frame.len(), Ordering::AcqRel);
            Full
        })
    }
}

impl Frames {
    pub fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let frame = ready!(self.frames.poll_recv(context));
        if let Some(frame) = &frame {
            self.bytes.fetch_sub(frame.len(), Ordering::AcqRel);
        }
        Poll::Ready(frame)
    }
}
