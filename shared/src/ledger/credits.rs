//! An amount of credits: exact, six decimal places, never a float.

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

/// Decimal places of every amount, in the database and on the wire.
pub const PLACES: u32 = 6;

/// The largest amount one request may name: far under NUMERIC(20,6), so sums stay inside it too.
pub const AMOUNT_MAX: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Credits, as `NUMERIC(20,6)` in PostgreSQL and a decimal string on the wire.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    sqlx::Type,
)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Credits(#[serde(with = "rust_decimal::serde::str")] Decimal);

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditsError {
    #[error("write a decimal number such as \"2.5\"")]
    NotADecimal,
    #[error("at most 6 decimal places")]
    TooPrecise,
    #[error("at most 1000000000")]
    TooLarge,
}

impl Credits {
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Takes a decimal of at most six places and at most [`AMOUNT_MAX`] either way.
    pub fn new(value: Decimal) -> Result<Self, CreditsError> {
        let value = value.normalize();
        if value.scale() > PLACES {
            return Err(CreditsError::TooPrecise);
        }
        if value.abs() > AMOUNT_MAX {
            return Err(CreditsError::TooLarge);
        }
        Ok(Self(value))
    }

    pub const fn decimal(self) -> Decimal {
        self.0
    }

    pub fn is_positive(self) -> bool {
        self.0 > Decimal::ZERO
    }

    /// Price × units, rounded half up to six places: PostgreSQL's `round(price * units, 6)`.
    #[must_use]
    pub fn cost(price_per_unit: Self, units: Decimal) -> Self {
        Self(round(price_per_unit.0.saturating_mul(units)))
    }

    /// This much more than `self`, rounded half up; `rate` 0.1 is ten per cent.
    #[must_use]
    pub fn with_headroom(self, rate: Decimal) -> Self {
        Self(round(self.0.saturating_mul(Decimal::ONE.saturating_add(rate))))
    }
}

fn round(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(PLACES, RoundingStrategy::MidpointAwayFromZero).normalize()
}

impl From<Decimal> for Credits {
    /// For values the database made: they have at most six places.
    fn from(value: Decimal) -> Self {
        Self(value.normalize())
    }
}

impl FromStr for Credits {
    type Err = CreditsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = !digits.is_empty()
            && digits.len() <= 40
            && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            && digits.matches('.').count() <= 1
            && digits.starts_with(|c: char| c.is_ascii_digit())
            && !digits.ends_with('.');
        if !plain {
            return Err(CreditsError::NotADecimal);
        }
        let places = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        if places > PLACES as usize {
            return Err(CreditsError::TooPrecise);
        }
        let value = Decimal::from_str_exact(text).map_err(|_| CreditsError::TooLarge)?;
        Self::new(value)
    }
}

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_at_most_six_places() {
        assert_eq!("0.000001".parse::<Credits>().unwrap().to_string(), "0.000001");
        assert_eq!("0.0000001".parse::<Credits>(), Err(CreditsError::TooPrecise));
        assert_eq!("2.500000".parse::<Credits>().unwrap().to_string(), "2.5");
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in
            ["", "-", ".5", "5.", "1e3", "+1", "NaN", "1,5", " 1", "1_000", "0x1", "--1", "1.2.3"]
        {
            assert_eq!(text.parse::<Credits>(), Err(CreditsError::NotADecimal), "{text:?}");
        }
        assert_eq!(
            "99999999999999999999999999999999".parse::<Credits>(),
            Err(CreditsError::TooLarge)
        );
        assert_eq!("1000000000.000001".parse::<Credits>(), Err(CreditsError::TooLarge));
    }

    #[test]
    fn cost_is_rounded_half_up_at_the_sixth_place() {
        let cost = Credits::cost("0.333333".parse().unwrap(), Decimal::new(35, 1));
        assert_eq!(cost.to_string(), "1.166666", "0.333333 × 3.5 = 1.1666655");
        let cost = Credits::cost("0.000001".parse().unwrap(), Decimal::new(5, 1));
        assert_eq!(cost.to_string(), "0.000001");
    }
}
