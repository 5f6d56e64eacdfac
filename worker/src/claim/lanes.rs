//! The lanes in which this process saw tasks wait lately, and how far it looked at those of owners.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use shared::generation::claim::LookedAt;
use shared::generation::lane::Lane;

/// A lane in which nothing waited for this long is no longer told to the database; what it is stays known.
const QUIET_AFTER: Duration = Duration::from_mins(1);
const KNOWN_MAX: usize = 4_096;

/// The first lane of owners lies after it.
const OWNERS_BEGIN: i32 = i32::MIN;

pub struct Lanes {
    known: HashMap<i32, (Lane, Instant)>,
    market_from: i32,
    owner_from: i32,
    /// Whether the present pass over the owners' lanes began with the first.
    from_the_first: bool,
    /// By key group, the lowest start that the present pass saw there, and the one that the last whole pass saw.
    lowest: BTreeMap<i16, f64>,
    lowest_of_all: Option<BTreeMap<i16, f64>>,
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            market_from: 0,
            owner_from: OWNERS_BEGIN,
            from_the_first: true,
            lowest: BTreeMap::new(),
            lowest_of_all: None,
        }
    }
}

impl Lanes {
    /// Where the next look at the market's lanes begins.
    pub const fn market_from(&self) -> i32 {
        self.market_from
    }

    /// Where the next look at the owners' lanes begins.
    pub const fn owner_from(&self) -> i32 {
        self.owner_from
    }

    /// By key group, the lowest start in the lanes of all owners.
    pub const fn lowest(&self) -> Option<&BTreeMap<i16, f64>> {
        self.lowest_of_all.as_ref()
    }

    /// Those that the next look may find.
    pub fn expected(&self, now: Instant) -> impl Iterator<Item = &Lane> {
        self.known
            .values()
            .filter(move |(_, seen_at)| now.duration_since(*seen_at) < QUIET_AFTER)
            .map(|(lane, _)| lane)
            .filter(|it| if it.id > 0 { it.id > self.market_from } else { it.id > self.owner_from })
    }

    /// Notes where a look that was told of `told` lanes found tasks. Answers the lanes to learn about, and whether
    /// another look would see more than this one did.
    pub fn note(&mut self, seen: &LookedAt, told: impl Fn(i32) -> bool, now: Instant) -> Noted {
        let mut unknown = Vec::new();
        let mut more = false;
        for id in &seen.lanes {
            more |= !told(*id);
            match self.known.get_mut(id) {
                Some((_, seen_at)) => *seen_at = now,
                None => unknown.push(*id),
            }
        }
        if more {
            // The same lanes again, this time with what is free in them.
            return Noted { unknown, more };
        }
        for (group, start) in &seen.lowest {
            let lowest = self.lowest.entry(*group).or_insert(*start);
            *lowest = lowest.min(*start);
        }
        self.market_from = seen.market_to.unwrap_or(0);
        more |= seen.market_to.is_some();
        if let Some(to) = seen.owner_to {
            more = true;
            self.from_the_first |= self.owner_from == OWNERS_BEGIN;
            self.owner_from = to;
        } else {
            more |= self.owner_from != OWNERS_BEGIN && !self.from_the_first;
            self.owner_from = OWNERS_BEGIN;
            self.from_the_first = true;
            self.lowest_of_all = Some(std::mem::take(&mut self.lowest));
        }
        Noted { unknown, more }
    }

    /// A look ended early: the next pass over the owners' lanes begins where this one stopped.
    pub const fn pause(&mut self) {
        self.from_the_first = self.owner_from == OWNERS_BEGIN;
    }

    pub fn learn(&mut self, lanes: Vec<Lane>, now: Instant) {
        if self.known.len() + lanes.len() > KNOWN_MAX {
            self.known.clear();
        }
        self.known.extend(lanes.into_iter().map(|it| (it.id, (it, now))));
    }
}

pub struct Noted {
    pub unknown: Vec<i32>,
    pub more: bool,
}

#[cfg(test)]
mod tests {
    use shared::generation::Route;
    use shared::generation::lane::Band;
    use shared::ledger::Credits;

    use super::*;

    fn lane(id: i32) -> Lane {
        Lane {
            id,
            models: vec![],
            route: Route::Market,
            owner: None,
            band: Band::of(Credits::ZERO),
            key_group: Some(1),
        }
    }

    fn seen(lanes: &[i32], owner_to: Option<i32>) -> LookedAt {
        LookedAt { lanes: lanes.to_vec(), owner_to, ..LookedAt::default() }
    }

    #[test]
    fn a_lane_is_learned_once_and_looked_at_again_at_once() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());

        let noted = lanes.note(&seen(&[3], None), |_| false, now);
        assert_eq!((noted.unknown, noted.more), (vec![3], true));
        lanes.learn(vec![lane(3)], now);
        let noted = lanes.note(&seen(&[3], None), |_| true, now);

        assert_eq!((noted.unknown, noted.more), (vec![], false));
        assert_eq!(lanes.expected(now).map(|it| it.id).collect::<Vec<_>>(), [3]);
        assert_eq!(lanes.expected(now + QUIET_AFTER).count(), 0, "a quiet one is not told of");
    }

    #[test]
    fn a_pass_over_the_owners_lanes_that_began_in_the_middle_goes_on_with_the_first() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        let mut more = |to| lanes.note(&seen(&[], to), |_| true, now).more;

        assert_eq!([more(Some(-90)), more(Some(-50)), more(None)], [true, true, false]);
        more(Some(-90));
        lanes.pause();
        let mut more = |to| lanes.note(&seen(&[], to), |_| true, now).more;
        assert_eq!(
            [more(Some(-50)), more(None), more(Some(-90)), more(Some(-50)), more(None)],
            [true, true, true, true, false]
        );
    }

    #[test]
    fn the_lowest_start_of_all_owners_is_known_after_a_whole_pass() {
        let (mut lanes, now) = (Lanes::default(), Instant::now());
        let mut see = |start, owner_to| {
            let lowest = BTreeMap::from([(1, start)]);
            lanes.note(&LookedAt { lowest, ..seen(&[], owner_to) }, |_| true, now);
            lanes.lowest().map(|it| it[&1])
        };

        assert_eq!(
            [see(7.0, Some(-90)), see(3.0, Some(-50)), see(5.0, None)],
            [None, None, Some(3.0)]
        );
        assert_eq!([see(9.0, Some(-90)), see(8.0, None)], [Some(3.0), Some(8.0)]);
    }
}
