//! Roughly how many tasks of each user are waiting. The exact count costs more the more tasks there are, so
//! it is only taken where it can matter.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use operations::periodic::every;
use parking_lot::{Mutex, MutexGuard};
use shared::generation::tasks;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often the counts are taken.
const EVERY: Duration = Duration::from_millis(500);
/// An older count is not used.
const AGE_MAX: Duration = Duration::from_secs(1);
/// A user who submits nothing for this long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(30);

/// What this process knows about the users who submit through it.
pub struct WaitingCounts {
    queue_max: u32,
    users: Mutex<HashMap<Uuid, Seen>>,
}

#[derive(Debug)]
struct Seen {
    /// How many tasks were waiting, and when the count began.
    counted: Option<(u32, Instant)>,
    /// Tasks accepted by this process since that count began.
    since: u32,
    /// Tasks accepted by this process since the count under way began; part of `since`.
    during: u32,
    submitted_at: Instant,
}

impl WaitingCounts {
    /// A user may have at most `queue_max` waiting tasks.
    pub fn new(queue_max: u32) -> Self {
        Self { queue_max, users: Mutex::default() }
    }

    /// The limit to pass with a submit, or `None` if the user is far from it. With `None` the database
    /// need not count their waiting tasks, row by row, under the lock of their wallet. "Far" leaves a
    /// fifth of the limit to what other processes may accept while a count is in use.
    pub fn bound(&self, user: Uuid) -> Option<u32> {
        self.bound_at(user, Instant::now())
    }

    /// Notes that a task of this user was accepted.
    pub fn accepted(&self, user: Uuid) {
        self.accepted_at(user, Instant::now());
    }

    /// Takes the counts until `stop`.
    pub async fn follow(&self, db: &PgPool, stop: CancellationToken) {
        every(EVERY, &stop, "waiting-counts", || self.count(db)).await;
    }

    async fn count(&self, db: &PgPool) -> sqlx::Result<()> {
        let began = Instant::now();
        let users = self.begin(began);
        if users.is_empty() {
            return Ok(());
        }
        let counts = tasks::count_waiting(&mut *db.acquire().await?, &users).await?;
        self.finish(&users, began, &counts.into_iter().collect());
        Ok(())
    }

    /// The users to count. Forgets those who have not submitted for a while.
    fn begin(&self, now: Instant) -> Vec<Uuid> {
        let mut users = self.lock();
        users.retain(|_, seen| now.duration_since(seen.submitted_at) < FORGOTTEN_AFTER);
        users.values_mut().for_each(|it| it.during = 0);
        users.keys().copied().collect()
    }

    fn finish(&self, counted: &[Uuid], began: Instant, counts: &HashMap<Uuid, i64>) {
        let mut users = self.lock();
        for user in counted {
            let Some(seen) = users.get_mut(user) else { continue };
            let waiting = counts.get(user).copied().unwrap_or(0);
            seen.counted = Some((u32::try_from(waiting).unwrap_or(u32::MAX), began));
            seen.since = seen.during;
        }
    }

    fn bound_at(&self, user: Uuid, now: Instant) -> Option<u32> {
        let users = self.lock();
        let waiting = users.get(&user).and_then(|seen| {
            let (count, at) = seen.counted?;
            (now.duration_since(at) <= AGE_MAX).then(|| count.saturating_add(seen.since))
        });
        let far = self.queue_max - self.queue_max / 5;
        match waiting {
            Some(waiting) if waiting < far => None,
            _ => Some(self.queue_max),
        }
    }

    fn accepted_at(&self, user: Uuid, now: Instant) {
        let mut users = self.lock();
        let seen = users.entry(user).or_insert(Seen {
            counted: None,
            since: 0,
            during: 0,
            submitted_at: now,
        });
        seen.since = seen.since.saturating_add(1);
        seen.during = seen.during.saturating_add(1);
        seen.submitted_at = now;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Seen>> {
        self.users.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Uuid = Uuid::from_u128(7);

    /// Counts of a user of whom `waiting` tasks were counted at the instant answered.
    fn counted(queue_max: u32, waiting: i64) -> (WaitingCounts, Instant) {
        let (counts, now) = (WaitingCounts::new(queue_max), Instant::now());
        counts.accepted_at(USER, now);
        let users = counts.begin(now);
        counts.finish(&users, now, &HashMap::from([(USER, waiting)]));
        (counts, now)
    }

    #[test]
    fn a_user_nobody_counted_yet_is_counted_by_the_database() {
        assert_eq!(WaitingCounts::new(10_000).bound(USER), Some(10_000));
    }

    #[test]
    fn only_within_reach_of_the_bound_is_it_passed() {
        let (counts, now) = counted(10_000, 7_998);
        assert_eq!(counts.bound_at(USER, now), None);

        counts.accepted_at(USER, now);
        assert_eq!(counts.bound_at(USER, now), None);
        counts.accepted_at(USER, now);
        assert_eq!(counts.bound_at(USER, now), Some(10_000), "own submits since count too");
    }

    #[test]
    fn a_count_is_believed_for_a_second() {
        let (counts, now) = counted(10_000, 0);

        assert_eq!(counts.bound_at(USER, now + AGE_MAX), None);
        assert_eq!(counts.bound_at(USER, now + 2 * AGE_MAX), Some(10_000));
    }

    #[test]
    fn a_submit_during_a_count_is_not_lost_to_it() {
        let (counts, now) = counted(10, 0);
        let users = counts.begin(now);
        for _ in 0..8 {
            counts.accepted_at(USER, now);
        }
        counts.finish(&users, now, &HashMap::new());

        assert_eq!(counts.bound_at(USER, now), Some(10));
    }

    #[test]
    fn who_submits_nothing_is_forgotten() {
        let (counts, now) = counted(10, 0);

        assert!(counts.begin(now + FORGOTTEN_AFTER).is_empty());
    }
}
