//! What a round could not place is passed over for a second, so that it never stands before those
//! behind it.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use uuid::Uuid;

const FOR: Duration = Duration::from_secs(1);
const LENGTH_MAX: usize = 512;

#[derive(Default)]
pub struct SkipList {
    entries: VecDeque<(Instant, Uuid)>,
}

impl SkipList {
    pub fn add(&mut self, task: Uuid) {
        if self.entries.len() == LENGTH_MAX {
            self.entries.pop_front();
        }
        self.entries.push_back((Instant::now() + FOR, task));
    }

    /// Nothing was passed over lately.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Another one can be passed over without forgetting one.
    pub fn has_room(&self) -> bool {
        self.entries.len() < LENGTH_MAX
    }

    /// Those whose second is not over.
    pub fn current(&mut self) -> Vec<Uuid> {
        let now = Instant::now();
        while self.entries.front().is_some_and(|(until, _)| *until <= now) {
            self.entries.pop_front();
        }
        self.entries.iter().map(|(_, task)| *task).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_bounded_and_forgets_the_oldest_first() {
        let mut skip = SkipList::default();
        let ids: Vec<_> = (0..=LENGTH_MAX).map(|_| Uuid::now_v7()).collect();
        for id in &ids {
            skip.add(*id);
        }
        assert_eq!(skip.current(), ids[1..]);
    }
}
