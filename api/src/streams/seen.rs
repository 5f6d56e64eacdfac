//! What the streams of each user were told, or begin with: what differs from it is news. It is written after the telling,
//! so that whatever fails in between is found again.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use shared::{
    generation::tasks::changes::{Mark, Marked},
    ledger::{Credits, wallet::WalletTotals},
    pool::resource::hosted::ResourceMark,
};
use uuid::Uuid;

/// What the streams of one user were told.
#[derive(Default)]
pub(super) struct Seen {
    pub tasks: HashMap<Uuid, (Mark, Option<DateTime<Utc>>)>,
    /// As the wallet's row has it.
    pub available: Option<Credits>,
    pub totals: Option<WalletTotals>,
    pub resources: HashMap<Uuid, ResourceMark>,
}

/// Of all users who are watched.
#[derive(Default)]
pub(super) struct SeenByAll(Mutex<HashMap<Uuid, Seen>>);

impl SeenByAll {
    pub fn has(&self, user: Uuid) -> bool {
        self.0.lock().contains_key(&user)
    }

    /// A user is watched from now on, unless they are already.
    pub fn begin(&self, user: Uuid, seen: Seen) {
        self.0.lock().entry(user).or_insert(seen);
    }

    /// Stops watching all but these; answers who is still watched.
    pub fn keep(&self, users: &BTreeSet<Uuid>) -> Vec<Uuid> {
        let mut all = self.0.lock();
        all.retain(|user, _| users.contains(user));
        all.keys().copied().collect()
    }

    /// Tasks that have to be read: those that were found with another mark than was told, and those that were told as
    /// unfinished and are not found any more. One of these may have ended longer ago than is looked back, by a transaction
    /// that became visible late. Who is not watched any more needs no news.
    pub fn changed(&self, found: &[Marked]) -> HashMap<Uuid, Mark> {
        let all = self.0.lock();
        let mut changed = HashMap::new();
        for it in found {
            let Some(own) = all.get(&it.user_id) else { continue };
            if own.tasks.get(&it.id).is_none_or(|(mark, _)| *mark != it.mark) {
                changed.insert(it.id, it.mark);
            }
        }
        let found: BTreeSet<Uuid> = found.iter().map(|it| it.id).collect();
        let told = all.values().flat_map(|own| &own.tasks);
        let gone = told.filter(|(id, (mark, _))| !mark.is_final() && !found.contains(id));
        changed.extend(gone.map(|(id, (mark, _))| (*id, *mark)));
        changed
    }

    /// Whether this mark of a task is news for its user.
    pub fn is_news(&self, user: Uuid, task: Uuid, mark: Mark) -> bool {
        let all = self.0.lock();
        let own = all.get(&user);
        own.is_some_and(|own| own.tasks.get(&task).is_none_or(|(known, _)| *known != mark))
    }

    /// A task was told.
    pub fn note_task(
        &self,
        user: Uuid,
        task: Uuid,
        mark: Mark,
        completed_at: Option<DateTime<Utc>>,
    ) {
        if let Some(own) = self.0.lock().get_mut(&user) {
            own.tasks.insert(task, (mark, completed_at));
        }
    }

    /// Keeps of each user who was looked at what was found, and what ended so lately that the next look finds it again.
    pub fn forget(&self, users: &[Uuid], found: &[Marked], since: DateTime<Utc>) {
        let found: BTreeSet<Uuid> = found.iter().map(|it| it.id).collect();
        let mut all = self.0.lock();
        for user in users {
            let Some(own) = all.get_mut(user) else { continue };
            own.tasks.retain(|id, (_, completed_at)| {
                found.contains(id) || completed_at.is_some_and(|it| it > since)
            });
        }
    }

    /// Whose wallets hold another amount than when they were last asked about. Asking writes it down: whoever asks keeps
    /// those users until they were told.
    pub fn paid(&self, available: &[(Uuid, Credits)]) -> Vec<Uuid> {
        let mut all = self.0.lock();
        let mut changed = |user: Uuid, available: Credits| {
            let own = all.get_mut(&user);
            own.is_some_and(|own| own.available.replace(available) != Some(available))
        };
        let paid = available.iter().filter(|(user, it)| changed(*user, *it));
        paid.map(|(user, _)| *user).collect()
    }

    /// Whether these totals are news for their user.
    pub fn are_news(&self, totals: &WalletTotals) -> bool {
        let all = self.0.lock();
        all.get(&totals.user_id).is_some_and(|own| own.totals != Some(*totals))
    }

    /// Totals were told.
    pub fn note_totals(&self, totals: WalletTotals) {
        if let Some(own) = self.0.lock().get_mut(&totals.user_id) {
            own.totals = Some(totals);
        }
    }

    /// Those of these keys that their owners know otherwise.
    pub fn changed_resources(&self, marks: Vec<ResourceMark>) -> Vec<ResourceMark> {
        let all = self.0.lock();
        let news = |it: &ResourceMark| {
            all.get(&it.owner_id).is_some_and(|own| own.resources.get(&it.id) != Some(it))
        };
        marks.into_iter().filter(news).collect()
    }

    /// A key was told.
    pub fn note_resource(&self, mark: &ResourceMark) {
        if let Some(own) = self.0.lock().get_mut(&mark.owner_id) {
            own.resources.insert(mark.id, mark.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::generation::tasks::TaskStatus;

    use super::*;

    const ADA: Uuid = Uuid::from_u128(1);

    fn marked(task: u128, status: TaskStatus, attempts: i16) -> Marked {
        let mark = Mark::new(status, attempts, false);
        Marked { id: Uuid::from_u128(task), user_id: ADA, mark, completed_at: None }
    }

    fn watching(told: &[Marked]) -> SeenByAll {
        let all = SeenByAll::default();
        let tasks = told.iter().map(|it| (it.id, (it.mark, it.completed_at))).collect();
        all.begin(ADA, Seen { tasks, ..Seen::default() });
        all
    }

    fn ids(changed: &HashMap<Uuid, Mark>) -> BTreeSet<u128> {
        changed.keys().map(Uuid::as_u128).collect()
    }

    #[test]
    fn tasks_with_another_mark_or_none_any_more_are_read_until_they_were_told() {
        let told = [
            marked(1, TaskStatus::Pending, 0),
            marked(2, TaskStatus::Processing, 1),
            marked(3, TaskStatus::Completed, 1),
        ];
        let all = watching(&told);
        let found = [marked(1, TaskStatus::Pending, 1), marked(4, TaskStatus::Pending, 0)];

        // The third has ended and was told so; the second ended where no look finds it.
        let changed = all.changed(&found);

        assert_eq!(ids(&changed), BTreeSet::from([1, 2, 4]));
        assert_eq!(ids(&all.changed(&found)), BTreeSet::from([1, 2, 4]), "nobody was told yet");
        for it in [found[0], found[1], marked(2, TaskStatus::Failed, 1)] {
            assert!(all.is_news(ADA, it.id, it.mark));
            all.note_task(ADA, it.id, it.mark, None);
            assert!(!all.is_news(ADA, it.id, it.mark));
        }
        assert!(all.changed(&found).is_empty());
    }

    #[test]
    fn who_is_not_watched_has_no_news() {
        let all = watching(&[]);
        let task = marked(1, TaskStatus::Pending, 0);
        assert_eq!(ids(&all.changed(&[task])), BTreeSet::from([1]));

        assert!(all.keep(&BTreeSet::new()).is_empty());

        assert!(all.changed(&[task]).is_empty() && !all.is_news(ADA, task.id, task.mark));
        assert!(!all.has(ADA));
    }

    #[test]
    fn what_ended_lately_is_remembered_as_long_as_looks_find_it() {
        let since = DateTime::UNIX_EPOCH;
        let ended = |task, seconds| Marked {
            completed_at: Some(since + chrono::TimeDelta::seconds(seconds)),
            ..marked(task, TaskStatus::Completed, 1)
        };
        let (open, late, old) = (marked(1, TaskStatus::Pending, 0), ended(2, 1), ended(3, -1));
        let all = watching(&[open, late, old]);

        all.forget(&[ADA], &[], since);

        assert!(!all.is_news(ADA, late.id, late.mark));
        assert!(all.is_news(ADA, old.id, old.mark) && all.is_news(ADA, open.id, open.mark));
    }
}
