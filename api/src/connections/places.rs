//! How many connections there are, in total and of each network.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
};

use parking_lot::Mutex;

use crate::middleware::client_address::Network;

/// The bounds, and what is taken of them.
pub(super) struct Places {
    in_all: usize,
    per_network: usize,
    unbounded: Vec<Network>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    in_all: usize,
    by_network: HashMap<IpAddr, usize>,
}

impl Places {
    /// `unbounded`: networks that only the total bounds.
    pub fn new(in_all: usize, per_network: usize, unbounded: Vec<Network>) -> Self {
        Self { in_all, per_network, unbounded, taken: Mutex::default() }
    }

    /// A place for a connection from this address, until it is dropped. `None`: there is none.
    pub fn take(&self, address: IpAddr) -> Option<Place<'_>> {
        let network = network_of(address);
        let bounded = !self.unbounded.iter().any(|it| it.contains(address));
        let mut taken = self.taken.lock();
        let of_network = taken.by_network.get(&network).copied().unwrap_or(0);
        if taken.in_all >= self.in_all || (bounded && of_network >= self.per_network) {
            return None;
        }
        taken.in_all += 1;
        *taken.by_network.entry(network).or_default() += 1;
        metrics::gauge!("aetherflow_connections").increment(1.0);
        Some(Place { places: self, network })
    }
}

/// The place of one connection.
pub(super) struct Place<'a> {
    places: &'a Places,
    network: IpAddr,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock();
        taken.in_all -= 1;
        if let Some(of_network) = taken.by_network.get_mut(&self.network) {
            *of_network -= 1;
            if *of_network == 0 {
                taken.by_network.remove(&self.network);
            }
        }
        metrics::gauge!("aetherflow_connections").decrement(1.0);
    }
}

/// A subscriber has one IPv4 address, or all of an IPv6 /64.
fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_network_cannot_take_the_places_of_others() {
        let places = Places::new(10, 2, Vec::new());
        let held: Vec<_> =
            ["2001:db8::1", "2001:db8::2"].map(|it| places.take(at(it)).unwrap()).into();

        assert!(places.take(at("2001:db8::3")).is_none(), "the same /64");
        assert!(places.take(at("2001:db8:0:1::3")).is_some());
        drop(held);
        assert!(places.take(at("2001:db8::3")).is_some(), "a place that was left is free");
    }

    #[test]
    fn the_total_bounds_all_and_a_proxy_is_bound_by_nothing_else() {
        let places = Places::new(3, 1, vec!["10.0.0.0/8".parse().unwrap()]);
        let held: Vec<_> = (0..3).map(|_| places.take(at("10.0.0.1")).unwrap()).collect();

        assert!(places.take(at("10.0.0.1")).is_none());
        assert!(places.take(at("192.0.2.1")).is_none());
        drop(held);
        assert!(places.take(at("192.0.2.1")).is_some());
    }
}
