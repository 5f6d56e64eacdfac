//! A sequence as commands for the interpreter, each with the answer the model expects.

use proptest::sample::Index;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::books::{Account, Books, Source};
use crate::ledger_ops::pick;

/// Whom a sequence is about, and their accounts in the database.
#[derive(Clone, Debug)]
pub struct Cast {
    /// The upper half of every id the sequence makes.
    pub prefix: u64,
    /// The task that payments from the platform refer to.
    pub anchor: Uuid,
    /// Two consumers, and their wallets.
    pub users: Vec<Uuid>,
    pub wallets: Vec<i64>,
    /// Two owners, and their accounts. The second is the second consumer.
    pub owner_users: Vec<Uuid>,
    pub owners: Vec<i64>,
}

impl Cast {
    pub fn account(&self, account: Account) -> i64 {
        match account {
            Account::Platform => 1,
            Account::Breakage => 2,
            Account::Issuance(_) => unreachable!("no command names an issuance account"),
            Account::Wallet(n) => self.wallets[n],
            Account::Owner(n) => self.owners[n],
        }
    }
}

pub struct Script {
    pub cast: Cast,
    pub books: Books,
    pub commands: Vec<Value>,
    /// Outcome, and what each wallet has available and held then.
    pub expected: Vec<String>,
    /// What the database must say besides the books.
    pub more: Vec<String>,
    ids: u64,
}

impl Script {
    pub fn new(cast: Cast) -> Self {
        Self {
            cast,
            books: Books::default(),
            commands: Vec::new(),
            expected: Vec::new(),
            more: Vec::new(),
            ids: 0,
        }
    }

    /// Everything the database must say, sorted.
    pub fn describe(&self) -> Vec<String> {
        let mut lines = self.books.describe(self.cast.owners.len());
        lines.extend_from_slice(&self.more);
        lines.sort();
        lines
    }

    /// A fresh id. `salt` decides how it is sorted among the others, so that the order of ids is not
    /// the order of making.
    pub fn id(&mut self, salt: u8) -> Uuid {
        self.ids += 1;
        Uuid::from_u64_pair(self.cast.prefix, u64::from(salt) << 32 | self.ids)
    }

    /// Appends a command whose effect the books show already. `error` stands for any error.
    pub fn expect(&mut self, command: Value, outcome: &str) {
        self.books.check();
        let wallets = (0..self.cast.wallets.len())
            .map(|it| format!("{} {}", self.books.available(it), self.books.held(it)));
        let wallets: Vec<_> = wallets.collect();
        self.commands.push(command);
        self.expected.push(format!("{outcome} | {}", wallets.join(", ")));
    }

    pub fn clock(&mut self, seconds: i64) {
        self.books.now += seconds;
        self.expect(json!({"op": "clock", "at": self.books.now}), "-");
    }

    pub fn grant(
        &mut self,
        (id, wallet, source): (Uuid, usize, Source),
        amount: i64,
        priority: i16,
        expires: Option<i64>,
    ) {
        let command = json!({
            "op": "grant", "id": id, "wallet": self.cast.wallets[wallet], "source": source.name(),
            "amount": amount, "priority": priority, "expires": expires,
        });
        let outcome = if source == Source::Refund {
            "error 22023"
        } else if amount == 0 {
            "error 23514"
        } else {
            self.books.issue(id, wallet, source, amount, priority, expires);
            "true"
        };
        self.expect(command, outcome);
    }

    pub fn revoke(&mut self, grant: Index) {
        let Some(id) = pick(&self.books.grants, grant).map(|it| it.id) else { return };
        let taken = self.books.revoke(id).unwrap();
        self.expect(json!({"op": "revoke", "id": id}), &taken.to_string());
    }

    /// `seq` repeats an earlier refund; `None` is the next one.
    pub fn refund(&mut self, hold: Uuid, seq: Option<i32>, amount: i64) {
        let next = self.books.hold(hold).and_then(|it| it.refunds.last()).map_or(1, |it| it + 1);
        let (seq, paid, free) = (seq.unwrap_or(next), self.id(0), self.id(255));
        let command = json!({
            "op": "refund", "id": hold, "seq": seq, "amount": amount,
            "grant_paid": paid, "grant_free": free,
        });
        let outcome = self.books.refund(hold, seq, amount, paid, free);
        self.expect(command, outcome);
    }

    pub fn expire_due(&mut self) {
        let expired = self.books.expire_due(self.cast.wallets.len());
        self.expect(json!({"op": "expire_due"}), &expired.to_string());
    }
}
