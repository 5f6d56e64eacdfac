//! Random operations on the ledger's functions, and what the model expects of them.

use std::ops::Range;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::books::{Account, Closing, Hold, HoldState, MILLION, Source, share};
use crate::script::{Cast, Script};

const HOUR: i64 = 3600;
/// The consumer of what the platform pays for, beside the two who have wallets.
const ANCHOR: usize = 2;

/// References to grants, holds and payments are indexes into what exists by then, so an operation
/// keeps a meaning while the sequence around it shrinks.
#[derive(Clone, Debug)]
pub enum Op {
    Clock {
        seconds: i64,
    },
    Grant {
        wallet: usize,
        source: Source,
        amount: i64,
        priority: i16,
        life: Option<i64>,
        salt: u8,
    },
    /// A payment's webhook again: the same id.
    GrantAgain {
        grant: Index,
        wallet: usize,
    },
    Revoke {
        grant: Index,
    },
    Hold {
        wallet: usize,
        amount: i64,
        min_percent: i64,
        salt: u8,
    },
    /// The same id again.
    HoldAgain {
        hold: Index,
        amount: i64,
    },
    Close {
        items: Vec<Close>,
    },
    /// A caller that does not keep the rule: a hold that is not open, or one named twice.
    CloseAnyway {
        hold: Index,
        charge: Charge,
    },
    Release {
        holds: Vec<Index>,
    },
    Refund {
        hold: Index,
        portion: Charge,
        again: bool,
    },
    ExpireDue,
    Pay {
        surplus: bool,
        owner: usize,
        gross: i64,
        rate: i64,
    },
    PayAgain {
        payment: Index,
    },
    RollUp,
    Rebuild,
}

#[derive(Clone, Debug)]
pub struct Close {
    hold: Index,
    /// `None` releases.
    charge: Option<Charge>,
    rate: i64,
    owner: usize,
}

/// Part of what there is.
#[derive(Clone, Copy, Debug)]
pub enum Charge {
    Nothing,
    Millionths(i64),
    All,
    AllAnd(i64),
}

impl Charge {
    fn of(self, whole: i64) -> i64 {
        match self {
            Self::Nothing => 0,
            Self::Millionths(part) => share(whole, part, MILLION),
            Self::All => whole,
            Self::AllAnd(more) => whole + more,
        }
    }
}

/// Small ones, where rounding shows; odd ones; round ones; and now and then nothing at all.
pub fn amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        3 => 1..=9_i64,
        6 => 1..20 * MILLION,
        4 => (1..=20_i64).prop_map(|it| it * MILLION),
        1 => Just(0),
    ]
}

/// Grants are worth a few holds, and seldom refused.
pub fn granted() -> impl Strategy<Value = i64> {
    prop_oneof![6 => 1..40 * MILLION, 4 => (1..=40_i64).prop_map(|it| it * MILLION), 2 => amount()]
}

pub fn rate() -> impl Strategy<Value = i64> {
    prop_oneof![
        2 => select(vec![0, 1, 100_000, 150_000, 333_333, 500_000, 999_999, MILLION]),
        1 => 0..=MILLION,
    ]
}

pub fn source() -> impl Strategy<Value = Source> {
    prop_oneof![
        20 => select(vec![
            Source::Purchase, Source::Subscription, Source::Admin, Source::Promotion, Source::SignUp,
        ]),
        1 => Just(Source::Refund),
    ]
}

pub fn life() -> impl Strategy<Value = Option<i64>> {
    // Whole hours, so that several end at the same instant and the id decides.
    prop_oneof![1 => Just(None), 3 => (-1..72_i64).prop_map(|it| Some(it * HOUR))]
}

fn charge() -> impl Strategy<Value = Charge> {
    prop_oneof![
        1 => Just(Charge::Nothing),
        6 => (0..MILLION).prop_map(Charge::Millionths),
        4 => Just(Charge::All),
        1 => (1..MILLION).prop_map(Charge::AllAnd),
    ]
}

fn close() -> impl Strategy<Value = Close> {
    (any::<Index>(), prop::option::weighted(0.8, charge()), rate(), OWNERS)
        .prop_map(|(hold, charge, rate, owner)| Close { hold, charge, rate, owner })
}

const WALLETS: Range<usize> = 0..2;
const OWNERS: Range<usize> = 0..2;

pub fn op() -> impl Strategy<Value = Op> {
    let grant = (WALLETS, source(), granted(), -1..=1_i16, life(), any::<u8>());
    let hold = (WALLETS, amount(), 0..=100_i64, any::<u8>());
    prop_oneof![
        40 => (1..20 * HOUR).prop_map(|seconds| Op::Clock { seconds }),
        90 => grant.prop_map(|(wallet, source, amount, priority, life, salt)| {
            Op::Grant { wallet, source, amount, priority, life, salt }
        }),
        5 => (any::<Index>(), WALLETS).prop_map(|(grant, wallet)| Op::GrantAgain { grant, wallet }),
        15 => any::<Index>().prop_map(|grant| Op::Revoke { grant }),
        120 => hold.prop_map(|(wallet, amount, min_percent, salt)| {
            Op::Hold { wallet, amount, min_percent, salt }
        }),
        5 => (any::<Index>(), amount()).prop_map(|(hold, amount)| Op::HoldAgain { hold, amount }),
        90 => prop::collection::vec(close(), 1..5).prop_map(|items| Op::Close { items }),
        8 => (any::<Index>(), charge()).prop_map(|(hold, charge)| Op::CloseAnyway { hold, charge }),
        25 => prop::collection::vec(any::<Index>(), 1..4).prop_map(|holds| Op::Release { holds }),
        60 => (any::<Index>(), charge(), prop::bool::weighted(0.1))
            .prop_map(|(hold, portion, again)| Op::Refund { hold, portion, again }),
        25 => Just(Op::ExpireDue),
        20 => (any::<bool>(), OWNERS, amount(), rate())
            .prop_map(|(surplus, owner, gross, rate)| Op::Pay { surplus, owner, gross, rate }),
        4 => any::<Index>().prop_map(|payment| Op::PayAgain { payment }),
        // Rebuilding reads the whole journal.
        9 => prop::bool::weighted(0.05).prop_map(|it| if it { Op::Rebuild } else { Op::RollUp }),
    ]
}

/// The commands for the operations, with what each must answer.
pub fn play(ops: &[Op], cast: Cast) -> Script {
    let mut player = Player { script: Script::new(cast), payments: Vec::new(), made: 0 };
    for op in ops {
        player.play(op);
    }
    // At the end of time everything that can expire has: nothing is left to disturb the next sequence.
    player.play(&Op::Clock { seconds: 100 * 365 * 24 * HOUR });
    player.play(&Op::ExpireDue);
    player.script
}

struct Player {
    script: Script,
    /// The payments made so far: the command, and its gross amount.
    payments: Vec<(Value, i64)>,
    /// How many were asked for.
    made: i32,
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
            Op::GrantAgain { grant, wallet } => self.grant_again(*grant, *wallet),
            Op::Revoke { grant } => self.script.revoke(*grant),
            Op::Hold { wallet, amount, min_percent, salt } => {
                let id = self.script.id(*salt);
                self.hold(id, *wallet, *amount, *min_percent);
            }
            Op::HoldAgain { hold, amount } => self.hold_again(*hold, *amount),
            Op::Close { items } => self.close(items),
            Op::CloseAnyway { hold, charge } => self.close_anyway(*hold, *charge),
            Op::Release { holds } => self.release(holds),
            Op::Refund { hold, portion, again } => {
                let settled = |it: &Hold| it.charged > it.refunded;
                let Some(hold) = prefer(&self.script.books.holds, *hold, settled) else { return };
                let left = hold.charged - hold.refunded;
                let seq = if *again { hold.refunds.last().copied() } else { None };
                self.script.refund(hold.id, seq, portion.of(left));
            }
            Op::ExpireDue => self.script.expire_due(),
            Op::Pay { surplus, owner, gross, rate } => self.pay(*surplus, *owner, *gross, *rate),
            Op::PayAgain { payment } => {
                let Some((mut command, _)) = pick(&self.payments, *payment).cloned() else {
                    return;
                };
                command["again"] = json!(true);
                // It was paid before.
                self.script.expect(command, "false");
            }
            Op::RollUp => self.script.expect(json!({"op": "roll_up"}), "-"),
            Op::Rebuild => self.script.expect(json!({"op": "rebuild"}), "-"),
        }
    }

    fn grant_again(&mut self, grant: Index, wallet: usize) {
        let Some(grant) = pick(&self.script.books.grants, grant) else { return };
        let outcome = if grant.source == Source::Refund { "error 23505" } else { "false" };
        let command = json!({
            "op": "grant", "id": grant.id, "wallet": self.script.cast.wallets[wallet],
            "source": "admin", "amount": 5, "priority": 0,
        });
        self.script.expect(command, outcome);
    }

    fn hold(&mut self, id: Uuid, wallet: usize, amount: i64, min_percent: i64) {
        let amount_min = share(amount, min_percent, 100);
        let command = self.hold_command(id, wallet, amount, amount_min);
        let placed = self.script.books.place(id, wallet, amount, amount_min);
        self.script.expect(command, &placed.map_or("insufficient".to_owned(), |it| it.to_string()));
    }

    fn hold_again(&mut self, hold: Index, amount: i64) {
        let Some(hold) = pick(&self.script.books.holds, hold) else { return };
        let (id, wallet) = (hold.id, hold.wallet);
        let command = self.hold_command(id, wallet, amount, amount);
        // What it swept on the way is undone with the rest.
        let outcome = if self.script.books.clone().place(id, wallet, amount, amount).is_some() {
            "error 23505"
        } else {
            self.script.books.expire_wallet(wallet);
            "insufficient"
        };
        self.script.expect(command, outcome);
    }

    fn hold_command(&self, id: Uuid, wallet: usize, amount: i64, amount_min: i64) -> Value {
        json!({
            "op": "hold", "id": id, "wallet": self.script.cast.wallets[wallet],
            "amount": amount, "amount_min": amount_min,
        })
    }

    fn close(&mut self, items: &[Close]) {
        let mut closings: Vec<Closing> = Vec::new();
        for item in items {
            let Some(hold) = prefer(&self.script.books.holds, item.hold, is_open) else { return };
            if closings.iter().all(|it| it.hold != hold.id) {
                closings.push(Closing {
                    hold: hold.id,
                    charge: item.charge.map(|it| it.of(hold.amount)),
                    rate: item.rate,
                    credit: Account::Owner(item.owner),
                });
            }
        }
        let command = self.close_command("close", &closings);

        closings.retain(|it| self.script.books.hold(it.hold).is_some_and(is_open));
        for closing in &closings {
            self.script.books.close(*closing);
        }
        let charged = closings.iter().map(|it| self.script.books.hold(it.hold).unwrap().charged);
        let outcome = match closings.len() {
            0 => "0".to_owned(),
            n => format!("{n} of {}", charged.sum::<i64>()),
        };
        self.script.expect(command, &outcome);
    }

    fn close_anyway(&mut self, hold: Index, charge: Charge) {
        let Some(hold) = pick(&self.script.books.holds, hold) else { return };
        let closing = Closing {
            hold: hold.id,
            charge: Some(charge.of(hold.amount)),
            rate: 100_000,
            credit: Account::Owner(0),
        };
        let times = if hold.state == HoldState::Open { 2 } else { 1 };
        let command = self.close_command("close_anyway", &vec![closing; times]);
        self.script.expect(command, "error");
    }

    fn close_command(&self, op: &str, closings: &[Closing]) -> Value {
        let item = |it: &Closing| {
            json!({
                "id": it.hold, "charge": it.charge.map(|it| it.to_string()),
                "rate": it.rate.to_string(), "credit": self.script.cast.account(it.credit),
            })
        };
        json!({"op": op, "items": closings.iter().map(item).collect::<Vec<_>>()})
    }

    fn release(&mut self, holds: &[Index]) {
        let holds = holds.iter().filter_map(|it| prefer(&self.script.books.holds, *it, is_open));
        let mut ids: Vec<Uuid> = holds.map(|it| it.id).collect();
        let command = json!({"op": "release", "ids": ids});
        ids.sort();
        ids.dedup();
        ids.retain(|it| self.script.books.hold(*it).is_some_and(is_open));
        for hold in &ids {
            let credit = Account::Platform;
            self.script.books.close(Closing { hold: *hold, charge: None, rate: 0, credit });
        }
        self.script.expect(command, &ids.len().to_string());
    }

    fn pay(&mut self, surplus: bool, owner: usize, gross: i64, rate: i64) {
        let kind = if surplus { "surplus" } else { "compensate" };
        let no = self.made + 1;
        let anchor = self.script.cast.anchor;
        let command = json!({
            "op": "pay", "kind": kind, "task": anchor, "no": no, "attempt": self.script.id(0),
            "owner": self.script.cast.owners[owner], "gross": gross, "rate": rate,
        });
        let paid = self.script.books.compensate(kind, anchor, no, (owner, ANCHOR), gross, rate);
        if paid > 0 {
            self.payments.push((command.clone(), gross));
        }
        self.made += 1;
        self.script.expect(command, &paid.to_string());
    }
}

fn is_open(hold: &Hold) -> bool {
    hold.state == HoldState::Open
}

/// Mostly one of those that are liked, now and then any; `None` where there is nothing to pick from.
pub fn prefer<T>(things: &[T], index: Index, liked: impl Fn(&T) -> bool) -> Option<&T> {
    let best: Vec<&T> = things.iter().filter(|it| liked(it)).collect();
    if best.is_empty() || index.index(8) == 0 {
        return pick(things, index);
    }
    Some(best[index.index(best.len())])
}

/// `None` where there is nothing to pick from.
pub fn pick<T>(things: &[T], index: Index) -> Option<&T> {
    (!things.is_empty()).then(|| index.get(things))
}
