//! `from` and `to` of lists and statistics.

use chrono::{DateTime, Utc};
use shared::ledger::statistics::{self, Period, Span};

use crate::{problem::Problem, response::Timestamp};

/// At or after `from`, before `to`; each may be absent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Between {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

impl Between {
    /// 400 for a span that holds no instant.
    pub fn new(from: Option<Timestamp>, to: Option<Timestamp>) -> Result<Self, Problem> {
        match (from, to) {
            (Some(from), Some(to)) if from >= to => {
                Err(Problem::invalid_field("from", "must be before `to`"))
            }
            _ => Ok(Self { from: from.map(|it| it.0), to: to.map(|it| it.0) }),
        }
    }
}

/// The span statistics are asked for; 400 for one that runs backwards or is too long to show.
pub fn resolve_span(
    now: DateTime<Utc>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    period: Period,
) -> Result<Span, Problem> {
    statistics::resolve(now, from.map(|it| it.0), to.map(|it| it.0), period)
        .map_err(|error| Problem::invalid_field("from", error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp(text.parse().unwrap())
    }

    #[test]
    fn a_span_that_holds_nothing_is_refused() {
        let (early, late) = (at("2026-01-01T00:00:00Z"), at("2026-01-02T00:00:00Z"));

        assert!(Between::new(Some(early), Some(late)).is_ok());
        assert!(Between::new(None, None).is_ok());
        for (from, to) in [(late, early), (early, early)] {
            let (from, to) = (Some(from), Some(to));
            let problem = Between::new(from, to).unwrap_err();
            assert_eq!(problem.code().as_str(), "request.invalid");
            let now = "2026-01-03T00:00:00Z".parse().unwrap();
            assert!(resolve_span(now, from, to, Period::Day).is_err());
        }
    }
}
