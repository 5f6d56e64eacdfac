//! `from` and `to`: a part of a list, or the period of statistics.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use serde::Deserialize;
use shared::ledger::statistics::{self, Period, Span};

use crate::{problem::Problem, response::Timestamp};

/// The part of a list between two times.
#[derive(Debug, Default, Object, Deserialize)]
pub struct Between {
    /// Only items created at this time or later; without it, from the oldest on.
    pub from: Option<Timestamp>,
    /// Only items created before this time; without it, up to the newest.
    pub to: Option<Timestamp>,
}

/// The period of statistics.
#[derive(Debug, Default, Object, Deserialize)]
pub struct SpanQuery {
    /// Where the period begins; this time is part of it.
    pub from: Option<Timestamp>,
    /// Where the period ends; this time is not part of it. Now by default.
    pub to: Option<Timestamp>,
}

/// Two times, either of which may be missing.
pub type Bounds = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

impl Between {
    /// `from` and `to`; 400 unless `from` is before `to`.
    pub fn bounds(self) -> Result<Bounds, Problem> {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from >= to => {
                Err(Problem::invalid_field("from", "must be before `to`"))
            }
            (from, to) => Ok((from.map(|it| it.0), to.map(|it| it.0))),
        }
    }
}

impl SpanQuery {
    /// The period, its defaults filled in; 400 if it runs backwards or is too long.
    pub fn resolve(self, now: DateTime<Utc>, period: Period) -> Result<Span, Problem> {
        let (from, to) = (self.from.map(|it| it.0), self.to.map(|it| it.0));
        statistics::resolve(now, from, to, period)
            .map_err(|error| Problem::invalid_field("from", error.to_string()))
    }
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

        assert!(Between { from: Some(early), to: Some(late) }.bounds().is_ok());
        assert!(Between::default().bounds().is_ok());
        for (from, to) in [(late, early), (early, early)] {
            let (from, to) = (Some(from), Some(to));
            let problem = Between { from, to }.bounds().unwrap_err();
            assert_eq!(problem.code().as_str(), "request.invalid");
            let now = "2026-01-03T00:00:00Z".parse().unwrap();
            assert!(SpanQuery { from, to }.resolve(now, Period::Day).is_err());
        }
    }
}
