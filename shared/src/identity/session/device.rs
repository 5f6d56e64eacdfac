//! Where a session is used from, for the list that its user reads.

use std::net::IpAddr;

use crate::identity::throttle::network;

/// The most characters of a `User-Agent` that are kept.
pub const AGENT_CHARS_MAX: usize = 256;

/// Address and program of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Where its requests come from.
    pub address: IpAddr,
    /// What it calls itself, if it does; at most [`AGENT_CHARS_MAX`] characters.
    agent: Option<String>,
}

impl Device {
    /// `agent` is a claim of the client: shortened, and kept only if there is something to read.
    pub fn new(address: IpAddr, agent: Option<&str>) -> Self {
        let agent: Option<String> = agent
            .map(|it| it.chars().filter(|it| !it.is_control()).take(AGENT_CHARS_MAX).collect());
        Self { address, agent: agent.filter(|it| !it.trim().is_empty()) }
    }

    /// What it calls itself.
    pub fn agent(&self) -> Option<&str> {
        self.agent.as_deref()
    }

    /// The network its attempts are counted under.
    pub(super) fn network(&self) -> String {
        network(self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_client_calls_itself_is_shortened_and_has_no_line_breaks() {
        let device = |agent: &str| Device::new("192.0.2.1".parse().unwrap(), Some(agent));

        assert_eq!(device("curl/8.5\r\n\u{1b}[31m").agent(), Some("curl/8.5[31m"));
        assert_eq!(device(&"ä".repeat(999)).agent().unwrap().chars().count(), AGENT_CHARS_MAX);
        assert_eq!(device("\t ").agent(), None);
    }
}
