//! The streams that are open. One task gives all of them what they get, so that a stream itself is a place in a table
//! and a queue, and costs no statement.

use std::{
    collections::{BTreeSet, HashMap},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures::Stream;
use parking_lot::Mutex;
use shared::{generation::tasks::changes::Mark, identity::access::Reader};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    event::{EventType, EventTypes, comment},
    queue::{Feed, Frames, queue},
};

/// The most streams of one user in one process.
pub const STREAMS_PER_USER_MAX: usize = 10;
/// The most streams in one process.
const STREAMS_MAX: usize = 10_000;
/// A stream ends after this, so that connections move on to other processes sometimes.
const LIFETIME: Duration = Duration::from_hours(1);
/// Silence for longer looks like a broken connection.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

/// As many streams are open as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooManyStreams {
    /// Of this user.
    #[error(
        "{STREAMS_PER_USER_MAX} of your streams are open already; close one, or share one between pages"
    )]
    OfUser,
    /// Of all users.
    #[error("{STREAMS_MAX} streams are open already; try again")]
    OfProcess,
    /// None is opened any more.
    #[error("the server is stopping; try again")]
    Stopping,
}

/// What a stream tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One task, of which the client knows so much.
    Task { id: Uuid, known: Mark },
    /// Everything of these types.
    User(EventTypes),
}

#[derive(Default)]
struct Open {
    /// Those that are told what happens.
    streams: HashMap<u64, Place>,
    of_user: HashMap<Uuid, Vec<u64>>,
    of_task: HashMap<Uuid, Vec<u64>>,
    /// How many each user has, and all together. A stream that is told nothing any more counts until its client is gone:
    /// what waits for that one is still in memory.
    held: HashMap<Uuid, usize>,
    held_by_all: usize,
    next_no: u64,
    /// The process stops.
    closed: bool,
}

struct Place {
    reader: Reader,
    scope: Scope,
    feed: Feed,
    opened: Instant,
    written: Instant,
}

/// The streams of this process.
#[derive(Default)]
pub struct Registry {
    open: Mutex<Open>,
}

/// An open stream: what comes of it is written to the client. Dropping it gives up its place.
pub struct Subscription {
    registry: Arc<Registry>,
    no: u64,
    user: Uuid,
    frames: Frames,
}

impl Registry {
    /// Takes a place. Take it before reading what the stream begins with, so that no change between the two is missed.
    pub fn open(
        self: &Arc<Self>,
        reader: Reader,
        scope: Scope,
    ) -> Result<Subscription, TooManyStreams> {
        let mut open = self.open.lock();
        if open.closed {
            return Err(TooManyStreams::Stopping);
        }
        if open.held_by_all >= STREAMS_MAX {
            return Err(TooManyStreams::OfProcess);
        }
        let user = reader.user_id;
        if open.held.get(&user).is_some_and(|it| *it >= STREAMS_PER_USER_MAX) {
            return Err(TooManyStreams::OfUser);
        }
        open.next_no += 1;
        let (no, now) = (open.next_no, Instant::now());
        let (feed, frames) = queue();
        *open.held.entry(user).or_default() += 1;
        open.held_by_all += 1;
        open.of_user.entry(user).or_default().push(no);
        if let Scope::Task { id, .. } = scope {
            open.of_task.entry(id).or_default().push(no);
        }
        let place = Place { reader, scope, feed, opened: now, written: now };
        open.streams.insert(no, place);
        metrics::gauge!("aetherflow_event_streams").increment(1.0);
        Ok(Subscription { registry: Arc::clone(self), no, user, frames })
    }

    /// The users with a stream that tells of any of these types.
    pub fn users_of(&self, types: &[EventType]) -> BTreeSet<Uuid> {
        let open = self.open.lock();
        let told = |it: &&Place| match it.scope {
            Scope::User(own) => types.iter().any(|event| own.has(*event)),
            Scope::Task { .. } => false,
        };
        open.streams.values().filter(told).map(|it| it.reader.user_id).collect()
    }

    /// Everybody with a stream.
    pub fn users(&self) -> Vec<Uuid> {
        self.open.lock().of_user.keys().copied().collect()
    }

    /// The tasks with a stream of their own.
    pub fn tasks(&self) -> Vec<Uuid> {
        self.open.lock().of_task.keys().copied().collect()
    }

    /// Whether a stream of this task has another mark than this.
    pub fn is_behind(&self, task: Uuid, mark: Mark) -> bool {
        let open = self.open.lock();
        let streams = open.of_task.get(&task).into_iter().flatten();
        streams
            .filter_map(|no| open.streams.get(no))
            .any(|it| matches!(it.scope, Scope::Task { known, .. } if known != mark))
    }

    /// Writes an event to the streams of this user that tell of its type.
    pub fn tell_user(&self, user: Uuid, event: EventType, frame: &Bytes) {
        let mut open = self.open.lock();
        for no in open.of_user.get(&user).cloned().unwrap_or_default() {
            let told = |it: &Place| matches!(it.scope, Scope::User(types) if types.has(event));
            if open.streams.get(&no).is_some_and(told) {
                open.write(no, frame, Instant::now());
            }
        }
    }

    /// Writes an event to the streams of this task that do not know it; they end with the task.
    pub fn tell_task(&self, task: Uuid, mark: Mark, frame: &Bytes) {
        let mut open = self.open.lock();
        for no in open.of_task.get(&task).cloned().unwrap_or_default() {
            let Some(Place { scope: Scope::Task { known, .. }, .. }) = open.streams.get_mut(&no)
            else {
                continue;
            };
            if std::mem::replace(known, mark) == mark {
                continue;
            }
            open.write(no, frame, Instant::now());
            if mark.is_final() {
                open.close(no, "final");
            }
        }
    }

    /// Lets go of the streams of a user who has more events than can be told.
    pub fn let_go(&self, user: Uuid) {
        let mut open = self.open.lock();
        for no in open.of_user.get(&user).cloned().unwrap_or_default() {
            open.close(no, "lagging");
        }
    }

    /// Ends streams that are old enough at `now`, writes comments into silent ones.
    pub fn keep(&self, now: Instant) {
        let mut open = self.open.lock();
        let due: Vec<(u64, bool)> = open
            .streams
            .iter()
            .filter(|(_, it)| now - it.written >= COMMENT_EVERY || now - it.opened >= LIFETIME)
            .map(|(no, it)| (*no, now - it.opened >= LIFETIME))
            .collect();
        for (no, over) in due {
            if over {
                open.close(no, "lifetime");
            } else {
                open.write(no, &comment(), now);
            }
        }
    }

    /// Ends the streams whose credential is not good any more.
    pub fn judge(&self, is_good: impl Fn(&Reader) -> bool) {
        let mut open = self.open.lock();
        let refused = open.streams.iter().filter(|(_, it)| !is_good(&it.reader));
        let refused: Vec<u64> = refused.map(|(no, _)| *no).collect();
        for no in refused {
            open.close(no, "credential");
        }
    }

    /// Ends all streams, and opens none any more: the process stops.
    pub fn close(&self) {
        let mut open = self.open.lock();
        open.closed = true;
        let all: Vec<u64> = open.streams.keys().copied().collect();
        for no in all {
            open.close(no, "stopping");
        }
    }

    /// How many are told what happens.
    pub fn len(&self) -> usize {
        self.open.lock().streams.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Open {
    fn write(&mut self, no: u64, frame: &Bytes, now: Instant) {
        let Some(place) = self.streams.get_mut(&no) else { return };
        match place.feed.write(frame) {
            Ok(()) => place.written = now,
            Err(_) => self.close(no, "lagging"),
        }
    }

    /// What was written before is still read.
    fn close(&mut self, no: u64, reason: &'static str) {
        let Some(place) = self.streams.remove(&no) else { return };
        remove(&mut self.of_user, place.reader.user_id, no);
        if let Scope::Task { id, .. } = place.scope {
            remove(&mut self.of_task, id, no);
        }
        metrics::counter!("aetherflow_event_streams_ended_total", "reason" => reason).increment(1);
    }

    /// The client is gone, and what waited for it.
    fn leave(&mut self, no: u64, user: Uuid) {
        self.close(no, "client");
        if let Some(held) = self.held.get_mut(&user) {
            *held -= 1;
            if *held == 0 {
                self.held.remove(&user);
            }
        }
        self.held_by_all -= 1;
        metrics::gauge!("aetherflow_event_streams").decrement(1.0);
    }
}

fn remove(by: &mut HashMap<Uuid, Vec<u64>>, of: Uuid, no: u64) {
    if let Some(numbers) = by.get_mut(&of) {
        numbers.retain(|it| *it != no);
        if numbers.is_empty() {
            by.remove(&of);
        }
    }
}

impl Subscription {
    /// What the client of a stream of one task knows by now, so that it is not told it once more.
    pub fn knows(&self, mark: Mark) {
        let mut open = self.registry.open.lock();
        if let Some(Place { scope: Scope::Task { known, .. }, .. }) = open.streams.get_mut(&self.no)
        {
            *known = mark;
        }
    }
}

impl Stream for Subscription {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        self.frames.poll_next(cx)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.registry.open.lock().leave(self.no, self.user);
    }
}

#[cfg(test)]
mod tests;
