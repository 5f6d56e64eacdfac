//! Calls of own keys that were taken before the market's turn. They are bounded, so that neither an owner's slow key
//! nor those of many take a whole worker.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use uuid::Uuid;

/// Own keys of one owner have this part of the permits at the most ...
const OWNER_SHARE: u32 = 4;
/// ... and those of all owners this one.
const SHARE: u32 = 2;

pub struct OwnCalls {
    permits: u32,
    running: Arc<Mutex<HashMap<Uuid, u32>>>,
}

/// One of them, until it is dropped.
pub struct OwnCall {
    owner: Uuid,
    running: Arc<Mutex<HashMap<Uuid, u32>>>,
}

impl OwnCalls {
    pub fn new(permits: u16) -> Self {
        Self { permits: permits.into(), running: Arc::default() }
    }

    /// How many more may begin.
    pub fn left(&self) -> u32 {
        let running: u32 = self.running.lock().values().sum();
        self.permits.div_ceil(SHARE).saturating_sub(running)
    }

    /// How many more of this owner may begin.
    pub fn left_of(&self, owner: Uuid) -> u32 {
        self.permits.div_ceil(OWNER_SHARE).saturating_sub(self.of(owner)).min(self.left())
    }

    /// How many of this owner run.
    pub fn of(&self, owner: Uuid) -> u32 {
        self.running.lock().get(&owner).copied().unwrap_or(0)
    }

    pub fn begin(&self, owner: Uuid) -> OwnCall {
        *self.running.lock().entry(owner).or_default() += 1;
        OwnCall { owner, running: Arc::clone(&self.running) }
    }
}

impl Drop for OwnCall {
    fn drop(&mut self) {
        let mut running = self.running.lock();
        if let Some(calls) = running.get_mut(&self.owner) {
            *calls -= 1;
            if *calls == 0 {
                running.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_owner_takes_a_quarter_and_all_take_half_until_their_calls_end() {
        let calls = OwnCalls::new(8);
        let [ada, bob, eve] = [1, 2, 3].map(Uuid::from_u128);
        assert_eq!((calls.left(), calls.left_of(ada)), (4, 2));

        let running = [ada, ada, bob, bob].map(|it| calls.begin(it));
        assert_eq!((calls.left_of(ada), calls.left_of(eve), calls.left()), (0, 0, 0));

        drop(running);
        assert_eq!((calls.left(), calls.left_of(ada)), (4, 2));
    }
}
