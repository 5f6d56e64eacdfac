//! Random operations on the functions of the main job, and what the model expects of them.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::books::{Hold, MILLION, Source, share};
use crate::exchange::{Attempt, Claim, Ending, Exchange, NewTask, Resource, State, Status, Task};
use crate::ledger_ops::{amount, granted, life, prefer, rate, source};
use crate::script::{Cast, Script};

const USERS: Range<usize> = 0..2;
const RESOURCES: Range<usize> = 0..2;
const STRIKES_MAX: usize = 3;

#[derive(Clone, Debug)]
pub enum Op {
    Clock { seconds: i64 },
    Grant { wallet: usize, source: Source, amount: i64, priority: i16, life: Option<i64>, salt: u8 },
    Revoke { grant: Index },
    Submit { tasks: Vec<Submit> },
    Claim { task: Index, resource: usize, large: bool, own_fee: i64, rate: i64 },
    Settle { attempts: Vec<Index>, gone: bool },
    End { attempt: Index, ending: Ending, delay: i64 },
    Cancel { task: Index, by_stranger: bool },
    CancelUser { user: usize },
    Park { attempt: Index },
    RetrySettlement { task: Index },
    EndParked { task: Index, pay: bool },
    FailOverdue,
    Vacate,
    Refund { hold: Index, millionths: i64 },
    Price { resource: usize, price: i64 },
    Suspend { user: usize, suspended: bool },
    ExpireDue,
    RollUp,
}

#[derive(Clone, Debug)]
pub struct Submit {
    user: usize,
    key: Option<u8>,
    hash: u8,
    amount: i64,
    min_percent: i64,
    deadline_seconds: i64,
    queue_max: usize,
    salt: u8,
}

fn submit() -> impl Strategy<Value = Submit> {
    let key = prop::option::weighted(0.3, 0..4_u8);
    let deadline = select(vec![30, 300, 3600, 3600, 86_400]);
    let queue_max = select(vec![2, 50, 50, 50]);
    let held = prop_oneof![8 => 1..8 * MILLION, 1 => amount()];
    (USERS, key, 0..2_u8, held, 0..=100_i64, deadline, queue_max, any::<u8>()).prop_map(
        |(user, key, hash, amount, min_percent, deadline_seconds, queue_max, salt)| Submit {
            user,
            key,
            hash,
            amount,
            min_percent,
            deadline_seconds,
            queue_max,
            salt,
        },
    )
}

fn ending() -> impl Strategy<Value = Ending> {
    prop_oneof![
        1 => Just(Ending::NotSent),
        3 => Just(Ending::Failed),
        8 => Just(Ending::Unknown),
        1 => any::<bool>().prop_map(|billed| Ending::Blocked { billed }),
    ]
}

pub fn op() -> impl Strategy<Value = Op> {
    let grant = (USERS, source(), granted(), -1..=1_i16, life(), any::<u8>());
    let own_fee = select(vec![0, 1, 100_000, 500_000]);
    let claim = (any::<Index>(), RESOURCES, any::<bool>(), own_fee, rate());
    let seconds = prop_oneof![8 => 1..60_i64, 1 => 1..10 * 3600_i64];
    prop_oneof![
        40 => seconds.prop_map(|seconds| Op::Clock { seconds }),
        40 => grant.prop_map(|(wallet, source, amount, priority, life, salt)| {
            Op::Grant { wallet, source, amount, priority, life, salt }
        }),
        8 => any::<Index>().prop_map(|grant| Op::Revoke { grant }),
        80 => prop::collection::vec(submit(), 1..3).prop_map(|tasks| Op::Submit { tasks }),
        180 => claim.prop_map(|(task, resource, large, own_fee, rate)| {
            Op::Claim { task, resource, large, own_fee, rate }
        }),
        90 => (prop::collection::vec(any::<Index>(), 1..4), prop::bool::weighted(0.05))
            .prop_map(|(attempts, gone)| Op::Settle { attempts, gone }),
        80 => (any::<Index>(), ending(), 0..30_i64)
            .prop_map(|(attempt, ending, delay)| Op::End { attempt, ending, delay }),
        15 => (any::<Index>(), prop::bool::weighted(0.1))
            .prop_map(|(task, by_stranger)| Op::Cancel { task, by_stranger }),
        3 => USERS.prop_map(|user| Op::CancelUser { user }),
        12 => any::<Index>().prop_map(|attempt| Op::Park { attempt }),
        5 => any::<Index>().prop_map(|task| Op::RetrySettlement { task }),
        8 => (any::<Index>(), any::<bool>()).prop_map(|(task, pay)| Op::EndParked { task, pay }),
        10 => Just(Op::FailOverdue),
        8 => Just(Op::Vacate),
        25 => (any::<Index>(), 0..=MILLION).prop_map(|(hold, millionths)| Op::Refund { hold, millionths }),
        15 => (RESOURCES, 1..2 * MILLION).prop_map(|(resource, price)| Op::Price { resource, price }),
        4 => (USERS, prop::bool::weighted(0.3)).prop_map(|(user, suspended)| Op::Suspend { user, suspended }),
        15 => Just(Op::ExpireDue),
        5 => Just(Op::RollUp),
    ]
}

/// The commands for the operations, with what each must answer.
pub fn play(ops: &[Op], cast: Cast) -> Script {
    let boot = Uuid::now_v7();
    let mut script = Script::new(cast);
    let mut exchange = Exchange::default();
    for owner in RESOURCES {
        let id = script.id(0);
        exchange.resources.push(Resource { id, owner, price: MILLION * 4 / 10 });
    }
    let resources: Vec<Uuid> = exchange.resources.iter().map(|it| it.id).collect();
    let open = json!({
        "op": "open_resources", "owners": script.cast.owner_users, "resources": resources, "boot": boot,
    });
    script.expect(open, "-");
    // Something to begin with; what expires, is free or comes late is up to the operations.
    for wallet in USERS {
        let id = script.id(128);
        script.grant((id, wallet, Source::Purchase), 20 * MILLION, 0, None);
    }

    let mut player = Player { script, exchange, boot };
    for op in ops {
        player.play(op);
    }
    for op in [Op::Clock { seconds: 3_000_000_000 }, Op::FailOverdue, Op::Vacate, Op::ExpireDue] {
        player.play(&op);
    }
    player.script.more = player.exchange.describe();
    player.script
}

struct Player {
    script: Script,
    exchange: Exchange,
    boot: Uuid,
}

impl Player {
    fn play(&mut self, op: &Op) {
        match op {
            Op::Clock { seconds } => self.script.clock(*seconds),
            Op::Grant { wallet, source, amount, priority, life, salt } => {
                let id = self.script.id(*salt);
                let expires = life.map(|it| self.script.books.now + it);
                self.script.grant((id, *wallet, *source), *amount, *priority, expires);
            }
            Op::Revoke { grant } => self.script.revoke(*grant),
            Op::Submit { tasks } => self.submit(tasks),
            Op::Claim { task, resource, large, own_fee, rate } => {
                self.claim(*task, *resource, *large, *own_fee, *rate);
            }
            Op::Settle { attempts, gone } => self.settle(attempts, *gone),
            Op::End { attempt, ending, delay } => self.end(*attempt, *ending, *delay),
            Op::Cancel { task, by_stranger } => self.cancel(*task, *by_stranger),
            Op::CancelUser { user } => {
                let canceled = self.exchange.cancel_user(&mut self.script.books, *user);
                let command = json!({"op": "cancel_user", "user": self.script.cast.users[*user]});
                self.script.expect(command, &canceled.to_string());
            }
            Op::Park { attempt } => self.park(*attempt),
            Op::RetrySettlement { task } => {
                let Some(at) = place(&self.exchange.tasks, *task, Task::is_parked) else { return };
                let parked = self.exchange.tasks[at].is_parked();
                let command = json!({"op": "retry_settlement", "task": self.exchange.tasks[at].id});
                self.script.expect(command, &parked.to_string());
            }
            Op::EndParked { task, pay } => {
                let Some(at) = place(&self.exchange.tasks, *task, Task::is_parked) else { return };
                let outcome = self.exchange.end_parked(&mut self.script.books, at, *pay);
                let id = self.exchange.tasks[at].id;
                self.script.expect(json!({"op": "end_parked", "task": id, "pay": pay}), outcome);
            }
            Op::FailOverdue => {
                let failed = self.exchange.fail_overdue(&mut self.script.books);
                self.script.expect(json!({"op": "fail_overdue"}), &failed.to_string());
            }
            Op::Vacate => {
                let vacated = self.exchange.vacate(self.script.books.now);
                self.script.expect(json!({"op": "vacate"}), &vacated.to_string());
            }
            Op::Refund { hold, millionths } => {
                let settled = |it: &Hold| it.charged > it.refunded;
                let Some(hold) = prefer(&self.script.books.holds, *hold, settled) else { return };
                let amount = share(hold.charged - hold.refunded, *millionths, MILLION);
                self.script.refund(hold.id, None, amount);
            }
            Op::Price { resource, price } => self.price(*resource, *price),
            Op::Suspend { user, suspended } => {
                self.exchange.suspended[*user] = *suspended;
                let user = self.script.cast.users[*user];
                let command = json!({"op": "suspend", "user": user, "suspended": suspended});
                self.script.expect(command, "-");
            }
            Op::ExpireDue => self.script.expire_due(),
            Op::RollUp => self.script.expect(json!({"op": "roll_up"}), "-"),
        }
    }

    fn submit(&mut self, tasks: &[Submit]) {
        let new: Vec<NewTask> = tasks
            .iter()
            .map(|it| NewTask {
                id: self.script.id(it.salt),
                user: it.user,
                key: it.key,
                hash: it.hash,
                amount: it.amount,
                amount_min: share(it.amount, it.min_percent, 100),
                deadline_seconds: it.deadline_seconds,
                queue_max: it.queue_max,
            })
            .collect();
        let rows: Vec<Value> = new.iter().enumerate().map(|(ord, it)| self.row(ord, it)).collect();
        let command = json!({"op": "submit", "tasks": rows, "strikes_max": STRIKES_MAX});

        // By wallet, and for each in the order given.
        let mut order: Vec<usize> = (0..new.len()).collect();
        order.sort_by_key(|it| new[*it].user);
        let mut outcomes = vec![String::new(); new.len()];
        for ord in order {
            outcomes[ord] = self.exchange.submit(&mut self.script.books, &new[ord], STRIKES_MAX);
        }
        self.script.expect(command, &outcomes.join(", "));
    }

    fn row(&self, ord: usize, new: &NewTask) -> Value {
        json!({
            "ord": ord, "id": new.id, "user_id": self.script.cast.users[new.user],
            "wallet": self.script.cast.wallets[new.user], "idempotency_key": new.key.map(|it| it.to_string()),
            "request_hash": format!("{:02x}", new.hash), "model": "auto", "prompt": "p",
            "aspect_ratio": "1:1", "output_format": "png", "amount": new.amount, "amount_min": new.amount_min,
            "lane": 1, "deadline_seconds": new.deadline_seconds, "queue_max": new.queue_max,
        })
    }

    fn claim(&mut self, task: Index, resource: usize, large: bool, own_fee: i64, rate: i64) {
        let pending = |it: &Task| it.status == Status::Pending;
        let Some(task) = place(&self.exchange.tasks, task, pending) else { return };
        let attempt = self.script.id(0);
        let (model, units_tenths) =
            if large { ("stability/sd3.5-large", 65) } else { ("stability/core", 30) };
        let command = json!({
            "op": "claim", "boot": self.boot, "task": self.exchange.tasks[task].id, "attempt": attempt,
            "resource": self.exchange.resources[resource].id, "model": model, "own_fee": own_fee, "rate": rate,
        });
        let claim = Claim { attempt, resource, units_tenths, own_fee, rate };
        let outcome = self.exchange.claim(self.script.books.now, task, claim);
        self.script.expect(command, &outcome);
    }

    fn settle(&mut self, attempts: &[Index], gone: bool) {
        let picked =
            attempts.iter().filter_map(|it| prefer(&self.exchange.attempts, *it, Attempt::is_live));
        let mut ids: Vec<Uuid> = Vec::new();
        for id in picked.map(|it| it.id) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        if gone {
            ids.push(self.script.id(0));
        }
        if ids.is_empty() {
            return;
        }
        let outcome = self.exchange.settle(&mut self.script.books, &ids);
        self.script.expect(json!({"op": "settle", "attempts": ids}), &outcome);
    }

    fn end(&mut self, attempt: Index, ending: Ending, delay: i64) {
        let calling = |it: &Attempt| it.state == State::Calling;
        let Some(at) = place(&self.exchange.attempts, attempt, calling) else { return };
        let command = json!({
            "op": "end", "attempt": self.exchange.attempts[at].id, "state": ending.state().name(),
            "class": ending.class(), "billed": ending.is_billed(),
            "action": if ending.is_final() { "fail" } else { "retry" }, "delay": delay,
        });
        let outcome = self.exchange.end(&mut self.script.books, at, ending, delay);
        self.script.expect(command, &outcome);
    }

    fn cancel(&mut self, task: Index, by_stranger: bool) {
        let waits = |it: &Task| matches!(it.status, Status::Pending | Status::Processing);
        let Some(at) = place(&self.exchange.tasks, task, waits) else { return };
        let id = self.exchange.tasks[at].id;
        if by_stranger {
            let command = json!({"op": "cancel", "task": id, "user": Uuid::nil()});
            return self.script.expect(command, "not_found");
        }
        let outcome = self.exchange.cancel(&mut self.script.books, at);
        self.script.expect(json!({"op": "cancel", "task": id}), outcome);
    }

    fn park(&mut self, attempt: Index) {
        // Only what has an image is parked.
        let at = place(&self.exchange.attempts, attempt, Attempt::is_live);
        let Some(at) = at.filter(|it| self.exchange.attempts[*it].is_live()) else { return };
        let parked = self.exchange.park(&self.script.books, at);
        let command = json!({"op": "park", "attempt": self.exchange.attempts[at].id});
        self.script.expect(command, &parked.to_string());
    }

    fn price(&mut self, resource: usize, price: i64) {
        let resource = &mut self.exchange.resources[resource];
        resource.price = price;
        let owner = self.script.cast.owner_users[resource.owner];
        let command =
            json!({"op": "price", "resource": resource.id, "owner": owner, "price": price});
        self.script.expect(command, "true");
    }
}

/// Where it stands, mostly one of those that are liked; `None` where there is nothing to pick from.
fn place<T>(things: &[T], index: Index, liked: impl Fn(&T) -> bool) -> Option<usize> {
    let places: Vec<usize> = (0..things.len()).collect();
    prefer(&places, index, |it| liked(&things[*it])).copied()
}
