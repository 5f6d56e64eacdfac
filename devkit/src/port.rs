//! Free ports on the loopback address.
//!
//! All of them lie below the range from which the kernel takes the ports of outgoing connections.
//! Stacks that remember their ports and tests that forget them use ranges of their own, so that a
//! test never takes the port of a stack that happens to be down.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::sync::Mutex;

use anyhow::{Context, Result};

use crate::secret;

const OF_STACKS: Range<u16> = 20_000..32_000;
const OF_TESTS: Range<u16> = 11_000..19_000;

/// A free port that is not among `taken`, for a stack to remember. The search starts at a place
/// given by `seed`: the same checkout gets the same ports, another checkout most likely others.
pub fn choose(seed: u64, taken: &BTreeSet<u16>) -> Result<u16> {
    find(&OF_STACKS, seed, taken)
}

/// A free port for a test, never given twice by this process. The search starts at a random place,
/// so that test processes side by side rarely try the same port.
pub fn free() -> u16 {
    static TAKEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut taken = TAKEN.lock().expect("no holder of this lock panics");
    let seed = secret::random().map(u64::from_ne_bytes);
    let port = seed.and_then(|it| find(&OF_TESTS, it, &taken)).expect("a free port is needed");
    taken.insert(port);
    port
}

/// Whether nothing listens on the port now.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn find(range: &Range<u16>, seed: u64, taken: &BTreeSet<u16>) -> Result<u16> {
    candidates(range, seed).find(|it| !taken.contains(it) && is_free(*it)).with_context(|| {
        format!("no port from {} to {} is free on this machine", range.start, range.end - 1)
    })
}

fn candidates(range: &Range<u16>, seed: u64) -> impl Iterator<Item = u16> + use<> {
    let (first, count) = (range.start, range.end - range.start);
    let from = u16::try_from(seed % u64::from(count)).expect("a remainder of a u16 fits one");
    (0..count).map(move |it| first + (from + it) % count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_candidates_and_every_port_once() {
        let one: BTreeSet<u16> = candidates(&OF_STACKS, u64::MAX).collect();
        assert_eq!(candidates(&OF_STACKS, 7).next(), candidates(&OF_STACKS, 7).next());
        assert_eq!(one, OF_STACKS.collect());
    }

    #[test]
    fn a_port_in_use_or_promised_to_another_process_is_not_chosen() {
        let first = choose(7, &BTreeSet::new()).unwrap();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        let second = choose(7, &BTreeSet::new()).unwrap();
        assert_ne!(first, second);
        assert_ne!(choose(7, &BTreeSet::from([second])).unwrap(), second);
    }

    #[test]
    fn no_port_is_given_to_two_tests() {
        let ports: BTreeSet<u16> = (0..50).map(|_| free()).collect();
        assert_eq!(ports.len(), 50);
        assert!(ports.iter().all(|it| OF_TESTS.contains(it)));
    }
}
