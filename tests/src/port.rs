//! Free ports below those the kernel gives to outgoing connections.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Mutex;

use rand::RngExt;

const FIRST: u16 = 11_000;
const COUNT: u16 = 8_000;

static TAKEN: Mutex<Vec<u16>> = Mutex::new(Vec::new());

/// A port nobody listens on, never given twice by this process. Chosen at random, so that test
/// processes side by side rarely look at the same one.
pub fn free() -> u16 {
    let mut taken = TAKEN.lock().expect("no holder of this lock panics");
    for _ in 0..1_000 {
        let port = FIRST + rand::rng().random_range(0..COUNT);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if !taken.contains(&port) && TcpListener::bind(address).is_ok() {
            taken.push(port);
            return port;
        }
    }
    panic!("no free port between {FIRST} and {}", FIRST + COUNT)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    #[test]
    fn no_port_is_given_twice() {
        let ports: HashSet<u16> = (0..50).map(|_| super::free()).collect();
        assert_eq!(ports.len(), 50);
    }
}
