//! Finds what changed for those who watch. However many streams there are, a look is a handful of queries; tasks are
//! read only when they changed, and written once for all streams.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use shared::{
    generation::tasks::{
        self, Task,
        changes::{self, Mark, Marked},
    },
    ledger::wallet,
    pool::resource::hosted,
};
use sqlx::{PgConnection, PgPool};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    event::{BalanceTotalsView, EventId, EventType, frame, task_frame},
    registry::Registry,
    replay::OVERLAP,
    seen::{Seen, SeenByAll},
};
use crate::{response::FromDomain, routes::resource::ResourceNewsView, services::Generation};

/// How often everything is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Unfinished tasks of one user that are watched at the same time, those whose turn comes first.
const OPEN_MAX: i64 = 200;
/// Tasks of one user that end within a look and the overlap. Of a user with more, some two hundred a second, all streams
/// are let go.
const ENDED_MAX: i64 = 10_000;
/// Tasks, or keys, that are read at once.
const READ_MAX: usize = 200;

/// Looks, and tells the streams.
pub struct Watch {
    registry: Arc<Registry>,
    db: PgPool,
    generation: Arc<Generation>,
    price_max_factor: Decimal,
    seen: SeenByAll,
    /// Whose credits may have changed since they were told.
    untold: Mutex<BTreeSet<Uuid>>,
    /// When the last look that succeeded began.
    since: Mutex<Option<DateTime<Utc>>>,
}

impl Watch {
    pub(super) fn new(
        registry: Arc<Registry>,
        db: PgPool,
        generation: Arc<Generation>,
        price_max_factor: Decimal,
    ) -> Self {
        Self {
            registry,
            db,
            generation,
            price_max_factor,
            seen: SeenByAll::default(),
            untold: Mutex::default(),
            since: Mutex::default(),
        }
    }

    /// Begins to watch a user, who has a stream already, unless they are watched; answers when the present is told
    /// from.
    pub async fn begin(&self, user: Uuid) -> sqlx::Result<DateTime<Utc>> {
        let since = self.since.lock().filter(|_| self.seen.has(user));
        if let Some(since) = since {
            return Ok(since);
        }
        let mut conn = self.db.acquire().await?;
        let now = changes::now(&mut conn).await?;
        let marks =
            changes::list_of_users(&mut conn, &[user], now - OVERLAP, OPEN_MAX, ENDED_MAX).await?;
        let available = wallet::list_available(&mut conn, &[user]).await?;
        let totals = wallet::list_totals(&mut conn, &[user]).await?;
        let resources = hosted::list_marks(&mut conn, &[user]).await?;
        let seen = Seen {
            tasks: marks.into_iter().map(|it| (it.id, (it.mark, it.completed_at))).collect(),
            available: available.first().map(|(_, it)| *it),
            totals: totals.first().copied(),
            resources: resources.into_iter().map(|it| (it.id, it)).collect(),
        };
        // Both at once: a look between them would take the one for the other.
        let mut since = self.since.lock();
        self.seen.begin(user, seen);
        since.get_or_insert(now);
        drop(since);
        Ok(now)
    }

    /// Looks every second, and at tasks in a message of `ended` at once, until `stop`.
    pub(super) async fn follow(
        &self,
        mut ended: mpsc::Receiver<Vec<Uuid>>,
        stop: CancellationToken,
    ) {
        let mut tick = operations::periodic::ticks(LOOK_EVERY);
        loop {
            let looked = tokio::select! {
                () = stop.cancelled() => return,
                Some(mut ids) = ended.recv() => {
                    while let Ok(more) = ended.try_recv() {
                        ids.extend(more);
                    }
                    self.look_at_ended(&ids).await
                }
                _ = tick.tick() => self.look().await,
            };
            if let Err(error) = looked {
                tracing::warn!(%error, "streams of events were not told what happened; looking again");
            }
        }
    }

    /// Tasks that ended just now, as a message says.
    async fn look_at_ended(&self, ids: &[Uuid]) -> sqlx::Result<()> {
        let users = self.registry.users();
        if users.is_empty() {
            return Ok(());
        }
        let mut conn = self.db.acquire().await?;
        for ids in ids.chunks(READ_MAX) {
            for task in tasks::list_ended_of(&mut conn, ids, &users).await? {
                let mark = Mark::of(&task);
                self.tell(task, mark, None);
            }
        }
        self.tell_totals(&mut conn).await
    }

    /// Everything that is watched.
    async fn look(&self) -> sqlx::Result<()> {
        let users: Vec<Uuid> = {
            let mut since = self.since.lock();
            // A user who is not watched yet is about to be: by the request that opened the stream.
            let users = self.seen.keep(&self.registry.users_of(EventType::ALL));
            if users.is_empty() {
                *since = None;
            }
            users
        };
        let tasks = self.registry.tasks();
        if users.is_empty() && tasks.is_empty() {
            return Ok(());
        }
        let mut conn = self.db.acquire().await?;
        let now = changes::now(&mut conn).await?;
        let since = self.since.lock().unwrap_or(now) - OVERLAP;
        let of_users = if users.is_empty() {
            Vec::new()
        } else {
            changes::list_of_users(&mut conn, &users, since, OPEN_MAX, ENDED_MAX).await?
        };
        let of_tasks = if tasks.is_empty() {
            Vec::new()
        } else {
            changes::list_of_tasks(&mut conn, &tasks).await?
        };
        self.let_go_of_the_busiest(&of_users);
        let mut changed = self.seen.changed(&of_users);
        let behind = |it: &&Marked| self.registry.is_behind(it.id, it.mark);
        changed.extend(of_tasks.iter().filter(behind).map(|it| (it.id, it.mark)));

        self.tell_changed(&mut conn, now, changed).await?;
        self.seen.forget(&users, &of_users, since);
        self.find_paid(&mut conn).await?;
        self.tell_totals(&mut conn).await?;
        self.tell_resources(&mut conn, now).await?;
        self.since.lock().replace(now);
        Ok(())
    }

    /// More ended than one look reads: repeating what ended is for that.
    fn let_go_of_the_busiest(&self, marks: &[Marked]) {
        let mut ended: HashMap<Uuid, i64> = HashMap::new();
        for it in marks.iter().filter(|it| it.mark.is_final()) {
            *ended.entry(it.user_id).or_default() += 1;
        }
        for (user, _) in ended.into_iter().filter(|(_, count)| *count >= ENDED_MAX) {
            self.registry.let_go(user);
        }
    }

    /// Reads what changed and tells it.
    async fn tell_changed(
        &self,
        conn: &mut PgConnection,
        now: DateTime<Utc>,
        changed: HashMap<Uuid, Mark>,
    ) -> sqlx::Result<()> {
        let mut ids: Vec<Uuid> = changed.keys().copied().collect();
        ids.sort_unstable();
        for ids in ids.chunks(READ_MAX) {
            let mut tasks = tasks::list_any(conn, ids).await?;
            tasks.sort_by_key(|it| (it.completed_at.unwrap_or(now), it.id));
            for task in tasks {
                // It may have gone on since the look; whatever it is now, that is told.
                let mark = Some(Mark::of(&task)).filter(|it| it.is_final());
                let mark = mark.or_else(|| changed.get(&task.id).copied());
                self.tell(task, mark.expect("only what changed was read"), Some(now));
            }
        }
        Ok(())
    }

    /// Tells a task to whoever does not know its mark yet.
    fn tell(&self, task: Task, mark: Mark, now: Option<DateTime<Utc>>) {
        let (id, user, completed_at) = (task.id, task.user_id, task.completed_at);
        let Some(at) = completed_at.or(now) else { return };
        let event = EventType::of_task(task.status);
        self.untold.lock().insert(user);
        let news = self.seen.is_news(user, id, mark);
        let behind = self.registry.is_behind(id, mark);
        if news || behind {
            let frame = task_frame(task, &self.generation.links, at);
            if news {
                self.registry.tell_user(user, event, &frame);
            }
            if behind {
                self.registry.tell_task(id, mark, &frame);
            }
        }
        self.seen.note_task(user, id, mark, completed_at);
    }

    /// Finds whose wallets were written to.
    async fn find_paid(&self, conn: &mut PgConnection) -> sqlx::Result<()> {
        let users: Vec<Uuid> = self.registry.users_of(&[EventType::Balance]).into_iter().collect();
        if !users.is_empty() {
            let available = wallet::list_available(conn, &users).await?;
            self.untold.lock().extend(self.seen.paid(&available));
        }
        Ok(())
    }

    /// Tells what is in the wallets that may have changed, where it is not known.
    async fn tell_totals(&self, conn: &mut PgConnection) -> sqlx::Result<()> {
        let users: Vec<Uuid> = {
            let interested = self.registry.users_of(&[EventType::Balance]);
            let mut untold = self.untold.lock();
            untold.retain(|it| interested.contains(it));
            untold.iter().copied().collect()
        };
        if users.is_empty() {
            return Ok(());
        }
        let now = changes::now(conn).await?;
        for totals in wallet::list_totals(conn, &users).await? {
            if self.seen.are_news(&totals) {
                let id = EventId::new(now, Uuid::nil());
                let frame = frame(id, EventType::Balance, &BalanceTotalsView::from_domain(totals));
                self.registry.tell_user(totals.user_id, EventType::Balance, &frame);
                self.seen.note_totals(totals);
            }
        }
        // Nobody but this task adds to them.
        self.untold.lock().clear();
        Ok(())
    }

    /// Tells owners what became of their keys.
    async fn tell_resources(
        &self,
        conn: &mut PgConnection,
        now: DateTime<Utc>,
    ) -> sqlx::Result<()> {
        let owners: Vec<Uuid> =
            self.registry.users_of(&[EventType::Resource]).into_iter().collect();
        if owners.is_empty() {
            return Ok(());
        }
        let marks = hosted::list_marks(conn, &owners).await?;
        for changed in self.seen.changed_resources(marks).chunks(READ_MAX) {
            let ids: Vec<Uuid> = changed.iter().map(|it| it.id).collect();
            for resource in hosted::list_any(conn, &ids, self.price_max_factor).await? {
                let (id, owner) = (resource.id, resource.owner_id);
                let view = ResourceNewsView::from_domain(resource);
                let frame = frame(EventId::new(now, id), EventType::Resource, &view);
                self.registry.tell_user(owner, EventType::Resource, &frame);
            }
            for it in changed {
                self.seen.note_resource(it);
            }
        }
        Ok(())
    }
}
