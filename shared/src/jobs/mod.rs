//! Jobs: bells in Redis. A bell says that work of its kind may be due and nothing else; the worker that
//! hears it looks into PostgreSQL. Losing every bell loses no work and delays it by seconds.

mod bells;
mod channel;
mod depth;
mod due;
mod heal;
mod kind;
mod queue;
mod sweep;
#[cfg(test)]
mod tests;

pub use bells::Bells;
pub use channel::{Channels, Listener};
pub use depth::{QUEUE_DEPTH_MAX, queue_depth};
pub use due::{count_due, is_due};
pub use heal::{QueueState, clear_queue, leave_queue, look_at_queue};
pub use kind::{JobKind, JobRow, Schedule};
pub use queue::{BATCH_SIZE, BEAT_EVERY, Bell, Entry, EntryCodec, JobStorage, storage};
pub use sweep::sweep_finished;
