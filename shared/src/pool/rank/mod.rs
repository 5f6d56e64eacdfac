//! Which key serves which task: pure, from snapshots. The claim then grants what still fits.
//!
//! Order: own keys, then cost by success (what an image costs in the end, success in coarse steps), then latency in
//! coarse steps; equals are spread. A task spends two attempts at the most on unproven keys of others, and none after an
//! attempt that may have been billed, while a proven key could serve it at all. One batch fills one of several equals
//! before it turns to the next, so that it touches few rows, and
//! different processes, and batches of one process, begin with different ones.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use rust_decimal::Decimal;
use serde::Serialize;
use uuid::Uuid;

use super::Model;
use super::catalogue::{Catalogue, Offer};
use super::hot::HotSnapshot;
use crate::generation::Route;
use crate::ledger::Credits;

/// How many of the best are considered for a task.
pub const CONSIDERED_MAX: usize = 32;

/// How many names a choice's reason keeps.
const NAMES_MAX: usize = 5;

/// What matters of a due task for choosing.
#[derive(Clone, Debug)]
pub struct Seeker {
    pub task: Uuid,
    pub user: Uuid,
    pub ceiling: Credits,
    pub models: Arc<[Arc<Model>]>,
    /// Whose keys may serve it.
    pub route: Route,
    /// Keys that must not serve this task (again).
    pub excluded: Vec<Uuid>,
    /// Attempts so far on unproven keys of others.
    pub attempts_unproven: i16,
    /// Attempts so far that may have been billed.
    pub attempts_unknown: i16,
    /// Keys whose moderation refused it. The next one is asked for a second opinion.
    pub verdicts: i16,
}

/// How many attempts a task may spend on unproven keys of others.
const UNPROVEN_MAX: i16 = 2;

/// Why a choice fell as it did: how many keys were out for which reason, and the best by id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reason {
    pub fit: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub policy: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub too_dear: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub cooling: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub full: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub excluded: usize,
    #[serde(skip_serializing_if = "is_zero")]
    pub unproven: usize,
    pub best: Vec<Uuid>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_zero(n: &usize) -> bool {
    *n == 0
}

#[derive(Clone, Debug)]
pub struct Placement {
    pub task: Uuid,
    pub offer: Offer,
    pub reason: Reason,
}

/// Places a batch. `free` starts from the snapshot and shrinks with every placement, so one batch never
/// asks a key for more than it is thought to have.
pub struct Placer<'a> {
    catalogue: &'a Catalogue,
    hot: &'a HotSnapshot,
    own_fee: Credits,
    spread: u64,
    taken: HashMap<Uuid, u32>,
    /// Candidates by what they depend on: the models asked for, the route, the user where they host keys themselves, and
    /// whether a second opinion is wanted.
    lists: HashMap<(Vec<String>, Route, Option<Uuid>, bool), Candidates>,
}

struct Candidate {
    offer: Offer,
    /// How many more calls the key can take by the snapshot.
    free: u32,
    /// Somebody else's key that delivered nothing lately.
    unproven: bool,
}

#[derive(Default)]
struct Candidates {
    ranked: Vec<Candidate>,
    reason: Reason,
    /// The proven keys of others that could serve at all, now or later, with the least each asks.
    proven: Vec<(Uuid, Credits)>,
}

impl<'a> Placer<'a> {
    /// `spread` should differ between processes and batches.
    pub fn new(
        catalogue: &'a Catalogue,
        hot: &'a HotSnapshot,
        own_fee: Credits,
        spread: u64,
    ) -> Self {
        Self { catalogue, hot, own_fee, spread, taken: HashMap::new(), lists: HashMap::new() }
    }

    /// The best key for this task, or why there is none.
    pub fn place(&mut self, seeker: &Seeker) -> Result<Placement, Reason> {
        let user = self.catalogue.hosts_resources(seeker.user).then_some(seeker.user);
        let models = seeker.models.iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        let key = (models, seeker.route, user, seeker.verdicts > 0);
        if !self.lists.contains_key(&key) {
            let list = self.rank(seeker);
            self.lists.insert(key.clone(), list);
        }
        let list = &self.lists[&key];
        let mut reason = list.reason.clone();
        let mut chosen = None;
        let may_risk = may_risk(seeker, &list.proven);
        for Candidate { offer, free, unproven } in &list.ranked {
            let id = offer.resource.id;
            if seeker.excluded.contains(&id) {
                reason.excluded += 1;
            } else if offer.cost > seeker.ceiling {
                reason.too_dear += 1;
            } else if *unproven && !may_risk {
                reason.unproven += 1;
            } else if *free <= self.taken.get(&id).copied().unwrap_or(0) {
                reason.full += 1;
            } else {
                reason.fit += 1;
                if reason.best.len() < NAMES_MAX && !reason.best.contains(&id) {
                    reason.best.push(id);
                }
                chosen.get_or_insert_with(|| offer.clone());
            }
        }
        let Some(offer) = chosen else { return Err(reason) };
        *self.taken.entry(offer.resource.id).or_default() += 1;
        Ok(Placement { task: seeker.task, offer, reason })
    }

    fn free(&self, offer: &Offer) -> u32 {
        self.hot.free(&offer.resource, &offer.model, offer.own)
    }

    /// The best [`CONSIDERED_MAX`] that have capacity by the snapshot, best first.
    fn rank(&self, seeker: &Seeker) -> Candidates {
        let mut reason = Reason::default();
        let mut proven = Vec::new();
        let mut ranked: Vec<(Order, Candidate)> = Vec::new();
        for offer in self.catalogue.offers(&seeker.models, seeker.user, self.own_fee) {
            if !seeker.route.admits(offer.own) {
                continue;
            }
            if !self.catalogue.policy(&offer.resource.provider).admits(offer.own) {
                reason.policy += 1;
                continue;
            }
            let unproven = !offer.own && !self.hot.is_proven(offer.resource.id);
            if !unproven && !offer.own {
                proven.push((offer.resource.id, offer.cost));
            }
            match self.free(&offer) {
                0 if self.is_cooling(&offer) => reason.cooling += 1,
                0 => reason.full += 1,
                free => {
                    ranked.push((self.order(seeker, &offer), Candidate { offer, free, unproven }));
                }
            }
        }
        if ranked.len() > CONSIDERED_MAX {
            ranked.select_nth_unstable_by(CONSIDERED_MAX, |(a, _), (b, _)| a.cmp(b));
            ranked.truncate(CONSIDERED_MAX);
        }
        ranked.sort_unstable_by_key(|(order, _)| *order);
        let ranked = ranked.into_iter().map(|(_, candidate)| candidate).collect();
        Candidates { ranked, reason, proven }
    }

    fn is_cooling(&self, offer: &Offer) -> bool {
        use super::hot::Readiness::{Cooling, Exhausted};
        self.hot
            .states
            .get(&offer.resource.id)
            .is_some_and(|it| matches!(it.readiness, Cooling | Exhausted))
    }

    fn order(&self, seeker: &Seeker, offer: &Offer) -> Order {
        let state = self.hot.states.get(&offer.resource.id);
        let (success, latency) = state.map_or((1, 0), |state| {
            (success_step(state.success_rate), latency_step(state.latency_ms))
        });
        // A second opinion is asked of the key whose own moderation refuses the least, whatever it costs.
        let blocked = state.filter(|_| seeker.verdicts > 0).map_or(0, |it| tenths(it.blocked_rate));
        (
            !offer.own,
            blocked,
            by_success(offer.cost, success),
            Reverse(success),
            latency,
            mix(offer.resource.id.as_u128(), self.spread),
            offer.resource.id,
        )
    }
}

type Order = (bool, u8, Credits, Reverse<u8>, u8, u64, Uuid);

/// Whether this task may be given an unproven key of somebody else. After an attempt that may have been
/// billed, or that moderation refused, it waits for a proven one, if there is any that could serve it: where all keys are new, the limit
/// of attempts alone holds.
fn may_risk(seeker: &Seeker, proven: &[(Uuid, Credits)]) -> bool {
    let could_serve =
        |(id, cost): &(Uuid, Credits)| *cost <= seeker.ceiling && !seeker.excluded.contains(id);
    seeker.attempts_unproven < UNPROVEN_MAX
        && (seeker.attempts_unknown + seeker.verdicts == 0 || !proven.iter().any(could_serve))
}

/// What an image costs in the end if calls fail as often as lately, in fifths.
fn by_success(cost: Credits, success: u8) -> Credits {
    Credits::cost(cost, Decimal::from(5) / Decimal::from(success.max(1)))
}

/// Success in steps of a fifth, one at the least: noise does not reorder, a failing key does.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=5")]
fn success_step(rate: f64) -> u8 {
    (rate * 5.0).round().clamp(1.0, 5.0) as u8
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0..=10")]
fn tenths(rate: f64) -> u8 {
    (rate * 10.0).round().clamp(0.0, 10.0) as u8
}

/// Latency in powers of two of seconds: under 1 s, 2 s, 4 s, ...
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a logarithm of a bounded number"
)]
fn latency_step(ms: f64) -> u8 {
    (ms.max(1000.0) / 1000.0).log2().clamp(0.0, 20.0).floor() as u8
}

/// A cheap, well mixed order of equals (splitmix64).
#[expect(clippy::cast_possible_truncation, reason = "both halves are used")]
fn mix(id: u128, spread: u64) -> u64 {
    let mut z = (id as u64) ^ ((id >> 64) as u64) ^ spread.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests;
