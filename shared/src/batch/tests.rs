use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;

#[tokio::test]
async fn what_gathers_while_a_batch_runs_leaves_together() {
    let (gate, runs) = (Arc::new(Notify::new()), Arc::new(AtomicUsize::new(0)));
    let batcher = Batcher::start(limits(1, 1, 64, 64), {
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
    let limits = limits(1, 1, 1, 1);
    let batcher: Batcher<u8, u8> = Batcher::start(limits, |_| std::future::pending());
    let (running, waiting) = (batcher.clone(), batcher.clone());
    tokio::spawn(async move { running.ask(1).await });
    tokio::task::yield_now().await;
    tokio::spawn(async move { waiting.ask(2).await });
    tokio::task::yield_now().await;

    assert_eq!(batcher.ask(3).await, Err(BatchError::Full));
}

/// Answers batch sizes as they begin; each batch runs until its gate is opened.
fn gated(limits: BatchLimits) -> (Batcher<u8, ()>, mpsc::UnboundedReceiver<usize>, Arc<Notify>) {
    let (began, sizes) = mpsc::unbounded_channel();
    let gate = Arc::new(Notify::new());
    let batcher = Batcher::start(limits, {
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
fn limits(lanes: usize, crowd: usize, batch_max: usize, waiting_max: usize) -> BatchLimits {
    BatchLimits { lanes, crowd, linger: Duration::ZERO, batch_max, waiting_max }
}

#[tokio::test]
async fn a_few_wait_for_the_batch_under_way_and_a_crowd_does_not() {
    let limits = limits(2, 3, 8, 64);
    let (batcher, mut sizes, gate) = gated(limits);
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
    let (batcher, mut sizes, gate) = gated(BatchLimits { linger, ..limits(2, 3, 8, 64) });
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
    let (batcher, mut sizes, gate) = gated(BatchLimits { linger, ..limits(2, 8, 8, 64) });
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
    let limits = limits(2, 8, 8, 64);
    let (batcher, mut sizes, _gate) = gated(limits);
    for n in 0..2 {
        ask_aside(&batcher, n);
        assert_eq!(sizes.recv().await, Some(1));
    }
}

#[tokio::test]
async fn a_batch_that_panics_answers_its_own_and_no_others() {
    let limits = limits(1, 1, 1, 8);
    let batcher: Batcher<u8, u8> = Batcher::start(limits, |items| async move {
        assert_ne!(items, [1], "planted");
        items
    });

    assert_eq!(batcher.ask(1).await, Err(BatchError::Stopped));
    assert_eq!(batcher.ask(2).await, Ok(2));
}
