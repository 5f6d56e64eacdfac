//! Request limits per user and per address. Requests are counted in memory, and the counts are shared with
//! the other replicas through Redis every second. A request never waits for Redis; without Redis each
//! replica counts alone.

mod share;
mod window;

use std::{
    net::IpAddr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use operations::settings::Rate;
use poem::http::{HeaderMap, HeaderName, HeaderValue};
use shared::identity::throttle::{SITE_FACTOR, network, site};
use uuid::Uuid;

pub use share::share;
pub(super) use window::Verdict;
use window::Window;

static RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
static RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
static RATELIMIT_RESET: HeaderName = HeaderName::from_static("ratelimit-reset");

/// The limits of one process. Without a rate nothing is counted.
#[derive(Debug, Default)]
pub struct RateLimits {
    users: Option<Window>,
    addresses: Option<Window>,
    sites: Option<Window>,
}

impl RateLimits {
    /// `None` means no limit.
    pub fn new(per_user: Option<Rate>, per_address: Option<Rate>) -> Self {
        Self {
            users: per_user.map(|rate| Window::new("user", rate)),
            addresses: per_address.map(|rate| Window::new("address", rate)),
            sites: per_address.map(|rate| Window::new("site", of_site(rate))),
        }
    }

    /// Counts a request of this user.
    pub(super) fn admit_user(&self, user_id: Uuid, now: Duration) -> Option<Verdict> {
        self.users.as_ref().map(|window| window.admit(&user_id.to_string(), now))
    }

    /// Counts a request from this address: for its site, if it is an IPv6 one, then for its network. What the site may
    /// not, no network of it is counted for.
    pub(super) fn admit_address(&self, address: IpAddr, now: Duration) -> Option<Verdict> {
        if let (Some(window), Some(site)) = (&self.sites, site(address)) {
            let verdict = window.admit(&site, now);
            if !verdict.admitted {
                return Some(verdict);
            }
        }
        self.addresses.as_ref().map(|window| window.admit(&network(address), now))
    }

    fn windows(&self) -> impl Iterator<Item = &Window> {
        self.users.iter().chain(&self.addresses).chain(&self.sites)
    }
}

fn of_site(rate: Rate) -> Rate {
    Rate { count: rate.count.saturating_mul(SITE_FACTOR), ..rate }
}

/// Tells the client how many requests it has left.
pub(super) fn set_headers(headers: &mut HeaderMap, verdict: &Verdict) {
    headers.insert(&RATELIMIT_LIMIT, HeaderValue::from(verdict.limit));
    headers.insert(&RATELIMIT_REMAINING, HeaderValue::from(verdict.remaining));
    headers.insert(&RATELIMIT_RESET, HeaderValue::from(verdict.reset_seconds()));
}

/// Time since the epoch by this machine's clock. Windows need to begin at about the same time on all
/// replicas only; a replica whose clock is wrong still counts its own requests correctly.
pub(super) fn unix_time() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000_000);

    #[test]
    fn a_site_with_many_networks_has_a_limit_too() {
        let rate = Rate { count: 2, per: Duration::from_mins(1) };
        let limits = RateLimits::new(None, Some(rate));
        let admitted =
            |address: &str| limits.admit_address(address.parse().unwrap(), NOW).unwrap().admitted;

        let from_site = (0..10).filter(|it| admitted(&format!("2001:db8:1:{it}::1"))).count();

        assert_eq!(from_site, 6);
        assert!(admitted("2001:db8:2:1::1"), "another site");
        assert!(admitted("192.0.2.1"));
    }
}
