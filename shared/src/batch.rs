//! Natural batching: whatever gathered while the last batch was under way leaves together. After a quiet
//! moment an item leaves at once; where one follows another, they share transactions.

use std::future::Future;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

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

/// How batches are cut.
#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Batches under way at once at the most.
    pub lanes: usize,
    /// Items that make a batch leave whatever is under way. Fewer wait for the end of the batch before
    /// them: shared work is worth more than a second transaction.
    pub crowd: usize,
    /// How long the first item waits for others where batches follow each other, unless a crowd gathers
    /// before: what was answered together comes back together, and under load batches grow, not their number.
    pub linger: Duration,
    /// Items in a batch at the most.
    pub batch_max: usize,
    /// Items that wait at the most.
    pub waiting_max: usize,
}

/// A batch that is under way for so long stands for something (a locked row, a database that does not
/// answer): what has gathered no longer waits for its end while another lane is free.
const SLOW: Duration = Duration::from_millis(100);

/// After so long without a batch, one leaves at once: there is nobody to wait for.
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
    pub fn start<F, Fut>(cut: Cut, run: F) -> Self
    where
        F: Fn(Vec<I>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Vec<O>> + Send + 'static,
    {
        let (queue, waiting) = mpsc::channel(cut.waiting_max);
        tokio::spawn(dispatch(cut, waiting, run));
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

/// Ends when nobody can ask any more and everybody who did is answered.
async fn dispatch<I, O, F, Fut>(cut: Cut, mut waiting: mpsc::Receiver<Asked<I, O>>, run: F)
where
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
            Some(left_at) if first_at < left_at + QUIET => first_at + cut.linger,
            _ => first_at,
        };
        let enough = if Instant::now() >= due_at { 1 } else { cut.crowd.min(cut.batch_max) };
        if gathered.len() >= enough && running.len() < cut.lanes {
            running.spawn(answer(std::mem::take(&mut gathered), &run));
            left_at = Some(Instant::now());
            continue;
        }
        let waits = !gathered.is_empty() && running.len() < cut.lanes;
        let room = cut.batch_max - gathered.len();
        let was_empty = gathered.is_empty();
        tokio::select! {
            Some(_) = running.join_next() => {}
            () = sleep_until(due_at), if waits => {}
            received = waiting.recv_many(&mut gathered, room), if running.len() < cut.lanes => {
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
            // Whoever asked may have gone; the work is done all the same.
            let _ = answer.send(output);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    use super::*;

    #[tokio::test]
    async fn what_gathers_while_a_batch_runs_leaves_together() {
        let (gate, runs) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
        let batcher = Batcher::start(cut(1, 1, 64, 64), {
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
        let cut = cut(1, 1, 1, 1);
        let batcher: Batcher<u8, u8> = Batcher::start(cut, |_| std::future::pending());
        let (running, waiting) = (batcher.clone(), batcher.clone());
        tokio::spawn(async move { running.ask(1).await });
        tokio::task::yield_now().await;
        tokio::spawn(async move { waiting.ask(2).await });
        tokio::task::yield_now().await;

        assert_eq!(batcher.ask(3).await, Err(BatchError::Full));
    }

    /// Answers batch sizes as they begin; each batch runs until its gate is opened.
    fn gated(cut: Cut) -> (Batcher<u8, ()>, mpsc::UnboundedReceiver<usize>, Arc<Notify>) {
        let (began, sizes) = mpsc::unbounded_channel();
        let gate = Arc::new(Notify::new());
        let batcher = Batcher::start(cut, {
            let gate = Arc::clone(&gate);
            move |items: Vec<u8>| {
                let gate = Arc::clone(&gate);
                began.send(items.len()).unwrap();
                async move {
                    gate.notified().await;
                    vec![(); items.len()]
                }
            }
        });
        (batcher, sizes, gate)
    }

    fn ask_aside(batcher: &Batcher<u8, ()>, n: u8) -> JoinHandle<Result<(), BatchError>> {
        let batcher = batcher.clone();
        tokio::spawn(async move { batcher.ask(n).await })
    }

    /// Without lingering.
    fn cut(lanes: usize, crowd: usize, batch_max: usize, waiting_max: usize) -> Cut {
        Cut { lanes, crowd, linger: Duration::ZERO, batch_max, waiting_max }
    }

    #[tokio::test]
    async fn a_few_wait_for_the_batch_under_way_and_a_crowd_does_not() {
        let cut = cut(2, 3, 8, 64);
        let (batcher, mut sizes, gate) = gated(cut);
        let ask = |n| ask_aside(&batcher, n);

        let mut asked = vec![ask(0)];
        assert_eq!(sizes.recv().await, Some(1), "alone, it leaves at once");
        asked.extend((1..3).map(ask));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert!(sizes.try_recv().is_err(), "two are no crowd");
        asked.push(ask(3));
        assert_eq!(sizes.recv().await, Some(3), "three are");
        asked.extend((4..6).map(ask));
        gate.notify_waiters();
        assert_eq!(sizes.recv().await, Some(2), "nothing is under way any more");
        gate.notify_one();
        for asked in asked {
            assert_eq!(asked.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_that_follow_a_batch_wait_for_others_and_a_crowd_does_not() {
        let linger = Duration::from_millis(20);
        let (batcher, mut sizes, gate) = gated(Cut { linger, ..cut(2, 3, 8, 64) });
        let ask = |n| ask_aside(&batcher, n);

        let first = ask(0);
        assert_eq!(sizes.recv().await, Some(1), "nothing went before it");
        gate.notify_one();
        assert_eq!(first.await.unwrap(), Ok(()));
        let asked_at = Instant::now();
        let few = [ask(1), ask(2)];
        assert_eq!(sizes.recv().await, Some(2), "two are no crowd");
        assert!(asked_at.elapsed() >= linger);
        gate.notify_one();
        for asked in few {
            assert_eq!(asked.await.unwrap(), Ok(()));
        }
        let asked_at = Instant::now();
        let crowd = [ask(3), ask(4), ask(5)];
        assert_eq!(sizes.recv().await, Some(3), "three are");
        assert_eq!(asked_at.elapsed(), Duration::ZERO);
        gate.notify_one();
        for asked in crowd {
            assert_eq!(asked.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_quiet_moment_an_item_leaves_at_once() {
        let linger = Duration::from_millis(20);
        let (batcher, mut sizes, gate) = gated(Cut { linger, ..cut(2, 8, 8, 64) });
        for n in 0..2 {
            let asked_at = Instant::now();
            let asked = ask_aside(&batcher, n);
            assert_eq!(sizes.recv().await, Some(1));
            assert_eq!(asked_at.elapsed(), Duration::ZERO);
            gate.notify_one();
            assert_eq!(asked.await.unwrap(), Ok(()));
            tokio::time::advance(QUIET).await;
        }
    }

    #[tokio::test]
    async fn nobody_waits_for_the_end_of_a_batch_that_hangs() {
        let cut = cut(2, 8, 8, 64);
        let (batcher, mut sizes, _gate) = gated(cut);
        for n in 0..2 {
            ask_aside(&batcher, n);
            assert_eq!(sizes.recv().await, Some(1));
        }
    }

    #[tokio::test]
    async fn a_batch_that_panics_answers_its_own_and_no_others() {
        let cut = cut(1, 1, 1, 8);
        let batcher: Batcher<u8, u8> = Batcher::start(cut, |items| async move {
            assert_ne!(items, [1], "planted");
            items
        });

        assert_eq!(batcher.ask(1).await, Err(BatchError::Stopped));
        assert_eq!(batcher.ask(2).await, Ok(2));
    }
}
