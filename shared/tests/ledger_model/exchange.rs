//! Tasks and their attempts in memory, on top of the books: what submit, claim, settle, end and cancel
//! must do.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::books::{Account, Books, Closing, HoldState, MILLION, day, share};

/// The longest run of `stability`'s models, after which an unknown attempt occupies nothing.
const RUN_SECONDS: i64 = 60;
/// How long the claims of the interpreter let an attempt call and keep.
const HARD_DEADLINE_SECONDS: i64 = 90 + 30;
/// `stability`'s reference price of a unit.
const REFERENCE_PRICE: i64 = MILLION / 2;
/// After so many, and after two unknown ones, a task has failed.
const ATTEMPTS_MAX: i32 = 4;
const UNKNOWN_MAX: i32 = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    Processing,
    Completed,
    Failed,
    Canceled,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

#[derive(Clone, Debug)]
pub struct NewTask {
    pub id: Uuid,
    pub user: usize,
    pub key: Option<u8>,
    pub hash: u8,
    pub amount: i64,
    pub amount_min: i64,
    pub deadline_seconds: i64,
    pub queue_max: usize,
}

#[derive(Clone, Debug)]
pub struct Task {
    pub id: Uuid,
    user: usize,
    key: Option<u8>,
    hash: u8,
    pub status: Status,
    held: i64,
    next_at: i64,
    deadline: i64,
    cancel_wished: bool,
    /// The attempt whose image is kept and could not be settled.
    parked: Option<usize>,
    started: i32,
    counted: i32,
    unknown: i32,
    cost: Option<i64>,
    completed: Option<i64>,
}

impl Task {
    pub fn is_parked(&self) -> bool {
        self.parked.is_some()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Calling,
    Delivered,
    Refused,
    Failed,
    Unknown,
    Surplus,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Calling => "calling",
            Self::Delivered => "delivered",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Surplus => "surplus",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Attempt {
    pub id: Uuid,
    pub task: usize,
    no: i32,
    owner: usize,
    cost: i64,
    /// At the provider's reference price.
    reference: i64,
    rate: i64,
    own: bool,
    pub state: State,
    started: i64,
    ended: Option<i64>,
    /// What its worker said when it ended it, unless something was said since.
    class: Option<&'static str>,
    occupies: bool,
}

impl Attempt {
    /// Nobody but its own worker delivers before the hard deadline.
    fn is_delivered_by_its_worker(&self) -> bool {
        let in_time = self.ended.is_some_and(|it| it <= self.started + HARD_DEADLINE_SECONDS);
        self.state == State::Delivered && in_time
    }

    /// Whether it ended so, and its task with it.
    fn ended_so(&self, ending: Ending, task: &Task) -> bool {
        let with_its_task = self.ended.is_some() && self.ended == task.completed;
        with_its_task && self.state == ending.state() && self.class == Some(ending.class())
    }

    /// Its image can still come.
    pub fn is_live(&self) -> bool {
        matches!(self.state, State::Calling | State::Unknown)
    }
}

/// How an attempt ends that delivered nothing.
#[derive(Clone, Copy, Debug)]
pub enum Ending {
    NotSent,
    Failed,
    Unknown,
    Blocked { billed: bool },
}

impl Ending {
    pub fn state(self) -> State {
        match self {
            Self::NotSent | Self::Failed => State::Failed,
            Self::Unknown => State::Unknown,
            Self::Blocked { .. } => State::Refused,
        }
    }

    pub fn class(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Failed => "provider_transient",
            Self::Unknown => "timeout",
            Self::Blocked { .. } => "content_blocked",
        }
    }

    pub fn is_billed(self) -> bool {
        matches!(self, Self::Blocked { billed: true })
    }

    pub fn is_final(self) -> bool {
        matches!(self, Self::Blocked { .. })
    }
}

#[derive(Clone, Debug)]
pub struct Resource {
    pub id: Uuid,
    pub owner: usize,
    pub price: i64,
}

/// What a claim asks for.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    pub attempt: Uuid,
    pub resource: usize,
    pub units_tenths: i64,
    pub own_fee: i64,
    pub rate: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Exchange {
    pub tasks: Vec<Task>,
    pub attempts: Vec<Attempt>,
    pub resources: Vec<Resource>,
    pub suspended: [bool; 2],
    /// (user, day) → moderated prompts.
    strikes: BTreeMap<(usize, i64), usize>,
}

impl Exchange {
    pub fn submit(&mut self, books: &mut Books, new: &NewTask, strikes_max: usize) -> String {
        let twin = self.tasks.iter().find(|it| it.user == new.user && it.key == new.key);
        if let Some(twin) = twin.filter(|_| new.key.is_some()) {
            let same = twin.hash == new.hash;
            return if same { format!("replayed {}", twin.id) } else { "key_reused".to_owned() };
        }
        let waiting = |it: &&Task| it.user == new.user && it.status == Status::Pending;
        let strikes = self.strikes.get(&(new.user, day(books.now))).copied().unwrap_or(0);
        if self.suspended[new.user] {
            return "suspended".to_owned();
        } else if strikes >= strikes_max {
            return "strikes".to_owned();
        } else if self.tasks.iter().filter(waiting).count() >= new.queue_max {
            return "queue_full".to_owned();
        }
        let Some(held) = books.place(new.id, new.user, new.amount, new.amount_min) else {
            return format!("insufficient {}", books.available(new.user));
        };
        self.tasks.push(Task {
            id: new.id,
            user: new.user,
            key: new.key,
            hash: new.hash,
            status: Status::Pending,
            held,
            next_at: books.now,
            deadline: books.now + new.deadline_seconds,
            cancel_wished: false,
            parked: None,
            started: 0,
            counted: 0,
            unknown: 0,
            cost: None,
            completed: None,
        });
        format!("accepted {held}")
    }

    pub fn claim(&mut self, now: i64, task: usize, claim: Claim) -> String {
        let resource = &self.resources[claim.resource];
        let it = &mut self.tasks[task];
        if it.status != Status::Pending || it.next_at > now || it.deadline <= now {
            return "not due".to_owned();
        }
        // The second consumer is the second owner.
        let own = resource.owner == 1 && it.user == 1;
        let cost = if own { claim.own_fee } else { share(resource.price, claim.units_tenths, 10) };
        if cost > it.held {
            return "not granted".to_owned();
        }
        it.status = Status::Processing;
        it.started += 1;
        self.attempts.push(Attempt {
            id: claim.attempt,
            task,
            no: it.started,
            owner: resource.owner,
            cost,
            reference: share(REFERENCE_PRICE, claim.units_tenths, 10),
            rate: if own { MILLION } else { claim.rate },
            own,
            state: State::Calling,
            started: now,
            ended: None,
            class: None,
            occupies: true,
        });
        cost.to_string()
    }

    /// The first image of an open hold wins, every other one that is new is surplus.
    pub fn settle(&mut self, books: &mut Books, attempts: &[Uuid]) -> String {
        let mut found: Vec<usize> = attempts
            .iter()
            .filter_map(|id| self.attempts.iter().position(|it| it.id == *id))
            .collect();
        found.sort_by_key(|it| self.attempts[*it].no);
        let mut outcomes: BTreeMap<Uuid, &str> = BTreeMap::new();
        let mut surplus = Vec::new();
        for at in found {
            let attempt = &mut self.attempts[at];
            let task = &mut self.tasks[attempt.task];
            let is_open = books.hold(task.id).is_some_and(|it| it.state == HoldState::Open);
            let outcome = if attempt.is_delivered_by_its_worker() {
                "repeated"
            } else if !attempt.is_live() {
                "already"
            } else if is_open {
                attempt.state = State::Delivered;
                task.status = Status::Completed;
                task.completed = Some(books.now);
                task.parked = None;
                task.cost = Some(attempt.cost);
                books.close(Closing {
                    hold: task.id,
                    charge: Some(attempt.cost),
                    rate: attempt.rate,
                    credit: Account::Owner(attempt.owner),
                });
                "settled"
            } else {
                attempt.state = State::Surplus;
                surplus.push(at);
                "surplus"
            };
            if ["settled", "surplus"].contains(&outcome) {
                (attempt.ended, attempt.class) = (Some(books.now), None);
                attempt.occupies = false;
            }
            outcomes.insert(attempt.id, outcome);
        }
        surplus.sort_by_key(|it| self.attempts[*it].id);
        for at in surplus {
            let attempt = &self.attempts[at];
            compensate(books, "surplus", &self.tasks[attempt.task], attempt);
        }
        let outcome = |id| outcomes.get(id).copied().unwrap_or("gone");
        attempts.iter().map(outcome).collect::<Vec<_>>().join(", ")
    }

    pub fn end(&mut self, books: &mut Books, attempt: usize, ending: Ending, delay: i64) -> String {
        let attempt = &mut self.attempts[attempt];
        let task = &mut self.tasks[attempt.task];
        if attempt.state != State::Calling {
            let outcome = if attempt.ended_so(ending, task) { "repeated" } else { "already" };
            return format!("{outcome} {}", task.status.name());
        }
        let unknown = matches!(ending, Ending::Unknown);
        attempt.state = ending.state();
        (attempt.ended, attempt.class) = (Some(books.now), Some(ending.class()));
        attempt.occupies = unknown && attempt.started + RUN_SECONDS > books.now;
        task.counted += i32::from(!matches!(ending, Ending::NotSent));
        task.unknown += i32::from(unknown);
        if matches!(ending, Ending::Blocked { .. }) {
            *self.strikes.entry((task.user, day(books.now))).or_default() += 1;
        }
        if ending.is_billed() {
            compensate(books, "compensate", task, attempt);
        }

        // Parked, its image waits to be settled; completed, a late image came first.
        if task.status == Status::Processing && task.parked.is_none() {
            let exhausted = task.unknown >= UNKNOWN_MAX || task.counted >= ATTEMPTS_MAX;
            task.status = if task.cancel_wished {
                Status::Canceled
            } else if ending.is_final() || exhausted || task.deadline <= books.now {
                Status::Failed
            } else {
                task.next_at = books.now + delay;
                Status::Pending
            };
            if task.status != Status::Pending {
                task.completed = Some(books.now);
                release(books, task.id);
            }
        }
        format!("ended {}", task.status.name())
    }

    pub fn cancel(&mut self, books: &mut Books, task: usize) -> &'static str {
        let task = &mut self.tasks[task];
        match task.status {
            Status::Pending => {
                task.status = Status::Canceled;
                task.completed = Some(books.now);
                release(books, task.id);
                "canceled"
            }
            Status::Processing => {
                task.cancel_wished = true;
                "requested"
            }
            _ => "final",
        }
    }

    pub fn cancel_user(&mut self, books: &mut Books, user: usize) -> usize {
        let mine = (0..self.tasks.len()).filter(|it| self.tasks[*it].user == user);
        mine.collect::<Vec<_>>()
            .into_iter()
            .filter(|it| self.cancel(books, *it) == "canceled")
            .count()
    }

    /// An image that is kept and cannot be settled: its task waits for an admin.
    pub fn park(&mut self, books: &Books, attempt: usize) -> bool {
        let task = &mut self.tasks[self.attempts[attempt].task];
        let is_open = books.hold(task.id).is_some_and(|it| it.state == HoldState::Open);
        if is_open {
            task.status = Status::Processing;
            task.parked.get_or_insert(attempt);
            let attempt = &mut self.attempts[attempt];
            if attempt.is_live() {
                attempt.state = State::Unknown;
                attempt.ended.get_or_insert(books.now);
                attempt.class = None;
                attempt.occupies = false;
            }
        }
        is_open
    }

    /// An admin gives it up: the consumer has the credits back, and the owner is paid or not.
    pub fn end_parked(&mut self, books: &mut Books, at: usize, pay: bool) -> &'static str {
        let calling = |it: &Attempt| it.task == at && it.state == State::Calling;
        let Some(parked) = self.tasks[at].parked else { return "not_parked" };
        if self.attempts.iter().any(calling) {
            return "running";
        }
        let (task, attempt) = (&mut self.tasks[at], &mut self.attempts[parked]);
        task.parked = None;
        task.status = Status::Failed;
        task.completed = Some(books.now);
        release(books, task.id);
        attempt.class = None;
        attempt.state = if pay { State::Surplus } else { State::Failed };
        if pay && !attempt.own {
            let (owner, cost) = (attempt.owner, attempt.cost);
            books.pay_owner("parked", task.id, attempt.no, owner, cost, attempt.rate);
        }
        "ended"
    }

    pub fn fail_overdue(&mut self, books: &mut Books) -> usize {
        let overdue = |it: &&mut Task| it.status == Status::Pending && it.deadline <= books.now;
        let overdue: Vec<Uuid> = self
            .tasks
            .iter_mut()
            .filter(overdue)
            .map(|it| {
                it.status = Status::Failed;
                it.completed = Some(books.now);
                it.id
            })
            .collect();
        for hold in &overdue {
            release(books, *hold);
        }
        overdue.len()
    }

    /// How many unknown attempts cannot be running any more.
    pub fn vacate(&mut self, now: i64) -> usize {
        let idle = |it: &&mut Attempt| {
            it.occupies && it.state != State::Calling && it.started + RUN_SECONDS <= now
        };
        self.attempts.iter_mut().filter(idle).map(|it| it.occupies = false).count()
    }

    /// Line by line, as the interpreter's `model.books` writes them.
    pub fn describe(&self) -> Vec<String> {
        let tasks = self.tasks.iter().map(|it| {
            let cost = it.cost.map_or("-".to_owned(), |cost| cost.to_string());
            format!("task {}: {}, cost {cost}, attempts {}", it.id, it.status.name(), it.started)
        });
        let attempts = self.attempts.iter().map(|it| {
            let occupies = if it.occupies { 't' } else { 'f' };
            format!("attempt {}: {}, cost {}, occupies {occupies}", it.id, it.state.name(), it.cost)
        });
        tasks.chain(attempts).collect()
    }
}

/// An own key earns nothing.
fn compensate(books: &mut Books, kind: &'static str, task: &Task, attempt: &Attempt) {
    if !attempt.own {
        let (both, due) = ((attempt.owner, task.user), attempt.cost.min(attempt.reference));
        books.compensate(kind, task.id, attempt.no, both, due, attempt.rate);
    }
}

fn release(books: &mut Books, hold: Uuid) {
    books.close(Closing { hold, charge: None, rate: 0, credit: Account::Platform });
}
