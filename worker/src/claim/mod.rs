//! One round of claiming: lock due tasks, place them (pure), start attempts, commit.

mod lanes;
mod own;
mod room;
mod skip;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;

use shared::failpoint;
use shared::generation::claim::{
    self, ClaimError, DueTask, Look, Room, StartedAttempt, WantedAttempt,
};
use shared::generation::{Route, lane, models_for};
use shared::pool::rank::{Placement, Placer, Seeker};
use shared::pool::{Catalogue, Model, Resource};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::deps::Deps;
use lanes::Lanes;
use own::{OwnCall, OwnCalls};
use room::Supply;
use skip::SkipList;

/// An attempt to be called now.
pub struct Start {
    pub task: DueTask,
    pub attempt: Uuid,
    pub resource: Arc<Resource>,
    pub model: Arc<Model>,
    pub own: bool,
    /// Counts it while it runs, where it was taken before the market's turn.
    pub own_call: Option<OwnCall>,
    /// When the claim began: a call leaves soon after it, or not at all.
    pub claimed_at: Instant,
}

pub struct Round {
    pub started: Vec<Start>,
    /// More may be due: as many were started as there was room for, or some could not be placed and
    /// stood before others. The next round passes over them, as far as that can be remembered; so this
    /// ends.
    pub full: bool,
    /// Something may be waiting for a call to end.
    pub left: bool,
}

/// What a look at the queue found.
struct Found {
    due: Vec<DueTask>,
    /// Another look would see more.
    unseen: bool,
    /// Something waits, due or not.
    waits: bool,
    /// Something waits where less is free than there are permits.
    short: bool,
}

/// Claims for this process; remembers what it could not place lately.
pub struct Claimer {
    deps: Arc<Deps>,
    skip: SkipList,
    /// What could not be given an own key, though one was free: it may not be tried again, or was lost to others.
    own_skip: SkipList,
    lanes: Lanes,
    own: OwnCalls,
    rounds: u64,
}

impl Claimer {
    pub fn new(deps: Arc<Deps>) -> Self {
        let own = OwnCalls::new(deps.permits);
        Self {
            deps,
            own,
            skip: SkipList::default(),
            own_skip: SkipList::default(),
            lanes: Lanes::default(),
            rounds: 0,
        }
    }

    /// Starts up to `free` attempts.
    pub async fn round(&mut self, free: usize) -> Result<Round, ClaimError> {
        let claimed_at = Instant::now();
        self.deps.hot.refresh().await?;
        let catalogue = self.deps.catalogue.current();
        let rooms = self.rooms(&catalogue, claimed_at);
        failpoint::hit("worker.before-claim");

        let mut tx = self.deps.db.begin().await?;
        let Found { due, unseen, waits, short } = self.lock_due(&mut tx, free, &rooms).await?;
        if due.is_empty() {
            tx.rollback().await?;
            let left = waits || unseen || self.passes_over();
            return Ok(Round { started: Vec::new(), full: unseen, left });
        }
        let locked = due.len();
        let placements = self.place(&catalogue, &due);
        let wanted = wanted(&placements);
        let granted = if wanted.is_empty() {
            Vec::new()
        } else {
            match claim::start_attempts(&mut tx, self.deps.boot.id(), &self.deps.rules, &wanted)
                .await
            {
                Err(ClaimError::BootDead) => {
                    drop(tx);
                    self.deps.boot.register_again().await?;
                    return Ok(Round { started: Vec::new(), full: true, left: true });
                }
                granted => granted?,
            }
        };
        tx.commit().await?;
        failpoint::hit("worker.after-claim");

        self.note_refusals(&wanted, &granted);
        let started = started(due, placements, &granted, &self.own, claimed_at);
        if !started.is_empty() {
            metrics::histogram!("aetherflow_claim_batch_size")
                .record(f64::from(u32::try_from(started.len()).unwrap_or(u32::MAX)));
        }
        metrics::histogram!("aetherflow_claim_seconds").record(claimed_at.elapsed().as_secs_f64());
        let passed_over = started.len() < locked;
        let full = started.len() == free
            || unseen
            || (passed_over && self.skip.has_room() && self.own_skip.has_room());
        if started.len() == free {
            self.lanes.pause();
        }
        let left = full || passed_over || short || self.passes_over();
        Ok(Round { started, full, left })
    }

    fn passes_over(&self) -> bool {
        !(self.skip.is_empty() && self.own_skip.is_empty())
    }

    fn rooms(&self, catalogue: &Catalogue, now: Instant) -> BTreeMap<i32, Room> {
        self.deps
            .hot
            .with(|hot| Supply::new(catalogue, hot).rooms(self.lanes.expected(now), &self.own))
    }

    /// Locks due tasks; learns about lanes in which it finds tasks for the first time.
    async fn lock_due(
        &mut self,
        tx: &mut PgConnection,
        free: usize,
        rooms: &BTreeMap<i32, Room>,
    ) -> sqlx::Result<Found> {
        let limit = i32::try_from(free).unwrap_or(i32::MAX);
        let own_limit = i32::try_from(self.own.left()).unwrap_or(limit);
        let look = Look {
            limit,
            own_limit,
            rooms,
            skip: &self.skip.current(),
            own_skip: &self.own_skip.current(),
            market_from: self.lanes.market_from(),
            owner_from: self.lanes.owner_from(),
            lowest: self.lanes.lowest(),
        };
        let (due, looked_at) = claim::lock_due(tx, &look).await?;
        let now = Instant::now();
        let noted = self.lanes.note(&looked_at, |lane| rooms.contains_key(&lane), now);
        let mut unseen = noted.more;
        if !noted.unknown.is_empty() {
            let learned = lane::find_lanes(tx, &noted.unknown).await?;
            unseen = !learned.is_empty();
            self.lanes.learn(learned, now);
        }
        let room = |lane| rooms.get(lane).map_or(0, |it| it.calls);
        let enough = u32::try_from(free).unwrap_or(u32::MAX);
        Ok(Found {
            due,
            unseen,
            waits: !looked_at.lanes.is_empty(),
            short: looked_at.lanes.iter().any(|it| room(it) < enough),
        })
    }

    fn place(&mut self, catalogue: &Catalogue, due: &[DueTask]) -> Vec<Placement> {
        // Each round begins with another of several equals: one filled by round after round would wait
        // for the settlements of the round before, which lock its row, and reach its provider's rate.
        self.rounds += 1;
        let spread = self.deps.boot.id().as_u64_pair().1 ^ self.rounds;
        let Self { deps, skip, own_skip, .. } = self;
        deps.hot.with(|hot| {
            let mut placer = Placer::new(catalogue, hot, deps.rules.own_fee, spread);
            due.iter()
                .filter_map(|task| {
                    let seeker = Seeker {
                        task: task.id,
                        user: task.user_id,
                        ceiling: task.credits_held,
                        models: models_for(catalogue, &task.spec).unwrap_or_default().into(),
                        route: route(task),
                        excluded: task.excluded.clone(),
                        attempts_unproven: task.attempts_unproven,
                        attempts_unknown: task.attempts_unknown,
                        verdicts: task.verdicts,
                    };
                    match placer.place(&seeker) {
                        Ok(placement) => Some(placement),
                        Err(reason) => {
                            tracing::debug!(task = %task.id, ?reason, "not placed");
                            if task.own_turn { &mut *own_skip } else { &mut *skip }.add(task.id);
                            None
                        }
                    }
                })
                .collect()
        })
    }

    /// A key the claim refused is out until the counters are read again.
    fn note_refusals(&self, wanted: &[WantedAttempt], granted: &[StartedAttempt]) {
        for want in wanted {
            if !granted.iter().any(|it| it.attempt_id == want.attempt) {
                self.deps.hot.refused(want.resource);
            }
        }
    }
}

/// Where a task of an owner was taken in the market's turn, its own keys are taken by others.
const fn route(task: &DueTask) -> Route {
    match (task.own_turn, task.lane < 0) {
        (true, _) => Route::Own,
        (false, true) => Route::Market,
        (false, false) => task.route,
    }
}

fn wanted(placements: &[Placement]) -> Vec<WantedAttempt> {
    placements
        .iter()
        .enumerate()
        .map(|(ord, it)| WantedAttempt {
            ord,
            attempt: Uuid::now_v7(),
            task: it.task,
            resource: it.offer.resource.id,
            model: it.offer.model.id.clone(),
            choice: it.reason.clone(),
        })
        .collect()
}

fn started(
    due: Vec<DueTask>,
    placements: Vec<Placement>,
    granted: &[StartedAttempt],
    own_calls: &OwnCalls,
    claimed_at: Instant,
) -> Vec<Start> {
    let mut due: HashMap<_, _> = due.into_iter().map(|it| (it.id, it)).collect();
    let mut offers: HashMap<_, _> = placements.into_iter().map(|it| (it.task, it.offer)).collect();
    granted
        .iter()
        .filter_map(|it| {
            let (task, offer) = (due.remove(&it.task_id)?, offers.remove(&it.task_id)?);
            let (resource, model, own) = (offer.resource, offer.model, offer.own);
            let own_call = task.own_turn.then(|| own_calls.begin(task.user_id));
            Some(Start { task, attempt: it.attempt_id, resource, model, own, own_call, claimed_at })
        })
        .collect()
}
