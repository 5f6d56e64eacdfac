//! The rules of the queue without a database: where a task begins, which are taken, how virtual time moves. The queue
//! of the database is held to them (`same.rs`), and whole markets are simulated with them (`simulation.rs`).

mod market;
mod same;
mod simulation;

use std::collections::{BTreeMap, HashMap};

use shared::generation::claim::Room;
use shared::ledger::Credits;

/// A task that waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub id: usize,
    pub consumer: usize,
    pub lane: i32,
    pub held: Credits,
    pub start: f64,
    pub tag: f64,
}

/// Taken, for a free own key or in its turn.
#[derive(Clone, Debug)]
pub struct Taken {
    pub task: Waiting,
    pub own_turn: bool,
}

/// All lanes are of one key group.
#[derive(Debug, Default)]
pub struct FairQueue {
    pub vtime: f64,
    /// By lane, in the order of their tags.
    pub lanes: BTreeMap<i32, Vec<Waiting>>,
    running: Vec<Waiting>,
    /// By consumer, the weight of what own keys made.
    served: HashMap<usize, f64>,
    last: HashMap<usize, f64>,
    submitted: usize,
    claims: u64,
}

impl FairQueue {
    pub fn submit(&mut self, consumer: usize, lane: i32, weight: f64, held: Credits) -> usize {
        let served = self.served(consumer);
        let last = self.last.entry(consumer).or_default();
        let begin = self.vtime.max(*last - served);
        *last = begin + weight + served;
        let start = if lane < 0 { begin + served } else { begin };
        let id = self.submitted;
        self.submitted += 1;
        let task = Waiting { id, consumer, lane, held, start, tag: start + weight };
        let lane = self.lanes.entry(lane).or_default();
        let at = lane.partition_point(|it| (it.tag, it.id) <= (task.tag, id));
        lane.insert(at, task);
        id
    }

    /// The tasks that a worker with so many permits and this room takes. All of `rooms` are known.
    pub fn claim(
        &mut self,
        limit: usize,
        own_limit: usize,
        rooms: &BTreeMap<i32, Room>,
    ) -> Vec<Taken> {
        let mut own = Vec::new();
        let mut market = Vec::new();
        let mut lowest = f64::INFINITY;
        for (lane, room) in rooms {
            let Some(waiting) = self.lanes.get(lane) else { continue };
            let own_calls = room.own_calls as usize;
            let turns = waiting.iter().take(own_calls).cloned().enumerate();
            own.extend(turns.map(|(turn, it)| (turn + room.own_running as usize, it)));
            if let Some(cost) = room.cost_free.filter(|_| room.calls > 0) {
                let pays = |it: &&Waiting| it.held >= cost;
                market.extend(
                    waiting.iter().skip(own_calls).filter(pays).take(room.calls as usize).cloned(),
                );
            }
            if let Some(cost) = room.cost_serving {
                let head = waiting.iter().find(|it| it.held >= cost);
                lowest = head.map_or(lowest, |it| lowest.min(it.start - self.shift(it)));
            }
        }
        self.claims += 1;
        let chance = |it: &Waiting| {
            (u64::from(it.lane.unsigned_abs()) ^ self.claims).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        };
        own.sort_by_key(|(turn, it)| (*turn, chance(it) >> 32));
        let ahead = |it: &Waiting| it.tag - self.shift(it);
        market.sort_by(|a, b| ahead(a).total_cmp(&ahead(b)).then(a.id.cmp(&b.id)));
        let own = own.into_iter().map(|(_, task)| Taken { task, own_turn: true });
        let market = market.into_iter().map(|task| Taken { task, own_turn: false });
        let taken: Vec<_> = own.take(own_limit).chain(market).take(limit).collect();
        for it in &taken {
            let lane = self.lanes.get_mut(&it.task.lane).unwrap();
            lane.retain(|other| other.id != it.task.id);
            self.running.push(it.task.clone());
        }
        if !taken.is_empty() && lowest.is_finite() {
            self.vtime = self.vtime.max(lowest);
        }
        taken
    }

    pub fn ended(&mut self, task: usize) {
        self.running.retain(|it| it.id != task);
    }

    /// An own key made it.
    pub fn served_by_own_key(&mut self, task: &Waiting) {
        *self.served.entry(task.consumer).or_default() += task.tag - task.start;
    }

    fn served(&self, consumer: usize) -> f64 {
        self.served.get(&consumer).copied().unwrap_or(0.0)
    }

    /// By how much it stands before its tag.
    fn shift(&self, task: &Waiting) -> f64 {
        if task.lane < 0 { self.served(task.consumer) } else { 0.0 }
    }

    /// What could not be started waits again.
    pub fn put_back(&mut self, task: Waiting) {
        self.ended(task.id);
        let lane = self.lanes.entry(task.lane).or_default();
        let at = lane.partition_point(|it| (it.tag, it.id) <= (task.tag, task.id));
        lane.insert(at, task);
    }

    /// Cancels what waits of a consumer's tasks, of those that are liked.
    pub fn cancel(&mut self, consumer: usize, liked: impl Fn(usize) -> bool) {
        for lane in self.lanes.values_mut() {
            lane.retain(|it| it.consumer != consumer || !liked(it.id));
        }
        let unfinished = self.lanes.values().flatten().chain(&self.running);
        let served = self.served(consumer);
        let highest = unfinished
            .filter(|it| it.consumer == consumer)
            .map(|it| if it.lane < 0 { it.tag } else { it.tag + served });
        let place = highest.fold(self.vtime + served, f64::max);
        self.last.entry(consumer).and_modify(|last| *last = last.min(place));
    }

    pub fn waiting(&self) -> usize {
        self.lanes.values().map(Vec::len).sum()
    }
}
