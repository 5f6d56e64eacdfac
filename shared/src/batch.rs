//! Natural batching: whatever gathered while the last batch was under way leaves together. No timer, so
//! a lone item leaves at once and a crowd shares one transaction.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

/// Why an item has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// As many wait as the queue holds: the way behind it is too slow.
    #[error("too many are waiting")]
    Full,
    /// The batch's lane ended before it answered.
    #[error("the batcher stopped")]
    Stopped,
}

/// Hands items to `lanes` workers, each of which runs one batch at a time.
pub struct Batcher<I, O> {
    queue: mpsc::Sender<(I, oneshot::Sender<O>)>,
}

impl<I, O> Clone for Batcher<I, O> {
    fn clone(&self) -> Self {
        Self { queue: self.queue.clone() }
    }
}

impl<I: Send + 'static, O: Send + 'static> Batcher<I, O> {
    /// `run` answers every item of a batch, in its order; a batch has at most `batch_max`, and at most
    /// `waiting_max` items wait.
    pub fn start<F, Fut>(lanes: usize, batch_max: usize, waiting_max: usize, run: F) -> Self
    where
        F: Fn(Vec<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Vec<O>> + Send + 'static,
    {
        let (queue, waiting) = mpsc::channel(waiting_max);
        let waiting = Arc::new(tokio::sync::Mutex::new(waiting));
        let run = Arc::new(run);
        for _ in 0..lanes {
            let (waiting, run) = (Arc::clone(&waiting), Arc::clone(&run));
            tokio::spawn(async move {
                loop {
                    let mut gathered = Vec::with_capacity(batch_max);
                    if waiting.lock().await.recv_many(&mut gathered, batch_max).await == 0 {
                        return;
                    }
                    let (items, answers): (Vec<I>, Vec<oneshot::Sender<O>>) =
                        gathered.into_iter().unzip();
                    for (answer, output) in answers.into_iter().zip(run(items).await) {
                        // Whoever asked may have gone; the work is done all the same.
                        let _ = answer.send(output);
                    }
                }
            });
        }
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn what_gathers_while_a_batch_runs_leaves_together() {
        let (gate, runs) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let batcher = Batcher::start(1, 64, 64, {
            let (gate, runs) = (Arc::clone(&gate), Arc::clone(&runs));
            move |items: Vec<usize>| {
                let (gate, runs) = (Arc::clone(&gate), Arc::clone(&runs));
                async move {
                    runs.fetch_add(1, Ordering::SeqCst);
                    gate.notified().await;
                    items.into_iter().map(|it| it * 2).collect()
                }
            }
        });
        let asked: Vec<_> = (0..17)
            .map(|n| {
                let batcher = batcher.clone();
                tokio::spawn(async move { batcher.ask(n).await.unwrap() })
            })
            .collect();
        tokio::task::yield_now().await;
        gate.notify_one();
        tokio::task::yield_now().await;
        let mut answers = Vec::new();
        for asked in asked {
            gate.notify_one();
            answers.push(asked.await.unwrap());
        }

        assert_eq!(answers, (0..17).map(|n| n * 2).collect::<Vec<_>>());
        assert!(runs.load(Ordering::SeqCst) <= 3, "{runs:?} batches");
    }

    #[tokio::test]
    async fn a_full_queue_is_an_answer_and_not_a_wait() {
        let batcher: Batcher<u8, u8> = Batcher::start(1, 1, 1, |_| std::future::pending());
        let (running, waiting) = (batcher.clone(), batcher.clone());
        tokio::spawn(async move { running.ask(1).await });
        tokio::task::yield_now().await;
        tokio::spawn(async move { waiting.ask(2).await });
        tokio::task::yield_now().await;

        assert_eq!(batcher.ask(3).await, Err(BatchError::Full));
    }
}
