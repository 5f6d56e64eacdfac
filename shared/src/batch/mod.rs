//! Natural batching: items that gathered while the last batch was under way leave together. After a quiet
//! moment an item leaves at once; items that follow each other share transactions.

use std::future::Future;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Why an item has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// As many wait as the queue holds: what takes them is too slow.
    #[error("too many are waiting")]
    Full,
    /// The batch's lane ended before it answered.
    #[error("the batcher stopped")]
    Stopped,
}

/// When a batch leaves, and how large it may be.
#[derive(Clone, Copy, Debug)]
pub struct BatchLimits {
    /// Batches under way at the same time, at most.
    pub lanes: usize,
    /// So many items leave even if another batch is under way. Fewer wait for its end: sharing a
    /// transaction is worth more than a second one.
    pub crowd: usize,
    /// How long the first item waits for others where batches follow each other, unless a crowd gathers
    /// before. Clients that were answered together come back together, so under load batches grow in size
    /// and not in number.
    pub linger: Duration,
    /// Items in a batch, at most.
    pub batch_max: usize,
    /// Items that wait, at most.
    pub waiting_max: usize,
}

/// A batch that is under way for this long is held up (by a locked row, by a database that does not
/// answer): the items that gathered no longer wait for its end if another lane is free.
const SLOW: Duration = Duration::from_millis(100);

/// After this long without a batch an item leaves at once: no others are to be expected.
const QUIET: Duration = Duration::from_millis(40);

/// Gathers items and runs them in batches.
pub struct Batcher<I, O> {
    queue: mpsc::Sender<Asked<I, O>>,
}

type Asked<I, O> = (I, oneshot::Sender<O>);

impl<I, O> Clone for Batcher<I, O> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<I: Send + 'static, O: Send + 'static> Batcher<I, O> {
    /// `run` answers every item of a batch, in its order.
    pub fn start<F, Fut>(limits: BatchLimits, run: F) -> Self
    where
        F: Fn(Vec<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Vec<O>> + Send + 'static,
    {
        let (queue, waiting) = mpsc::channel(limits.waiting_max);
        tokio::spawn(dispatch(limits, waiting, run));
        Self { queue }
    }

    /// Waits for the item's answer; when the queue is full, fails at once.
    pub async fn ask(&self, item: I) -> Result<O, BatchError> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send((item, answer)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => BatchError::Full,
            mpsc::error::TrySendError::Closed(_) => BatchError::Stopped,
        })?;
        answered.await.map_err(|_| BatchError::Stopped)
    }

    /// Like [`Self::ask`], but waits for a place in the queue.
    pub async fn ask_patiently(&self, item: I) -> Result<O, BatchError> {
        let (answer, answered) = oneshot::channel();
        self.queue.send((item, answer)).await.map_err(|_| BatchError::Stopped)?;
        answered.await.map_err(|_| BatchError::Stopped)
    }
}

/// Ends when nothing can ask any more and every item is answered.
async fn dispatch<I, O, F, Fut>(
    limits: BatchLimits,
    mut waiting: mpsc::Receiver<Asked<I, O>>,
    run: F,
) where
    I: Send + 'static,
    O: Send + 'static,
    F: Fn(Vec<I>) -> Fut,
    Fut: Future<Output = Vec<O>> + Send + 'static,
{
    let mut running = JoinSet::new();
    let mut gathered = Vec::new();
    let mut left_at: Option<Instant> = None;
    let mut first_at = Instant::now();
    loop {
        let due_at = match left_at {
            Some(left_at) if !running.is_empty() => left_at + SLOW,
            Some(left_at) if first_at < left_at + QUIET => first_at + limits.linger,
            _ => first_at,
        };
        let enough = if Instant::now() >= due_at { 1 } else { limits.crowd.min(limits.batch_max) };
        if gathered.len() >= enough && running.len() < limits.lanes {
            running.spawn(answer(std::mem::take(&mut gathered), &run));
            left_at = Some(Instant::now());
            continue;
        }
        let waits = !gathered.is_empty() && running.len() < limits.lanes;
        let room = limits.batch_max - gathered.len();
        let was_empty = gathered.is_empty();
        tokio::select! {
            Some(_) = running.join_next() => {}
            () = sleep_until(due_at), if waits => {}
            received = waiting.recv_many(&mut gathered, room), if running.len() < limits.lanes => {
                if received == 0 {
                    break;
                }
                if was_empty {
                    first_at = Instant::now();
                }
            }
        }
    }
    if !gathered.is_empty() {
        running.spawn(answer(gathered, &run));
    }
    while running.join_next().await.is_some() {}
}

fn answer<I, O, Fut>(
    gathered: Vec<Asked<I, O>>,
    run: impl Fn(Vec<I>) -> Fut,
) -> impl Future<Output = ()> + Send + 'static
where
    I: Send + 'static,
    O: Send + 'static,
    Fut: Future<Output = Vec<O>> + Send + 'static,
{
    let (items, answers): (Vec<I>, Vec<oneshot::Sender<O>>) = gathered.into_iter().unzip();
    let outputs = run(items);
    async move {
        for (answer, output) in answers.into_iter().zip(outputs.await) {
            // The caller may have gone; the work is done all the same.
            let _ = answer.send(output);
        }
    }
}

#[cfg(test)]
mod tests;
