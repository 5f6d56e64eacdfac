//! Whether providers can be reached from here: only names that do not resolve and connections or TLS
//! sessions that do not come about count, never what a provider answers.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// So many failures in a row mean that it is not the one connection.
const FAILURES_MIN: u32 = 3;

#[derive(Default)]
pub struct Reach {
    /// Failures in a row.
    failures: Mutex<BTreeMap<String, u32>>,
}

impl Reach {
    /// No connection to the provider came about.
    pub fn failed(&self, provider: &str) {
        *self.failures.lock().entry(provider.to_owned()).or_default() += 1;
        metrics::counter!("aetherflow_provider_unreached_total", "provider" => provider.to_owned())
            .increment(1);
    }

    /// Something was sent to the provider.
    pub fn reached(&self, provider: &str) {
        self.failures.lock().remove(provider);
    }

    /// The providers that could not be reached several times in a row.
    pub fn unreachable(&self) -> Vec<String> {
        let failures = self.failures.lock();
        let lasting = failures.iter().filter(|(_, count)| **count >= FAILURES_MIN);
        lasting.map(|(provider, _)| provider.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_unreachable_after_several_failures_in_a_row() {
        let reach = Reach::default();
        for _ in 0..2 {
            reach.failed("stability");
        }
        assert!(reach.unreachable().is_empty());
        reach.reached("stability");
        for _ in 0..3 {
            reach.failed("stability");
        }
        reach.failed("openai");
        assert_eq!(reach.unreachable(), ["stability"]);
        reach.reached("stability");
        assert!(reach.unreachable().is_empty());
    }
}
