//! A simulated market: keys that take time, a worker that claims whenever something may be free.

use std::collections::{BTreeMap, HashMap};

use shared::generation::claim::Room;
use shared::ledger::Credits;

use super::{FairQueue, Waiting};

/// A kind of tasks: which keys can serve it, and what its tasks pay at most.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Negative: of an owner.
    pub lane: i32,
    /// A bit for each model.
    pub models: u32,
    pub owner: Option<usize>,
    pub ceiling: f64,
    pub weight: f64,
}

#[derive(Clone, Debug)]
pub struct Key {
    /// A bit for each model it serves.
    pub models: u32,
    pub owner: Option<usize>,
    pub cost: f64,
    pub slots: usize,
    pub seconds: f64,
}

#[derive(Debug)]
struct Running {
    ends: f64,
    key: usize,
    own_turn: bool,
    task: Waiting,
}

#[derive(Clone, Copy, Debug)]
pub struct Image {
    pub consumer: usize,
    pub task: usize,
    pub at: f64,
    pub own: bool,
}

pub struct Market {
    pub queue: FairQueue,
    pub now: f64,
    pub images: Vec<Image>,
    permits: usize,
    keys: Vec<Key>,
    kinds: HashMap<i32, Kind>,
    running: Vec<Running>,
}

fn credits(amount: f64) -> Credits {
    format!("{amount:.6}").parse().unwrap()
}

impl Market {
    pub fn new(permits: usize, keys: Vec<Key>) -> Self {
        Self {
            queue: FairQueue::default(),
            now: 0.0,
            images: Vec::new(),
            permits,
            keys,
            kinds: HashMap::new(),
            running: Vec::new(),
        }
    }

    pub fn submit(&mut self, consumer: usize, kind: Kind, count: usize) -> Vec<usize> {
        self.kinds.insert(kind.lane, kind);
        let held = credits(kind.ceiling);
        let ids =
            (0..count).map(|_| self.queue.submit(consumer, kind.lane, kind.weight, held)).collect();
        self.claim();
        ids
    }

    /// Lets time pass.
    pub fn run_until(&mut self, end: f64) {
        loop {
            let next = self.running.iter().map(|it| it.ends).fold(f64::INFINITY, f64::min);
            if next > end {
                break;
            }
            self.now = next;
            let (ended, running) =
                std::mem::take(&mut self.running).into_iter().partition(|it| it.ends <= next);
            self.running = running;
            let ended: Vec<Running> = ended;
            for it in ended {
                self.queue.ended(it.task.id);
                let consumer = it.task.consumer;
                let own = self.keys[it.key].owner == Some(consumer);
                self.images.push(Image { consumer, task: it.task.id, at: next, own });
                if own {
                    self.queue.served_by_own_key(&it.task);
                }
            }
            self.claim();
        }
        self.now = end;
    }

    /// When this task's image was made.
    pub fn made_at(&self, task: usize) -> f64 {
        self.images.iter().find(|it| it.task == task).map_or(f64::INFINITY, |it| it.at)
    }

    /// Images of a consumer made by keys of the market since then.
    pub fn made(&self, consumer: usize, since: f64) -> u32 {
        let by_market = |it: &&Image| it.consumer == consumer && it.at > since && !it.own;
        u32::try_from(self.images.iter().filter(by_market).count()).unwrap()
    }

    fn free(&self, key: usize) -> usize {
        self.keys[key].slots - self.running.iter().filter(|it| it.key == key).count()
    }

    fn room(&self, kind: &Kind) -> Room {
        let able = |it: &(usize, &Key)| it.1.models & kind.models != 0;
        let keys: Vec<_> = self.keys.iter().enumerate().filter(able).collect();
        let market = || keys.iter().filter(|(_, it)| it.owner.is_none() && it.cost <= kind.ceiling);
        let cheapest = |free: bool| {
            let costs =
                market().filter(|(key, _)| !free || self.free(*key) > 0).map(|(_, it)| it.cost);
            Some(costs.fold(f64::INFINITY, f64::min)).filter(|it| it.is_finite()).map(credits)
        };
        let own = keys.iter().filter(|(_, it)| it.owner.is_some() && it.owner == kind.owner);
        let own_free: usize = own.map(|(key, _)| self.free(*key)).sum();
        let of_owner = |it: &&Running| it.own_turn && Some(it.task.consumer) == kind.owner;
        let running = self.running.iter().filter(of_owner).count();
        let left = (self.permits / 4).saturating_sub(running).min(self.own_left());
        let mut room = Room {
            calls: market().map(|(key, _)| u32::try_from(self.free(*key)).unwrap()).sum(),
            own_calls: u32::try_from(own_free.min(left)).unwrap(),
            cost_free: cheapest(true),
            cost_serving: cheapest(false),
            key_group: Some(1),
            own_running: u32::try_from(running).unwrap(),
        };
        if own_free > left {
            (room.calls, room.cost_free) = (0, None);
        }
        room
    }

    /// How many more calls of own keys may begin before the market's turn.
    fn own_left(&self) -> usize {
        let running = self.running.iter().filter(|it| it.own_turn).count();
        (self.permits / 2).saturating_sub(running)
    }

    fn claim(&mut self) {
        loop {
            let permits = self.permits - self.running.len();
            if permits == 0 {
                return;
            }
            let rooms: BTreeMap<_, _> =
                self.kinds.iter().map(|(lane, kind)| (*lane, self.room(kind))).collect();
            let own_limit = self.own_left();
            let taken = self.queue.claim(permits, own_limit, &rooms);
            let before = self.running.len();
            for it in taken {
                match self.place(&it.task, it.own_turn) {
                    Some(key) => {
                        let ends = self.now + self.keys[key].seconds;
                        self.running.push(Running {
                            ends,
                            key,
                            own_turn: it.own_turn,
                            task: it.task,
                        });
                    }
                    None => self.queue.put_back(it.task),
                }
            }
            if self.running.len() == before {
                return;
            }
        }
    }

    /// Own keys first, then the cheapest.
    fn place(&self, task: &Waiting, own_turn: bool) -> Option<usize> {
        let kind = &self.kinds[&task.lane];
        let fits = |key: &usize| {
            let it = &self.keys[*key];
            let own = it.owner == Some(task.consumer);
            it.models & kind.models != 0
                && self.free(*key) > 0
                && if own_turn { own } else { it.owner.is_none() && it.cost <= kind.ceiling }
        };
        (0..self.keys.len()).filter(fits).min_by(|a, b| {
            let order = |key: usize| (self.keys[key].owner.is_none(), self.keys[key].cost);
            order(*a).partial_cmp(&order(*b)).unwrap()
        })
    }
}
