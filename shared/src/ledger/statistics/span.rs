//! Which span of time is meant, and how it is cut.

use chrono::{DateTime, Days, Months, Utc};

crate::vocabulary! {
    /// How a span of time is divided, at UTC boundaries.
    pub enum Period {
        /// Into days.
        Day = "day",
        /// Into months.
        Month = "month",
    }
}

impl Period {
    /// The most a span may hold of it is about four hundred: one answer stays readable.
    const fn span_max(self) -> Months {
        match self {
            Self::Day => Months::new(13),
            Self::Month => Months::new(120),
        }
    }

    /// What is looked back when no beginning is named.
    fn before(self, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Day => to.checked_sub_days(Days::new(30)),
            Self::Month => to.checked_sub_months(Months::new(12)),
        }
    }
}

/// From `from` on and before `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

/// Why there is no such span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    #[error("must be before `to`")]
    Empty,
    #[error("at most {months} months before `to`")]
    TooLong {
        /// The longest span of this period.
        months: u32,
    },
}

/// The span meant by what was given: up to now, and 30 days or 12 months back.
pub fn resolve(
    now: DateTime<Utc>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    period: Period,
) -> Result<Span, SpanError> {
    let to = to.unwrap_or(now);
    let too_long = SpanError::TooLong { months: period.span_max().as_u32() };
    let from = from.or_else(|| period.before(to)).ok_or(too_long)?;
    if from >= to {
        return Err(SpanError::Empty);
    }
    match to.checked_sub_months(period.span_max()) {
        Some(earliest) if earliest > from => Err(too_long),
        _ => Ok(Span { from, to }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn nothing_given_means_the_last_thirty_days_or_twelve_months() {
        let now = at("2026-11-22T10:00:00Z");

        let days = resolve(now, None, None, Period::Day).unwrap();
        let months = resolve(now, None, None, Period::Month).unwrap();

        assert_eq!(days, Span { from: at("2026-10-23T10:00:00Z"), to: now });
        assert_eq!(months, Span { from: at("2025-11-22T10:00:00Z"), to: now });
    }

    #[test]
    fn a_span_must_run_forwards_and_not_too_far() {
        let now = at("2026-11-22T10:00:00Z");

        assert_eq!(resolve(now, Some(now), None, Period::Day), Err(SpanError::Empty));
        assert_eq!(
            resolve(now, Some(at("2020-01-01T00:00:00Z")), None, Period::Day),
            Err(SpanError::TooLong { months: 13 })
        );
        assert!(resolve(now, Some(at("2020-01-01T00:00:00Z")), None, Period::Month).is_ok());
    }

    #[test]
    fn the_edges_of_time_are_no_span_but_no_panic_either() {
        let (first, last) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);

        assert!(resolve(last, None, Some(first), Period::Day).is_err());
        assert!(resolve(last, Some(first), Some(last), Period::Month).is_err());
    }
}
