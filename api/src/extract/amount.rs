//! Amounts on the wire: credits, prices, units and limits, as decimal strings.

use poem_openapi::registry::MetaSchema;
use rust_decimal::Decimal;
use shared::ledger::{Credits, CreditsError};

use super::string_input;

/// A decimal string of any sign, `"2.5"`; at most six places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(pub Decimal);

/// An [`Amount`] above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PositiveAmount(pub Decimal);

/// An [`Amount`] of zero or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnsignedAmount(pub Decimal);

impl PositiveAmount {
    /// The amount as credits.
    pub fn credits(self) -> Credits {
        Credits::from(self.0)
    }
}

impl From<Credits> for Amount {
    fn from(credits: Credits) -> Self {
        Self(credits.decimal())
    }
}

impl From<Decimal> for Amount {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
enum AmountError {
    #[error(transparent)]
    NotAnAmount(#[from] CreditsError),
    #[error("must not begin with a zero that means nothing, such as in 02.5")]
    LeadingZero,
    #[error("must be above 0")]
    NotPositive,
    #[error("must be 0 or more, without a sign")]
    Signed,
}

/// More digits before the point than [`Credits`] ever has.
const WHOLE_DIGITS_MAX: usize = 12;
const FRACTION_DIGITS_MAX: usize = 6;
/// A digit or nine of them, at most six places; or the largest amount.
const DIGITS: &str = r"(?:(?:0|[1-9]\d{0,8})(?:\.\d{1,6})?|10{9}(?:\.0{1,6})?)";

fn parse(text: &str) -> Result<Amount, AmountError> {
    // Decimal's own parser also reads `1_000`, `1e3`, `+1` and `.5`, which no response contains.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.starts_with(|it: char| it.is_ascii_digit())
        && digits.ends_with(|it: char| it.is_ascii_digit())
        && digits.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    if !plain {
        return Err(CreditsError::NotADecimal.into());
    }
    // Longer ones are told the same as those that can still be read.
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.len() > 1 && whole.starts_with('0') {
        return Err(AmountError::LeadingZero);
    }
    if whole.len() > WHOLE_DIGITS_MAX {
        return Err(CreditsError::TooLarge.into());
    }
    if fraction.len() > FRACTION_DIGITS_MAX {
        return Err(CreditsError::TooPrecise.into());
    }
    let value: Decimal = text.parse().map_err(|_| CreditsError::NotADecimal)?;
    Ok(Amount(Credits::new(value)?.decimal()))
}

fn parse_positive(text: &str) -> Result<PositiveAmount, AmountError> {
    match parse(text)? {
        Amount(value) if value > Decimal::ZERO => Ok(PositiveAmount(value)),
        _ => Err(AmountError::NotPositive),
    }
}

fn parse_unsigned(text: &str) -> Result<UnsignedAmount, AmountError> {
    let Amount(value) = parse(text)?;
    if text.starts_with('-') { Err(AmountError::Signed) } else { Ok(UnsignedAmount(value)) }
}

fn schema(sign: &str) -> MetaSchema {
    MetaSchema {
        pattern: Some(format!("^{sign}{DIGITS}$")),
        example: Some("2.5".into()),
        ..MetaSchema::new_with_format("string", "decimal")
    }
}

// Only answers have it, and what is summed up there knows no largest.
string_input!(
    Amount,
    parse,
    |it| it.0.normalize().to_string(),
    MetaSchema { pattern: Some(r"^-?(?:0|[1-9]\d*)(?:\.\d{1,6})?$".to_owned()), ..schema("") }
);
string_input!(UnsignedAmount, parse_unsigned, |it| it.0.normalize().to_string(), schema(""));
string_input!(
    PositiveAmount,
    parse_positive,
    |it| it.0.normalize().to_string(),
    schema(r"(?!0+(?:\.0+)?$)")
);

#[cfg(test)]
mod tests {
    use poem_openapi::types::ToJSON;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_plain_decimals_of_at_most_six_places_are_amounts() {
        for text in ["2.5", "0", "-1.000001", "1000000000", "0.10"] {
            assert!(parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1e3",
            "1_000",
            "+1",
            " 1",
            "1 ",
            "0x1",
            "NaN",
            "1,5",
            "1.0000001",
            "1.0000000",
            "02.5",
            "1000000000.1",
            "1..2",
            "１",
            "99999999999999999999999999999999999",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_amount_of_any_length_that_is_too_large_is_told_the_largest() {
        for text in ["1000000000.1", "402375378238388646224332058595825", &"9".repeat(60)] {
            let refused = parse(text).unwrap_err();
            assert_eq!(refused, AmountError::NotAnAmount(CreditsError::TooLarge), "{text}");
        }
    }

    #[test]
    fn an_amount_of_zero_or_more_has_no_sign() {
        assert_eq!(parse_unsigned("0"), Ok(UnsignedAmount(Decimal::ZERO)));
        assert!(parse_unsigned("2.5").is_ok());
        for text in ["-0", "-2.5", "-0.000001"] {
            assert_eq!(parse_unsigned(text), Err(AmountError::Signed), "{text}");
        }
    }

    #[test]
    fn zero_and_less_is_not_positive() {
        for text in ["0", "0.000000", "-0", "-2.5"] {
            assert_eq!(parse_positive(text), Err(AmountError::NotPositive), "{text}");
        }
    }

    #[test]
    fn trailing_zeros_are_not_written() {
        assert_eq!(parse("2.500000").unwrap().to_json().unwrap(), "2.5");
        assert_eq!(parse("-0").unwrap().to_json().unwrap(), "0");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(micros in -1_000_000_000_000_000i64..=1_000_000_000_000_000) {
            let amount = Amount(Decimal::new(micros, 6));
            let text = amount.to_json().unwrap();

            prop_assert_eq!(parse(text.as_str().unwrap()).unwrap(), Amount(amount.0.normalize()));
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,40}") {
            let _ = parse_positive(&text);
        }
    }
}
