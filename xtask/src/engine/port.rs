//! Choosing free ports on the loopback address.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context, Result};

/// Ports below the range from which the kernel takes the ports of outgoing connections, so that a
/// remembered port is not lost to a passing connection.
const FIRST: u16 = 20_000;
const COUNT: u16 = 12_000;

/// A free port that is not among `taken`. The search starts at a place given by `seed`: the same
/// checkout gets the same ports, another checkout most likely others.
pub fn choose(seed: u64, taken: &BTreeSet<u16>) -> Result<u16> {
    candidates(seed)
        .find(|it| !taken.contains(it) && is_free(*it))
        .context("no port between 20000 and 32000 is free on this machine")
}

/// Whether nothing listens on the port now.
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

fn candidates(seed: u64) -> impl Iterator<Item = u16> {
    let from = u16::try_from(seed % u64::from(COUNT)).expect("a remainder of a u16 fits one");
    (0..COUNT).map(move |it| FIRST + (from + it) % COUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_candidates_and_every_port_once() {
        let one: Vec<u16> = candidates(u64::MAX).collect();
        assert_eq!(one, candidates(u64::MAX).collect::<Vec<u16>>());
        assert_eq!(one.iter().collect::<BTreeSet<_>>().len(), usize::from(COUNT));
        assert!(one.iter().all(|it| (FIRST..FIRST + COUNT).contains(it)));
    }

    #[test]
    fn a_port_in_use_or_promised_to_another_process_is_not_chosen() {
        let first = choose(7, &BTreeSet::new()).unwrap();
        let _listener = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        let second = choose(7, &BTreeSet::new()).unwrap();
        assert_ne!(first, second);
        assert_ne!(choose(7, &BTreeSet::from([second])).unwrap(), second);
    }
}
