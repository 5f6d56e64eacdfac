//! The ledger in memory: what the functions must do, written as plainly as possible. Amounts are whole
//! micro-credits, instants are seconds, and nothing is rounded but where it says so.

use std::collections::BTreeMap;
use std::fmt;

use uuid::Uuid;

/// A millionth of a credit, as a rate is counted in millionths too.
pub const MILLION: i64 = 1_000_000;
/// What is paid in a day, at most, to one owner and for one consumer.
pub const OWNER_BUDGET: i64 = 4 * MILLION;
pub const CONSUMER_BUDGET: i64 = 6 * MILLION;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Purchase,
    Subscription,
    Admin,
    Promotion,
    SignUp,
    Refund,
}

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Self::Purchase => "purchase",
            Self::Subscription => "subscription",
            Self::Admin => "admin",
            Self::Promotion => "promotion",
            Self::SignUp => "sign_up",
            Self::Refund => "refund",
        }
    }

    fn is_paid(self) -> bool {
        matches!(self, Self::Purchase | Self::Subscription)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    Platform,
    Breakage,
    Issuance(Source),
    Wallet(usize),
    Owner(usize),
}

impl Account {
    /// Its number, of those that credits are taken back to.
    fn number(self) -> i64 {
        match self {
            Self::Platform => 1,
            Self::Breakage => 2,
            Self::Issuance(Source::Purchase) => 10,
            Self::Issuance(Source::Subscription) => 11,
            Self::Issuance(Source::Admin) => 12,
            Self::Issuance(Source::Promotion) => 13,
            Self::Issuance(Source::SignUp) => 14,
            Self::Issuance(Source::Refund) | Self::Wallet(_) | Self::Owner(_) => {
                unreachable!("nothing is taken back to {self}")
            }
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => write!(f, "platform"),
            Self::Breakage => write!(f, "breakage"),
            Self::Issuance(source) => write!(f, "issuance {}", source.name()),
            Self::Wallet(n) => write!(f, "wallet {n}"),
            Self::Owner(n) => write!(f, "owner {n}"),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Grant {
    pub id: Uuid,
    pub wallet: usize,
    pub source: Source,
    pub paid: bool,
    pub priority: i16,
    pub amount: i64,
    pub remaining: i64,
    pub expired: i64,
    pub revoked: i64,
    /// `None` lives for ever.
    pub expires: Option<i64>,
    pub is_revoked: bool,
}

impl Grant {
    /// Untouched, and without an end.
    fn new(id: Uuid, wallet: usize, source: Source, paid: bool, amount: i64) -> Self {
        Self {
            id,
            wallet,
            source,
            paid,
            priority: 0,
            amount,
            remaining: amount,
            expired: 0,
            revoked: 0,
            expires: None,
            is_revoked: false,
        }
    }

    fn has_expired(&self, now: i64) -> bool {
        self.expires.is_some_and(|it| it <= now)
    }

    /// Where what comes back of it goes now: `None` back into the grant.
    fn fate(&self, now: i64) -> Option<(&'static str, Account)> {
        if self.is_revoked {
            Some(("revoke_returned", self.issuer()))
        } else if self.has_expired(now) {
            Some(("expire_returned", Account::Breakage))
        } else {
            None
        }
    }

    /// What was refunded was issued by nobody; taken back it is the platform's.
    fn issuer(&self) -> Account {
        match self.source {
            Source::Refund => Account::Platform,
            source => Account::Issuance(source),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldState {
    Open,
    Settled,
    Released,
}

#[derive(Clone, Debug)]
pub struct Hold {
    pub id: Uuid,
    pub wallet: usize,
    pub amount: i64,
    pub state: HoldState,
    /// Grant and how much of it, in the order taken.
    pub slices: Vec<(Uuid, i64)>,
    pub charged: i64,
    pub fee: i64,
    pub credit: Account,
    pub refunded: i64,
    pub refunded_fee: i64,
    pub refunded_paid: i64,
    pub refunds: Vec<i32>,
}

/// One money event: `gross` leaves `from`, `gross − fee` reaches `to`, the platform gets the fee; a
/// refund the other way round.
#[derive(Clone, Debug)]
pub struct Line {
    reference: Uuid,
    kind: &'static str,
    seq: i32,
    from: Account,
    to: Account,
    gross: i64,
    fee: i64,
    paid: i64,
}

impl Line {
    fn direction(&self) -> i64 {
        if self.kind == "refund" { -1 } else { 1 }
    }
}

/// How one hold of a batch is closed.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    pub hold: Uuid,
    /// `None` releases.
    pub charge: Option<i64>,
    /// Millionths.
    pub rate: i64,
    pub credit: Account,
}

#[derive(Clone, Debug, Default)]
pub struct Books {
    pub now: i64,
    pub grants: Vec<Grant>,
    pub holds: Vec<Hold>,
    lines: Vec<Line>,
    balances: BTreeMap<Account, i64>,
    /// Paid so far: (day, owner) and (day, consumer).
    paid_to: BTreeMap<(i64, usize), i64>,
    paid_for: BTreeMap<(i64, usize), i64>,
}

impl Books {
    pub fn grant(&self, id: Uuid) -> Option<&Grant> {
        self.grants.iter().find(|it| it.id == id)
    }

    pub fn hold(&self, id: Uuid) -> Option<&Hold> {
        self.holds.iter().find(|it| it.id == id)
    }

    pub fn available(&self, wallet: usize) -> i64 {
        self.grants.iter().filter(|it| it.wallet == wallet).map(|it| it.remaining).sum()
    }

    pub fn held(&self, wallet: usize) -> i64 {
        let open = |it: &&Hold| it.wallet == wallet && it.state == HoldState::Open;
        self.holds.iter().filter(open).map(|it| it.amount).sum()
    }

    pub fn issue(
        &mut self,
        id: Uuid,
        wallet: usize,
        source: Source,
        amount: i64,
        priority: i16,
        expires: Option<i64>,
    ) {
        let paid = source.is_paid();
        self.record(Line {
            reference: id,
            kind: "issue",
            seq: 0,
            from: Account::Issuance(source),
            to: Account::Wallet(wallet),
            gross: amount,
            fee: 0,
            paid: if paid { amount } else { 0 },
        });
        self.grants.push(Grant {
            priority,
            expires,
            ..Grant::new(id, wallet, source, paid, amount)
        });
    }

    /// What was left of it; `None` where there is no such grant.
    pub fn revoke(&mut self, id: Uuid) -> Option<i64> {
        let wallet = self.grant(id)?.wallet;
        self.expire_wallet(wallet);
        let grant = self.grants.iter_mut().find(|it| it.id == id)?;
        if grant.is_revoked {
            return Some(0);
        }
        let taken = std::mem::take(&mut grant.remaining);
        grant.revoked += taken;
        grant.is_revoked = true;
        let (issuer, paid) = (grant.issuer(), grant.paid);
        self.take(("revoke", id, 0), wallet, issuer, taken, paid);
        Some(taken)
    }

    pub fn expire_wallet(&mut self, wallet: usize) -> i64 {
        let now = self.now;
        let mut taken = Vec::new();
        for grant in self.grants.iter_mut().filter(|it| it.wallet == wallet) {
            if grant.has_expired(now) && grant.remaining > 0 {
                taken.push((grant.id, grant.remaining, grant.paid));
                grant.expired += std::mem::take(&mut grant.remaining);
            }
        }
        for &(id, amount, paid) in &taken {
            // A dead grant never lives again, so it is swept once.
            self.take(("expire", id, 1), wallet, Account::Breakage, amount, paid);
        }
        taken.iter().map(|it| it.1).sum()
    }

    pub fn expire_due(&mut self, wallets: usize) -> i64 {
        (0..wallets).map(|it| self.expire_wallet(it)).sum()
    }

    /// Sets `amount` aside, or all there is if that is at least `amount_min`; what expires first first.
    pub fn place(&mut self, id: Uuid, wallet: usize, amount: i64, amount_min: i64) -> Option<i64> {
        self.expire_wallet(wallet);
        let available = self.available(wallet);
        if available < amount_min {
            return None;
        }
        let amount = amount.min(available);

        let mut slices = Vec::new();
        let mut left = amount;
        let mut live: Vec<&mut Grant> =
            self.grants.iter_mut().filter(|it| it.wallet == wallet && it.remaining > 0).collect();
        live.sort_by_key(|it| (it.priority, it.expires.unwrap_or(i64::MAX), it.id));
        for grant in live {
            let slice = left.min(grant.remaining);
            if slice > 0 {
                grant.remaining -= slice;
                left -= slice;
                slices.push((grant.id, slice));
            }
        }
        self.holds.push(Hold {
            id,
            wallet,
            amount,
            state: HoldState::Open,
            slices,
            charged: 0,
            fee: 0,
            credit: Account::Platform,
            refunded: 0,
            refunded_fee: 0,
            refunded_paid: 0,
            refunds: Vec::new(),
        });
        Some(amount)
    }

    /// Closes an open hold; what is not charged goes back to its grants, the last taken first.
    pub fn close(&mut self, closing: Closing) {
        let at = self.holds.iter().position(|it| it.id == closing.hold).unwrap();
        let hold = &mut self.holds[at];
        let (id, wallet) = (hold.id, hold.wallet);
        let charged = closing.charge.unwrap_or(0).min(hold.amount);
        let mut left = charged;
        let mut kept = Vec::new();
        for (n, (grant, slice)) in (1..).zip(std::mem::take(&mut hold.slices)) {
            let used = slice.min(left);
            left -= used;
            if used > 0 {
                kept.push((grant, used));
            }
            self.give_back(id, n, wallet, grant, slice - used);
        }

        let paid = self.paid_of(&kept);
        let hold = &mut self.holds[at];
        hold.slices = kept;
        hold.state = HoldState::Released;
        if closing.charge.is_none() {
            return;
        }
        hold.state = HoldState::Settled;
        hold.charged = charged;
        hold.fee = share(charged, closing.rate, MILLION);
        hold.credit = closing.credit;
        let fee = hold.fee;
        self.record(Line {
            reference: id,
            kind: "settle",
            seq: 0,
            from: Account::Wallet(wallet),
            to: closing.credit,
            gross: charged,
            fee,
            paid,
        });
    }

    pub fn refund(
        &mut self,
        id: Uuid,
        seq: i32,
        amount: i64,
        grant_paid: Uuid,
        grant_free: Uuid,
    ) -> &'static str {
        let Some(at) = self.holds.iter().position(|it| it.id == id) else { return "not_settled" };
        let hold = self.holds[at].clone();
        if hold.state != HoldState::Settled {
            return "not_settled";
        } else if hold.refunds.contains(&seq) {
            return "already";
        } else if amount <= 0 || hold.refunded + amount > hold.charged {
            return "exceeds";
        }

        // Rounded over all refunds so far, so that refunding all gives back all.
        let refunded = hold.refunded + amount;
        let fee = share(hold.fee, refunded, hold.charged) - hold.refunded_fee;
        // The last taken come back first.
        let mut passed = 0;
        let mut back = Vec::new();
        for (grant, slice) in hold.slices.iter().rev() {
            let from = hold.refunded.clamp(passed, passed + slice);
            let to = refunded.clamp(passed, passed + slice);
            back.push((*grant, to - from));
            passed += slice;
        }
        let paid = self.paid_of(&back);

        self.record(Line {
            reference: id,
            kind: "refund",
            seq,
            from: Account::Wallet(hold.wallet),
            to: hold.credit,
            gross: amount,
            fee,
            paid,
        });
        self.regrant(grant_paid, hold.wallet, true, &back);
        self.regrant(grant_free, hold.wallet, false, &back);
        let hold = &mut self.holds[at];
        hold.refunded = refunded;
        hold.refunded_fee += fee;
        hold.refunded_paid += paid;
        hold.refunds.push(seq);
        "refunded"
    }

    /// What comes back of the slices of one nature, as one grant; what has died goes where its grant went.
    fn regrant(&mut self, id: Uuid, wallet: usize, paid: bool, back: &[(Uuid, i64)]) {
        let mut grant = Grant { remaining: 0, ..Grant::new(id, wallet, Source::Refund, paid, 0) };
        let mut lives = Vec::new();
        let mut gone: BTreeMap<(&'static str, Account), i64> = BTreeMap::new();
        for &(from, amount) in back {
            let origin = self.grant(from).unwrap();
            if origin.paid != paid || amount == 0 {
                continue;
            }
            grant.amount += amount;
            match origin.fate(self.now) {
                None => {
                    grant.remaining += amount;
                    lives.push(origin.expires.unwrap_or(i64::MAX));
                }
                Some(("expire_returned", to)) => {
                    grant.expired += amount;
                    *gone.entry(("expire_returned", to)).or_default() += amount;
                }
                Some((kind, to)) => {
                    grant.revoked += amount;
                    *gone.entry((kind, to)).or_default() += amount;
                }
            }
        }
        grant.expires = lives.into_iter().max().filter(|it| *it < i64::MAX);
        // Lines of one kind are numbered by the accounts they go to.
        let mut seqs: BTreeMap<&'static str, i32> = BTreeMap::new();
        let mut gone: Vec<_> = gone.into_iter().collect();
        gone.sort_by_key(|((_, to), _)| to.number());
        for ((kind, to), amount) in gone {
            let seq = seqs.entry(kind).or_default();
            *seq += 1;
            self.take((kind, id, *seq), wallet, to, amount, paid);
        }
        if grant.amount > 0 {
            self.grants.push(grant);
        }
    }

    /// Pays an owner up to what is left of the day's budgets; answers how much.
    pub fn compensate(
        &mut self,
        kind: &'static str,
        task: Uuid,
        no: i32,
        (owner, consumer): (usize, usize),
        due: i64,
        rate: i64,
    ) -> i64 {
        let day = day(self.now);
        let to_owner = self.paid_to.entry((day, owner)).or_default();
        let for_consumer = self.paid_for.entry((day, consumer)).or_default();
        let paid = due.min(OWNER_BUDGET - *to_owner).min(CONSUMER_BUDGET - *for_consumer);
        if share(paid, rate, MILLION) == paid {
            return 0;
        }
        *to_owner += paid;
        *for_consumer += paid;
        self.pay_owner(kind, task, no, owner, paid, rate);
        paid
    }

    /// Whether anything was left for the owner after the fee.
    pub fn pay_owner(
        &mut self,
        kind: &'static str,
        task: Uuid,
        no: i32,
        owner: usize,
        gross: i64,
        rate: i64,
    ) -> bool {
        let fee = share(gross, rate, MILLION);
        if gross <= 0 || fee == gross {
            return false;
        }
        self.record(Line {
            reference: task,
            kind,
            seq: no,
            from: Account::Platform,
            to: Account::Owner(owner),
            gross,
            fee,
            paid: 0,
        });
        true
    }

    /// What must hold of any books: nothing is made or lost, and a wallet's entries are what it has.
    pub fn check(&self) {
        assert_eq!(self.balances.values().sum::<i64>(), 0, "credits are moved, never made");
        for (account, balance) in &self.balances {
            if let Account::Wallet(n) = account {
                assert_eq!(*balance, self.available(*n) + self.held(*n), "{account}");
            }
        }
        for grant in &self.grants {
            let used = self.holds.iter().flat_map(|it| &it.slices).filter(|it| it.0 == grant.id);
            let used: i64 = used.map(|it| it.1).sum();
            let whole = grant.remaining + grant.expired + grant.revoked + used;
            assert_eq!(grant.amount, whole, "{grant:?}");
        }
    }

    pub fn balance(&self, account: Account) -> i64 {
        self.balances.get(&account).copied().unwrap_or(0)
    }

    pub fn balances(&self) -> impl Iterator<Item = (Account, i64)> {
        self.balances.iter().map(|(account, balance)| (*account, *balance))
    }

    /// Line by line, as the interpreter's `model.books` writes them.
    pub fn describe(&self, owners: usize) -> Vec<String> {
        let grants = self.grants.iter().map(|it| {
            let expires = it.expires.map_or("never".to_owned(), |at| at.to_string());
            format!(
                "grant {} of wallet {} from {}: paid {}, priority {}, amount {}, remaining {}, \
                 expired {}, revoked {}, expires {expires}",
                it.id,
                it.wallet,
                it.source.name(),
                if it.paid { 't' } else { 'f' },
                it.priority,
                it.amount,
                it.remaining,
                it.expired,
                it.revoked,
            )
        });
        let holds = self.holds.iter().map(|it| self.describe_hold(it));
        let lines = self.lines.iter().map(|it| {
            format!(
                "line {} {} {} ({}): {} to {}, gross {}, fee {}, paid {}",
                it.reference,
                it.kind,
                it.seq,
                it.direction(),
                it.from,
                it.to,
                it.gross,
                it.fee,
                it.paid,
            )
        });
        let balances = (0..owners)
            .map(|it| format!("balance of owner {it}: {}", self.balance(Account::Owner(it))));
        grants.chain(holds).chain(lines).chain(balances).collect()
    }

    fn describe_hold(&self, hold: &Hold) -> String {
        let (state, charged, fee) = match hold.state {
            HoldState::Open => ("open", String::new(), String::new()),
            HoldState::Settled => ("settled", hold.charged.to_string(), hold.fee.to_string()),
            HoldState::Released => ("released", String::new(), String::new()),
        };
        let slices: Vec<_> =
            hold.slices.iter().map(|(grant, amount)| format!(" {amount} from {grant}")).collect();
        format!(
            "hold {} of wallet {}: {state}, amount {}, paid {}, charged {charged}, fee {fee}, \
             refunded {}, fee back {}, paid back {}, slices{}",
            hold.id,
            hold.wallet,
            hold.amount,
            self.paid_of(&hold.slices),
            hold.refunded,
            hold.refunded_fee,
            hold.refunded_paid,
            slices.join(","),
        )
    }

    fn paid_of(&self, slices: &[(Uuid, i64)]) -> i64 {
        let paid = slices.iter().filter(|it| self.grant(it.0).unwrap().paid);
        paid.map(|it| it.1).sum()
    }

    fn give_back(&mut self, hold: Uuid, n: i32, wallet: usize, grant: Uuid, amount: i64) {
        let now = self.now;
        let grant = self.grants.iter_mut().find(|it| it.id == grant).unwrap();
        let paid = grant.paid;
        match grant.fate(now) {
            None => grant.remaining += amount,
            Some((kind, to)) => {
                if kind == "revoke_returned" {
                    grant.revoked += amount;
                } else {
                    grant.expired += amount;
                }
                self.take((kind, hold, n), wallet, to, amount, paid);
            }
        }
    }

    fn take(
        &mut self,
        (kind, reference, seq): (&'static str, Uuid, i32),
        wallet: usize,
        to: Account,
        gross: i64,
        paid: bool,
    ) {
        self.record(Line {
            reference,
            kind,
            seq,
            from: Account::Wallet(wallet),
            to,
            gross,
            fee: 0,
            paid: if paid { gross } else { 0 },
        });
    }

    /// Nothing moved leaves no line.
    fn record(&mut self, line: Line) {
        if line.gross == 0 {
            return;
        }
        let direction = line.direction();
        *self.balances.entry(line.from).or_default() -= direction * line.gross;
        *self.balances.entry(line.to).or_default() += direction * (line.gross - line.fee);
        *self.balances.entry(Account::Platform).or_default() += direction * line.fee;
        self.lines.push(line);
    }
}

/// `amount × part ÷ whole`, half away from zero; none of them is negative.
pub fn share(amount: i64, part: i64, whole: i64) -> i64 {
    let (amount, part, whole) = (i128::from(amount), i128::from(part), i128::from(whole));
    i64::try_from((2 * amount * part + whole) / (2 * whole)).unwrap()
}

/// The UTC day; second 0 is noon.
pub fn day(now: i64) -> i64 {
    (now + 12 * 3600).div_euclid(24 * 3600)
}
