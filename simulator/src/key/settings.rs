//! What the control API can set on a key.

use std::time::Duration;

use serde::Deserialize;

use super::fault::Faults;
use super::retry_after::RetryAfter;
use crate::credits::Credits;

/// Credits of a key whose balance was not given: enough that no test runs out by accident.
const BALANCE_DEFAULT: Credits = Credits::from_tenths(1_000_000);

/// How a key behaves.
#[derive(Debug)]
pub struct Settings {
    pub balance: Credits,
    pub latency: Millis,
    /// The latency of a call lies evenly within this much of `latency`, never below zero.
    pub latency_jitter: Millis,
    pub faults: Faults,
    /// Whether the provider's rate limit is enforced.
    pub lockout: bool,
    pub retry_after: RetryAfter,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            balance: BALANCE_DEFAULT,
            latency: Millis::default(),
            latency_jitter: Millis::default(),
            faults: Faults::default(),
            lockout: true,
            retry_after: RetryAfter::default(),
        }
    }
}

/// A duration as the control API writes it: whole milliseconds, at most a day.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(try_from = "u64")]
pub struct Millis(u32);

impl Millis {
    const MAX: u64 = 24 * 60 * 60 * 1000;

    /// The number on the wire.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<u64> for Millis {
    type Error = String;

    fn try_from(millis: u64) -> Result<Self, Self::Error> {
        u32::try_from(millis)
            .ok()
            .filter(|_| millis <= Self::MAX)
            .map(Self)
            .ok_or_else(|| format!("a latency is at most {} ms", Self::MAX))
    }
}

/// The body of a `PUT`: what is absent stays as it is. `faults` replaces the whole set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    balance: Option<Credits>,
    latency_ms: Option<Millis>,
    latency_jitter_ms: Option<Millis>,
    faults: Option<Faults>,
    lockout: Option<bool>,
    retry_after: Option<RetryAfter>,
}

impl Settings {
    /// Takes over what is given.
    pub fn change(&mut self, change: Change) {
        let Change { balance, latency_ms, latency_jitter_ms, faults, lockout, retry_after } =
            change;
        self.balance = balance.unwrap_or(self.balance);
        self.latency = latency_ms.unwrap_or(self.latency);
        self.latency_jitter = latency_jitter_ms.unwrap_or(self.latency_jitter);
        self.lockout = lockout.unwrap_or(self.lockout);
        self.retry_after = retry_after.unwrap_or(self.retry_after);
        if let Some(faults) = faults {
            self.faults = faults;
        }
    }

    /// The latency at a point drawn evenly from 0..1.
    pub fn latency_at(&self, point: f64) -> Duration {
        let jitter = f64::from(self.latency_jitter.get()) * (2.0 * point - 1.0);
        let millis = (f64::from(self.latency.get()) + jitter).max(0.0);
        Duration::from_secs_f64(millis / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(json: &str) -> Settings {
        let mut settings = Settings::default();
        settings.change(serde_json::from_str(json).unwrap());
        settings
    }

    #[test]
    fn latency_spreads_evenly_around_its_middle() {
        let settings = changed(r#"{"latency_ms": 100, "latency_jitter_ms": 40}"#);

        let at = [0.0, 0.5, 1.0].map(|point| settings.latency_at(point).as_millis());

        assert_eq!(at, [60, 100, 140]);
    }

    #[test]
    fn latency_is_never_below_zero() {
        let settings = changed(r#"{"latency_ms": 10, "latency_jitter_ms": 40}"#);

        assert_eq!(settings.latency_at(0.0), Duration::ZERO);
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let mut settings = changed(r#"{"balance": 5, "faults": {"hang": 1}, "lockout": false}"#);

        settings.change(serde_json::from_str(r#"{"latency_ms": 7}"#).unwrap());

        assert_eq!(settings.balance, Credits::from_tenths(50));
        assert_eq!(settings.faults, serde_json::from_str(r#"{"hang": 1}"#).unwrap());
        assert!(!settings.lockout);
        assert_eq!(settings.latency.get(), 7);
    }

    #[test]
    fn unknown_fields_and_endless_latencies_are_refused() {
        for wrong in [r#"{"latency": 5}"#, r#"{"latency_ms": 99999999}"#, r#"{"latency_ms": -1}"#] {
            assert!(serde_json::from_str::<Change>(wrong).is_err(), "{wrong}");
        }
    }
}
