//! Bounds the bytes of images one process holds at once.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of image bodies a process may hold at once; clones share it.
///
/// Room is taken before a body is read and given back when the last handle to the finished image is
/// dropped, so the budget bounds what is really in memory, images that wait to be stored included.
/// A call that finds no room waits, first come, first served, until its time is up; meanwhile its
/// body stays at the provider (TCP's back-pressure). Answers that carry no image (64 KiB at most)
/// are not counted.
#[derive(Debug, Clone)]
pub struct BodyBudget {
    room: Arc<Semaphore>,
    bytes: usize,
}

impl BodyBudget {
    /// A budget of so many bytes.
    pub fn new(bytes: usize) -> Self {
        let bytes = bytes.min(Semaphore::MAX_PERMITS);
        Self { room: Arc::new(Semaphore::new(bytes)), bytes }
    }

    /// Its whole size, in use or not.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How much of it is free at this moment.
    pub fn bytes_free(&self) -> usize {
        self.room.available_permits()
    }

    /// Waits for room. More than the whole budget never comes free; `ProviderConfig` is checked
    /// for that.
    pub(crate) async fn take(&self, bytes: u32) -> BodyRoom {
        let permit = Arc::clone(&self.room).acquire_many_owned(bytes).await;
        BodyRoom(permit.expect("the budget's semaphore is never closed"))
    }
}

impl Default for BodyBudget {
    /// 256 MiB.
    fn default() -> Self {
        Self::new(256 * 1024 * 1024)
    }
}

/// Room taken from the budget, given back on drop.
pub(crate) struct BodyRoom(OwnedSemaphorePermit);

impl BodyRoom {
    /// The finished body, which keeps its room, and only as much as it needs, until dropped.
    pub(crate) fn filled(mut self, body: Vec<u8>) -> Bytes {
        let surplus = self.0.num_permits().saturating_sub(body.len());
        drop(self.0.split(surplus));
        Bytes::from_owner(RoomedBody { body, _room: self })
    }
}

struct RoomedBody {
    body: Vec<u8>,
    _room: BodyRoom,
}

impl AsRef<[u8]> for RoomedBody {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn room_comes_back_when_the_last_handle_is_dropped() {
        let budget = BodyBudget::new(100);

        let room = budget.take(80).await;
        assert_eq!(budget.bytes_free(), 20);
        let image = room.filled(vec![7; 30]);
        assert_eq!(budget.bytes_free(), 70);
        let slice = image.slice(..1);
        drop(image);
        assert_eq!(budget.bytes_free(), 70);
        drop(slice);

        assert_eq!(budget.bytes_free(), 100);
    }
}
