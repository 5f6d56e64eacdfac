//! Faults on demand: which there are, and how one is drawn.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Something that goes wrong with a call to a paid endpoint.
///
/// The first nine are answers, named after the classes our adapters sort them into; the last four
/// are about the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The key is refused.
    KeyInvalid,
    /// The key has no credit, whatever its balance says.
    KeyNoCredit,
    /// The key lacks a permission.
    KeyForbidden,
    /// Too many requests, whatever the window says.
    RateLimited,
    /// The prompt is refused by moderation; nothing is charged.
    ContentBlocked,
    /// Moderation filters the image: blurs it, for the full price, or refuses the call.
    Filtered,
    /// The request is called malformed.
    UserError,
    /// The model is called unknown.
    ModelGone,
    /// An internal error of the provider.
    ProviderTransient,
    /// No image is made and no answer ever comes.
    Hang,
    /// An image is made and charged, but no answer ever comes.
    HangAfter,
    /// The connection is cut before any work.
    CutBefore,
    /// An image is made and charged, then the connection is cut.
    CutAfter,
}

/// A refusal that every provider has words for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalClass {
    KeyInvalid,
    KeyNoCredit,
    KeyForbidden,
    RateLimited,
    ContentBlocked,
    UserError,
    ModelGone,
    ProviderTransient,
}

impl Fault {
    /// The refusal a fault is answered with, if it is answered at all.
    pub fn refusal(self) -> Option<RefusalClass> {
        match self {
            Self::KeyInvalid => Some(RefusalClass::KeyInvalid),
            Self::KeyNoCredit => Some(RefusalClass::KeyNoCredit),
            Self::KeyForbidden => Some(RefusalClass::KeyForbidden),
            Self::RateLimited => Some(RefusalClass::RateLimited),
            Self::ContentBlocked => Some(RefusalClass::ContentBlocked),
            Self::UserError => Some(RefusalClass::UserError),
            Self::ModelGone => Some(RefusalClass::ModelGone),
            Self::ProviderTransient => Some(RefusalClass::ProviderTransient),
            Self::Filtered | Self::Hang | Self::HangAfter | Self::CutBefore | Self::CutAfter => {
                None
            }
        }
    }
}

/// Which faults are drawn how often. At most one happens to a call, so a class's share of the
/// calls is exactly its probability.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(try_from = "BTreeMap<Fault, f64>")]
pub struct Faults(BTreeMap<Fault, f64>);

/// Why a set of probabilities is refused.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum ImpossibleFaults {
    /// A probability outside 0..1.
    #[error("the probability of {0:?} must lie between 0 and 1")]
    Probability(Fault),
    /// More than every call would fail.
    #[error("the probabilities add up to {0}, at most 1 is possible: one call has one fault")]
    Sum(f64),
}

impl TryFrom<BTreeMap<Fault, f64>> for Faults {
    type Error = ImpossibleFaults;

    fn try_from(probabilities: BTreeMap<Fault, f64>) -> Result<Self, Self::Error> {
        // Tenths do not add up to exactly 1 in binary.
        const ROUNDING: f64 = 1e-9;
        if let Some((fault, _)) = probabilities.iter().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
            return Err(ImpossibleFaults::Probability(*fault));
        }
        let sum: f64 = probabilities.values().sum();
        if sum > 1.0 + ROUNDING {
            return Err(ImpossibleFaults::Sum(sum));
        }
        Ok(Self(probabilities))
    }
}

impl Faults {
    /// The fault at a point drawn evenly from 0..1.
    pub fn at(&self, mut point: f64) -> Option<Fault> {
        for (fault, probability) in &self.0 {
            if point < *probability {
                return Some(*fault);
            }
            point -= probability;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(json: &str) -> Result<Faults, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn each_class_owns_its_share_of_the_draws() {
        let faults = faults(r#"{"key_invalid": 0.25, "hang": 0.5}"#).unwrap();

        let drawn: Vec<_> = [0.0, 0.24, 0.25, 0.74, 0.75, 0.99].map(|p| faults.at(p)).into();

        let (invalid, hang) = (Some(Fault::KeyInvalid), Some(Fault::Hang));
        assert_eq!(drawn, [invalid, invalid, hang, hang, None, None]);
    }

    #[test]
    fn probability_one_always_happens_and_zero_never() {
        let always = faults(r#"{"cut_after": 1, "cut_before": 0}"#).unwrap();

        assert_eq!(always.at(0.0), Some(Fault::CutAfter));
        assert_eq!(always.at(1.0 - f64::EPSILON), Some(Fault::CutAfter));
    }

    #[test]
    fn impossible_probabilities_and_unknown_classes_are_refused() {
        let wrong = [
            r#"{"hang": 1.1}"#,
            r#"{"hang": -0.1}"#,
            r#"{"hang": 0.6, "filtered": 0.6}"#,
            r#"{"sleep": 0.1}"#,
        ];

        for json in wrong {
            assert!(faults(json).is_err(), "{json}");
        }
        assert!(faults(r#"{"hang": 0.7, "filtered": 0.1, "user_error": 0.2}"#).is_ok());
    }
}
