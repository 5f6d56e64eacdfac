//! The address a request comes from. `X-Forwarded-For` counts only if it comes from a proxy that the
//! operator trusts; anyone else could write anything into it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    str::FromStr,
    sync::atomic::{AtomicBool, Ordering},
};

use ipnet::IpNet;
use operations::settings;
use poem::{Addr, Request};

/// An address or a network in CIDR form: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network(IpNet);

/// Not an address or network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an address or a network such as 10.0.0.0/8")]
pub struct InvalidNetwork;

impl Network {
    /// Whether the address is in it. An IPv4 address is also in the networks of its IPv6 form.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        let mapped = match address {
            IpAddr::V4(it) => IpAddr::V6(it.to_ipv6_mapped()),
            IpAddr::V6(_) => address,
        };
        self.0.contains(&address) || self.0.contains(&mapped)
    }
}

impl FromStr for Network {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let text = text.trim();
        let network = text.parse().or_else(|_| text.parse().map(|it: IpAddr| IpNet::from(it)));
        network.map(Self).map_err(|_| InvalidNetwork)
    }
}

/// The address of the client: the peer's, or what the trusted proxies in front of us say, from the
/// nearest outwards until one is not trusted.
pub(super) fn client_address(request: &Request, trusted: &[Network]) -> IpAddr {
    let peer = match &request.remote_addr().0 {
        Addr::SocketAddr(address) => address.ip().to_canonical(),
        // Unix sockets and tests have no address; they count as one client.
        _ => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    };
    let lines = request.headers().get_all("x-forwarded-for");
    let lines: Vec<&str> = lines.iter().map(|it| it.to_str().unwrap_or_default()).collect();
    if !lines.is_empty() && !is_trusted(peer, trusted) {
        warn_once(peer);
    }
    outermost_believed(peer, &lines, trusted)
}

/// Reads from the right: each proxy appends its peer, so only what the trusted ones wrote stands there. The first hop
/// that is no address ends the reading, and the last good one is the client; what stands left of it may be anybody's.
fn outermost_believed(peer: IpAddr, lines: &[&str], trusted: &[Network]) -> IpAddr {
    let mut client = peer;
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(client, trusted) {
            break;
        }
        let Some(address) = read_hop(hop.trim()) else { break };
        client = address;
    }
    client
}

fn is_trusted(address: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(address))
}

/// An address, with its port if the proxy writes one: `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]:4711`.
fn read_hop(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().ok();
    let address = address.or_else(|| Some(hop.parse::<SocketAddr>().ok()?.ip()));
    address.map(|it| it.to_canonical())
}

/// Once per process: usually a proxy that the operator forgot to name, and then every client looks like that proxy.
fn warn_once(peer: IpAddr) {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        tracing::warn!(
            %peer,
            setting = settings::TRUSTED_PROXIES.name,
            "X-Forwarded-For of a peer that is no trusted proxy is ignored"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn believed(peer: &str, hops: &[&str], trusted: &[&str]) -> IpAddr {
        let trusted: Vec<Network> = trusted.iter().map(|it| it.parse().unwrap()).collect();
        outermost_believed(address(peer), hops, &trusted)
    }

    #[test]
    fn nobody_is_believed_by_default() {
        assert_eq!(believed("192.0.2.1", &["203.0.113.9"], &[]), address("192.0.2.1"));
    }

    #[test]
    fn a_trusted_proxy_is_believed_about_its_own_peer_only() {
        let hops = ["198.51.100.66", "203.0.113.9"];

        assert_eq!(believed("10.0.0.2", &hops, &["10.0.0.0/8"]), address("203.0.113.9"));
        assert_eq!(
            believed("10.0.0.2", &["203.0.113.9", "10.9.9.9"], &["10.0.0.0/8"]),
            address("203.0.113.9")
        );
    }

    #[test]
    fn what_is_no_address_ends_the_reading_and_the_last_good_hop_is_the_client() {
        let trusted = ["10.0.0.0/8"];
        for (hops, client) in [
            (&["junk, 198.51.100.107"][..], "198.51.100.107"),
            (&["junk", "198.51.100.107 , 10.0.0.3"], "198.51.100.107"),
            (&["198.51.100.107, junk"], "10.0.0.2"),
            (&["198.51.100.107,, 10.0.0.3"], "10.0.0.3"),
            (&[""], "10.0.0.2"),
            (&["unknown"], "10.0.0.2"),
        ] {
            assert_eq!(believed("10.0.0.2", hops, &trusted), address(client), "{hops:?}");
        }
    }

    #[test]
    fn a_hop_may_have_a_port() {
        let trusted = ["10.0.0.0/8"];
        for (hop, client) in [
            ("198.51.100.107:4711", "198.51.100.107"),
            ("[2001:db8::1]:4711", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:198.51.100.107", "198.51.100.107"),
        ] {
            assert_eq!(believed("10.0.0.2", &[hop], &trusted), address(client), "{hop}");
        }
    }

    #[test]
    fn networks_are_addresses_with_a_prefix() {
        let network: Network = "192.0.2.0/25".parse().unwrap();
        assert!(network.contains(address("192.0.2.127")));
        assert!(network.contains(address("::ffff:192.0.2.1")));
        assert!(!network.contains(address("192.0.2.128")));

        let everything: Network = "::/0".parse().unwrap();
        assert!(everything.contains(address("2001:db8::1")));
        assert!(everything.contains(address("192.0.2.1")));
        for text in ["", "10.0.0.0/33", "10.0.0/8", "::/129", "host"] {
            assert_eq!(text.parse::<Network>(), Err(InvalidNetwork), "{text}");
        }
    }
}
