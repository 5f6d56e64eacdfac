//! Instants that decide something (leases, windows, expiry, deadlines) come from `aether.now()` in
//! SQL. What is left for a process is how long something took, and the validity of tokens and signed
//! links, which other processes judge with their own clocks anyway.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since the Unix epoch by this machine's clock: for tokens and signed links only.
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
