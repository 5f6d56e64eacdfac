//! What providers count and charge.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Provider credits, kept in millionths so that any number of charges adds up exactly.
///
/// On the wire they are JSON numbers, as Stability writes them; decimal strings are read too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Credits(u64);

impl Credits {
    const MILLIONTHS: f64 = 1_000_000.0;
    /// Beyond this a JSON number no longer holds every millionth.
    const MAX: f64 = 1_000_000_000.0;

    /// So many tenths of a credit: every published price is a multiple of one.
    pub const fn from_tenths(tenths: u64) -> Self {
        Self(tenths * 100_000)
    }

    /// What remains after `price`, or `None` when it does not suffice.
    pub fn checked_sub(self, price: Self) -> Option<Self> {
        self.0.checked_sub(price.0).map(Self)
    }

    /// The difference, zero when `other` is more.
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked to lie between zero and MAX, whose millionths an f64 holds exactly"
    )]
    fn from_number(number: f64) -> Option<Self> {
        (0.0..=Self::MAX)
            .contains(&number)
            .then(|| Self((number * Self::MILLIONTHS).round() as u64))
    }
}

impl Serialize for Credits {
    #[expect(clippy::cast_precision_loss, reason = "a provider's own balance is a double")]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0 as f64 / Self::MILLIONTHS)
    }
}

impl<'de> Deserialize<'de> for Credits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected credits as a number or a decimal string")]
        enum Written {
            Number(f64),
            Text(String),
        }
        let number = match Written::deserialize(deserializer)? {
            Written::Number(number) => Some(number),
            Written::Text(text) => text.parse().ok(),
        };
        number
            .and_then(Self::from_number)
            .ok_or_else(|| de::Error::custom("credits must be a decimal between 0 and 1000000000"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_of_tenths_add_up_exactly() {
        let mut balance: Credits = serde_json::from_str("1000").unwrap();

        for _ in 0..1000 {
            balance = balance.checked_sub(Credits::from_tenths(1)).unwrap();
        }

        assert_eq!(balance, Credits(900_000_000));
        assert_eq!(serde_json::to_string(&balance).unwrap(), "900.0");
    }

    #[test]
    fn numbers_and_decimal_strings_are_read_alike() {
        let number: Credits = serde_json::from_str("6.5").unwrap();
        let text: Credits = serde_json::from_str("\"6.5\"").unwrap();

        assert_eq!((number, text), (Credits::from_tenths(65), Credits::from_tenths(65)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for wrong in ["-1", "\"-1\"", "\"many\"", "\"NaN\"", "\"inf\"", "1e12", "true"] {
            assert!(serde_json::from_str::<Credits>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_balance_never_goes_below_zero() {
        let balance = Credits::from_tenths(29);

        assert_eq!(balance.checked_sub(Credits::from_tenths(30)), None);
        assert_eq!(balance.checked_sub(balance), Some(Credits::default()));
    }
}
