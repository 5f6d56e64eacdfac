//! Finds what changed for those who watch. However many streams there are, a look is a handful of queries; tasks are
//! read only when they changed, and written once for all streams.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use shared::{
    clock::unix_seconds,
    generation::tasks::{
        self, Task,
        changes::{self, Mark, Marked},
    },
    ledger::{
        Credits,
        wallet::{self, WalletTotals},
    },
    pool::resource::hosted::{self, ResourceMark},
};
use sqlx::{PgConnection, PgPool};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    event::{EventId, EventType, ResetReason, frame},
    registry::Registry,
    replay::OVERLAP,
};
use crate::{
    extract::{Amount, Word},
    response::{FromDomain, view},
    routes::{generation::TaskView, resource::ResourceView},
    services::{Generation, ImageLinks},
};

/// How often everything is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Unfinished tasks of one user that are watched at the same time, those whose turn comes first.
const OPEN_MAX: i64 = 200;
/// Tasks of one user that end within a look and the overlap. Of a user with more, all streams are let go.
const ENDED_MAX: i64 = 3_000;
/// Tasks that are read at once.
const READ_MAX: usize = 200;

view! {
    /// What a wallet holds.
    pub struct BalanceTotalsView as "BalanceTotals" from totals: WalletTotals {
        /// Credits that can be spent now.
        available: Amount,
        /// Credits set aside for tasks that have not ended.
        held: Amount,
        /// Both amounts together, available and held.
        total: Amount = totals.total(),
    }
}

view! {
    /// The news that events were missed.
    pub struct ResetView as "StreamReset" {
        /// Why they were missed; read everything again that is shown.
        pub reason: Word<ResetReason>,
    }
}

/// The event of a task in its present state, at `at`.
pub fn task_frame(task: Task, links: &ImageLinks, at: DateTime<Utc>) -> Bytes {
    let (id, event) = (EventId::new(at, task.id), EventType::of_task(task.status));
    frame(id, event, &TaskView::of(task, links, unix_seconds()))
}

/// What the streams of a user were told, or begin with.
#[derive(Default)]
struct Seen {
    tasks: HashMap<Uuid, (Mark, Option<DateTime<Utc>>)>,
    /// As the wallet's row has it.
    available: Option<Credits>,
    totals: Option<WalletTotals>,
    resources: HashMap<Uuid, ResourceMark>,
}

/// Looks, and tells the streams.
pub struct Watch {
    registry: Arc<Registry>,
    db: PgPool,
    generation: Arc<Generation>,
    price_max_factor: Decimal,
    seen: Mutex<HashMap<Uuid, Seen>>,
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
        let (seen, since) = (Mutex::default(), Mutex::default());
        Self { registry, db, generation, price_max_factor, seen, since }
    }

    /// Begins to watch a user, who has a stream already, unless they are watched; answers when the present is told
    /// from.
    pub async fn begin(&self, user: Uuid) -> sqlx::Result<DateTime<Utc>> {
        let since = {
            let seen = self.seen.lock();
            self.since.lock().filter(|_| seen.contains_key(&user))
        };
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
        let mut all = self.seen.lock();
        all.entry(user).or_insert(seen);
        self.since.lock().get_or_insert(now);
        drop(all);
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
        let mut touched = BTreeSet::new();
        for ids in ids.chunks(READ_MAX) {
            for task in tasks::list_ended_of(&mut conn, ids, &users).await? {
                touched.insert(task.user_id);
                let mark = Mark::of(&task);
                self.tell(task, mark, None);
            }
        }
        self.tell_totals(&mut conn, touched).await
    }

    /// Everything that is watched.
    async fn look(&self) -> sqlx::Result<()> {
        let users: Vec<Uuid> = {
            let open = self.registry.users_of(EventType::ALL);
            let mut seen = self.seen.lock();
            seen.retain(|user, _| open.contains(user));
            if seen.is_empty() {
                *self.since.lock() = None;
            }
            // A user who is not watched yet is about to be: by the request that opened the stream.
            seen.keys().copied().collect()
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
        let mut changed = self.changed(&of_users);
        let behind = |it: &&Marked| self.registry.is_behind(it.id, it.mark);
        changed.extend(of_tasks.iter().filter(behind).map(|it| (it.id, it.mark)));

        let mut touched = self.tell_changed(&mut conn, now, changed).await?;
        self.forget(&users, &of_users, since);
        touched.extend(self.paid(&mut conn).await?);
        self.tell_totals(&mut conn, touched).await?;
        self.tell_resources(&mut conn, now).await?;
        self.since.lock().replace(now);
        Ok(())
    }

    /// Those whose marks the streams of their users do not know.
    fn changed(&self, marks: &[Marked]) -> HashMap<Uuid, Mark> {
        let seen = self.seen.lock();
        let known = |it: &&Marked| {
            let of_user = seen.get(&it.user_id);
            // Who is not watched any more needs no news.
            of_user
                .is_none_or(|own| own.tasks.get(&it.id).is_some_and(|(mark, _)| *mark == it.mark))
        };
        marks.iter().filter(|it| !known(it)).map(|it| (it.id, it.mark)).collect()
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

    /// Reads what changed and tells it; answers whose tasks ended.
    async fn tell_changed(
        &self,
        conn: &mut PgConnection,
        now: DateTime<Utc>,
        changed: HashMap<Uuid, Mark>,
    ) -> sqlx::Result<BTreeSet<Uuid>> {
        let mut touched = BTreeSet::new();
        let mut ids: Vec<Uuid> = changed.keys().copied().collect();
        ids.sort_unstable();
        for ids in ids.chunks(READ_MAX) {
            let mut tasks = tasks::list_any(conn, ids).await?;
            tasks.sort_by_key(|it| (it.completed_at.unwrap_or(now), it.id));
            for task in tasks {
                touched.insert(task.user_id);
                // It may have gone on since the look; whatever it is now, that is told.
                let mark = Some(Mark::of(&task)).filter(|it| it.is_final());
                let mark = mark.or_else(|| changed.get(&task.id).copied());
                self.tell(task, mark.expect("only what changed was read"), Some(now));
            }
        }
        Ok(touched)
    }

    /// Tells a task to whoever does not know its mark yet.
    fn tell(&self, task: Task, mark: Mark, now: Option<DateTime<Utc>>) {
        let (id, user, completed_at) = (task.id, task.user_id, task.completed_at);
        let Some(at) = completed_at.or(now) else { return };
        let event = EventType::of_task(task.status);
        let news = {
            let mut seen = self.seen.lock();
            let own = seen.get_mut(&user);
            own.is_some_and(|own| {
                let known = own.tasks.insert(id, (mark, completed_at));
                known.is_none_or(|(known, _)| known != mark)
            })
        };
        let behind = self.registry.is_behind(id, mark);
        if !news && !behind {
            return;
        }
        let frame = task_frame(task, &self.generation.links, at);
        if news {
            self.registry.tell_user(user, event, &frame);
        }
        if behind {
            self.registry.tell_task(id, mark, &frame);
        }
    }

    /// Keeps of each user who was looked at what was found, and what ended so lately that the next look finds it again.
    fn forget(&self, users: &[Uuid], found: &[Marked], since: DateTime<Utc>) {
        let found: BTreeSet<Uuid> = found.iter().map(|it| it.id).collect();
        let mut seen = self.seen.lock();
        for user in users {
            let Some(own) = seen.get_mut(user) else { continue };
            own.tasks.retain(|id, (_, completed_at)| {
                found.contains(id) || completed_at.is_some_and(|it| it > since)
            });
        }
    }

    /// Whose wallets were written to.
    async fn paid(&self, conn: &mut PgConnection) -> sqlx::Result<Vec<Uuid>> {
        let users: Vec<Uuid> = self.registry.users_of(&[EventType::Balance]).into_iter().collect();
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let available = wallet::list_available(conn, &users).await?;
        let mut seen = self.seen.lock();
        let mut changed = |(user, available): &(Uuid, Credits)| {
            let own = seen.get_mut(user);
            own.is_some_and(|own| own.available.replace(*available) != Some(*available))
        };
        Ok(available.into_iter().filter(|it| changed(it)).map(|(user, _)| user).collect())
    }

    /// Tells what is in these wallets, where it is not known.
    async fn tell_totals(
        &self,
        conn: &mut PgConnection,
        touched: BTreeSet<Uuid>,
    ) -> sqlx::Result<()> {
        let interested = self.registry.users_of(&[EventType::Balance]);
        let users: Vec<Uuid> = touched.intersection(&interested).copied().collect();
        if users.is_empty() {
            return Ok(());
        }
        let now = changes::now(conn).await?;
        for totals in wallet::list_totals(conn, &users).await? {
            let user = totals.user_id;
            let news = self
                .seen
                .lock()
                .get_mut(&user)
                .is_some_and(|own| own.totals.replace(totals) != Some(totals));
            if news {
                let id = EventId::new(now, Uuid::nil());
                let frame = frame(id, EventType::Balance, &BalanceTotalsView::from_domain(totals));
                self.registry.tell_user(user, EventType::Balance, &frame);
            }
        }
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
        let changed: Vec<ResourceMark> = {
            let mut seen = self.seen.lock();
            let mut news = |it: &ResourceMark| {
                let own = seen.get_mut(&it.owner_id);
                own.is_some_and(|own| own.resources.insert(it.id, it.clone()).as_ref() != Some(it))
            };
            marks.into_iter().filter(|it| news(it)).collect()
        };
        for mark in changed {
            let (id, owner) = (mark.id, mark.owner_id);
            let found = hosted::find(conn, id, Some(owner), self.price_max_factor).await?;
            if let Some(resource) = found {
                let view = ResourceView::from_domain(resource);
                let frame = frame(EventId::new(now, id), EventType::Resource, &view);
                self.registry.tell_user(owner, EventType::Resource, &frame);
            }
        }
        Ok(())
    }
}
