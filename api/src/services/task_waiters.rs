//! Clients that wait for a task to end. All clients of a process are answered with one query per message,
//! and every two seconds without a message.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use shared::generation::tasks::{self, Task};
use sqlx::PgPool;
use tokio::{
    sync::{mpsc, oneshot},
    time::{MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The most clients that may wait at the same time.
const WAITERS_MAX: usize = 20_000;
/// The most clients of one user that may wait at the same time.
const WAITERS_PER_USER_MAX: usize = 2_000;
/// How often tasks are read without a message: Redis may not answer, and a message may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The most tasks in one query.
const LOOK_AT_MAX: usize = 500;

/// As many clients are waiting as may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooManyWaiters {
    /// Of this user.
    #[error(
        "{WAITERS_PER_USER_MAX} of your requests are already waiting; send fewer at the same time"
    )]
    OfUser,
    /// Of all users.
    #[error("{WAITERS_MAX} requests are already waiting; try again")]
    OfProcess,
}

/// The clients that wait.
pub struct TaskWaiters {
    waiting: Mutex<Waiting>,
    /// Once it is canceled, nobody waits any longer.
    stop: CancellationToken,
}

#[derive(Default)]
struct Waiting {
    by_task: HashMap<Uuid, Vec<Place>>,
    by_user: HashMap<Uuid, usize>,
    total: usize,
    next_no: u64,
}

/// A waiter's number, and the channel to it.
type Place = (u64, oneshot::Sender<Arc<Task>>);

/// A client's place among the waiters, given up when dropped.
pub struct Waiter {
    waiters: Arc<TaskWaiters>,
    task: Uuid,
    user: Uuid,
    no: u64,
    ended: oneshot::Receiver<Arc<Task>>,
}

impl TaskWaiters {
    /// With nobody waiting.
    pub fn new(stop: CancellationToken) -> Self {
        Self { waiting: Mutex::default(), stop }
    }

    /// Takes a place. Take it before reading the task, so that an end between the two is not missed.
    pub fn register(self: &Arc<Self>, task: Uuid, user: Uuid) -> Result<Waiter, TooManyWaiters> {
        let mut waiting = self.lock();
        if waiting.total >= WAITERS_MAX {
            return Err(TooManyWaiters::OfProcess);
        }
        let of_user = waiting.by_user.entry(user).or_default();
        if *of_user >= WAITERS_PER_USER_MAX {
            return Err(TooManyWaiters::OfUser);
        }
        *of_user += 1;
        waiting.total += 1;
        waiting.next_no += 1;
        let no = waiting.next_no;
        let (sender, ended) = oneshot::channel();
        waiting.by_task.entry(task).or_default().push((no, sender));
        metrics::gauge!("aetherflow_task_waiters").increment(1.0);
        Ok(Waiter { waiters: Arc::clone(self), task, user, no, ended })
    }

    /// Answers waiters until `stop`: those of the tasks in a message of `ended` at once, all others every
    /// two seconds.
    pub async fn answer(
        &self,
        db: &PgPool,
        mut ended: mpsc::Receiver<Vec<Uuid>>,
        stop: CancellationToken,
    ) {
        let mut tick = interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let ids = tokio::select! {
                () = stop.cancelled() => return,
                Some(mut ids) = ended.recv() => {
                    while let Ok(more) = ended.try_recv() {
                        ids.extend(more);
                    }
                    self.awaited_of(&ids)
                }
                _ = tick.tick() => self.awaited(),
            };
            for ids in ids.chunks(LOOK_AT_MAX) {
                if let Err(error) = self.look(db, ids).await {
                    tracing::warn!(%error, "clients that wait were not answered; looking again");
                }
            }
        }
    }

    async fn look(&self, db: &PgPool, ids: &[Uuid]) -> sqlx::Result<()> {
        let ended = tasks::list_ended(&mut *db.acquire().await?, ids).await?;
        for task in ended {
            self.deliver(&Arc::new(task));
        }
        Ok(())
    }

    fn deliver(&self, task: &Arc<Task>) {
        let waiters = self.lock().by_task.remove(&task.id);
        for (_, waiter) in waiters.into_iter().flatten() {
            // A client that has left in the meantime needs no answer.
            let _ = waiter.send(Arc::clone(task));
        }
    }

    fn awaited(&self) -> Vec<Uuid> {
        self.lock().by_task.keys().copied().collect()
    }

    fn awaited_of(&self, ids: &[Uuid]) -> Vec<Uuid> {
        let waiting = self.lock();
        ids.iter().filter(|it| waiting.by_task.contains_key(it)).copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock()
    }
}

impl Waiter {
    /// The task once it has ended; `None` if it has not ended within `patience`, or this process stops.
    pub async fn ended(mut self, patience: Duration) -> Option<Arc<Task>> {
        let stop = self.waiters.stop.clone();
        let ended = timeout(patience, &mut self.ended);
        stop.run_until_cancelled(ended).await?.ok()?.ok()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut waiting = self.waiters.lock();
        waiting.total -= 1;
        metrics::gauge!("aetherflow_task_waiters").decrement(1.0);
        if let Some(of_user) = waiting.by_user.get_mut(&self.user) {
            *of_user -= 1;
            if *of_user == 0 {
                waiting.by_user.remove(&self.user);
            }
        }
        if let Some(of_task) = waiting.by_task.get_mut(&self.task) {
            of_task.retain(|(no, _)| *no != self.no);
            if of_task.is_empty() {
                waiting.by_task.remove(&self.task);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use shared::{
        generation::{ImageSpec, Route, tasks::TaskStatus},
        ledger::Credits,
    };

    use super::*;

    const USER: Uuid = Uuid::from_u128(1);

    fn waiters() -> Arc<TaskWaiters> {
        Arc::new(TaskWaiters::new(CancellationToken::new()))
    }

    fn task(id: Uuid) -> Arc<Task> {
        Arc::new(Task {
            id,
            user_id: USER,
            status: TaskStatus::Canceled,
            spec: ImageSpec::of_prompt("a fox"),
            route: Route::Any,
            model: None,
            credits_held: Credits::ZERO,
            credits_cost: None,
            price: None,
            image: None,
            error: None,
            attempts: vec![],
            deadline: DateTime::UNIX_EPOCH,
            cancel_requested: false,
            favorite: false,
            hidden: false,
            created_at: DateTime::UNIX_EPOCH,
            started_at: None,
            completed_at: None,
        })
    }

    #[tokio::test]
    async fn everybody_who_waits_for_a_task_gets_it_and_nobody_else_does() {
        let (waiters, id) = (waiters(), Uuid::now_v7());
        let one = waiters.register(id, USER).unwrap();
        let two = waiters.register(id, Uuid::now_v7()).unwrap();
        let other = waiters.register(Uuid::now_v7(), USER).unwrap();

        waiters.deliver(&task(id));

        assert_eq!(one.ended(Duration::from_secs(5)).await.unwrap().id, id);
        assert_eq!(two.ended(Duration::from_secs(5)).await.unwrap().id, id);
        assert!(other.ended(Duration::ZERO).await.is_none());
    }

    #[tokio::test]
    async fn a_client_that_leaves_gives_up_its_place() {
        let (waiters, id) = (waiters(), Uuid::now_v7());
        let (stays, leaves) =
            (waiters.register(id, USER).unwrap(), waiters.register(id, USER).unwrap());
        drop(leaves);
        assert_eq!(waiters.awaited(), [id], "another still waits for it");

        assert!(stays.ended(Duration::ZERO).await.is_none());

        let waiting = waiters.lock();
        assert!(waiting.by_task.is_empty() && waiting.by_user.is_empty());
        assert_eq!(waiting.total, 0);
    }

    #[tokio::test]
    async fn places_are_bounded_per_user() {
        let waiters = waiters();
        let taken: Vec<_> = (0..WAITERS_PER_USER_MAX)
            .map(|_| waiters.register(Uuid::now_v7(), USER).unwrap())
            .collect();

        assert_eq!(waiters.register(Uuid::now_v7(), USER).err(), Some(TooManyWaiters::OfUser));
        assert!(waiters.register(Uuid::now_v7(), Uuid::from_u128(2)).is_ok());
        drop(taken);
        assert!(waiters.register(Uuid::now_v7(), USER).is_ok());
    }

    #[tokio::test]
    async fn only_awaited_tasks_are_looked_at() {
        let (waiters, id) = (waiters(), Uuid::now_v7());
        let _waiter = waiters.register(id, USER).unwrap();

        assert_eq!(waiters.awaited_of(&[Uuid::now_v7(), id]), [id]);
    }

    #[tokio::test]
    async fn nobody_waits_for_a_process_that_stops() {
        let stop = CancellationToken::new();
        let waiters = Arc::new(TaskWaiters::new(stop.clone()));
        let waiter = waiters.register(Uuid::now_v7(), USER).unwrap();
        stop.cancel();

        assert!(waiter.ended(Duration::from_mins(10)).await.is_none());
    }
}
