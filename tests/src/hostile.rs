//! Owners who play against the market: what they promise, and what their keys do instead.

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};

/// A way to play against the market.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruse {
    /// Next to nothing a unit, and an account with less than one image in it.
    Bait,
    /// Cheap, with a limit of a single image a day: the least that can be connected.
    Sip,
    /// Cheap, and every call fails in one of the ways a provider has.
    Fail,
    /// Cheap, and moderation filters what is made, at full price.
    Filter,
    /// Cheap, and no answer comes.
    Stall,
    /// Cheap, and the connection is cut before or after the image is made.
    Cut,
    /// As dear as the market allows.
    Dear,
    /// A price that is never the one of a moment ago.
    Fickle,
    /// Deleted and connected again all the time, by one account or another.
    Churn,
}

impl Ruse {
    /// Each of them.
    pub const ALL: [Self; 9] = [
        Self::Bait,
        Self::Sip,
        Self::Fail,
        Self::Filter,
        Self::Stall,
        Self::Cut,
        Self::Dear,
        Self::Fickle,
        Self::Churn,
    ];

    /// A price per unit for it. The reference price is 0.5 and the most that may be asked 2.5.
    pub fn price(self, random: &mut StdRng) -> String {
        let millionths: u32 = match self {
            Self::Bait | Self::Sip => random.random_range(1..=10_000),
            Self::Dear => random.random_range(2_000_000..=2_500_000),
            Self::Fickle => random.random_range(1..=2_500_000),
            _ => random.random_range(1_000..=450_000),
        };
        format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000)
    }

    /// Settings of its key at the simulated provider.
    pub fn key(self, random: &mut StdRng) -> Value {
        let mut one_of = |faults: &[&str]| {
            let fault = *faults.choose(random).expect("there is one to choose");
            json!({ fault: f64::from(random.random_range(30..=100)) / 100.0 })
        };
        let faults = match self {
            Self::Fail => one_of(&[
                "key_invalid",
                "key_no_credit",
                "key_forbidden",
                "rate_limited",
                "model_gone",
                "provider_transient",
            ]),
            Self::Filter => one_of(&["filtered"]),
            Self::Stall => one_of(&["hang", "hang_after"]),
            Self::Cut => one_of(&["cut_before", "cut_after"]),
            _ => json!({}),
        };
        let balance = if self == Self::Bait { random.random_range(0..3) } else { 100_000 };
        let latency = random.random_range(50..=600);
        json!({"balance": balance, "latency_ms": latency, "lockout": false, "faults": faults})
    }

    /// Limits its owner sets.
    pub fn limits(self, random: &mut StdRng) -> Value {
        match self {
            Self::Sip => {
                let field = *["daily_limit", "monthly_limit"].choose(random).expect("two");
                json!({ field: random.random_range(3..=5).to_string() })
            }
            _ => json!({"concurrency_limit": random.random_range(1..=8)}),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rust_decimal::Decimal;

    use super::*;

    #[test]
    fn every_price_is_one_that_can_be_asked() {
        let mut random = StdRng::seed_from_u64(7);
        for ruse in Ruse::ALL {
            for _ in 0..2_000 {
                let text = ruse.price(&mut random);
                let price: Decimal = text.parse().unwrap();
                assert!(price > Decimal::ZERO && price <= Decimal::new(25, 1), "{ruse:?}: {text}");
            }
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_owners() {
        let draw = || {
            let mut random = StdRng::seed_from_u64(7);
            let each = Ruse::ALL
                .map(|it| (it.price(&mut random), it.key(&mut random), it.limits(&mut random)));
            format!("{each:?}")
        };
        assert_eq!(draw(), draw());
    }
}
