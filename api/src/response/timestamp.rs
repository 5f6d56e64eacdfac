//! Times in JSON: RFC 3339 in UTC, with `Z` and microseconds.

use chrono::{DateTime, SecondsFormat, Utc};
use poem_openapi::registry::MetaSchema;

use crate::extract::string_input;

/// A time. Written in UTC, read with any offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub DateTime<Utc>);

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant)
    }
}

fn parse(text: &str) -> Result<Timestamp, &'static str> {
    DateTime::parse_from_rfc3339(text)
        .map(|instant| Timestamp(instant.to_utc()))
        .map_err(|_| "must be a time as in RFC 3339, such as 2026-11-22T10:00:00Z")
}

string_input!(
    Timestamp,
    parse,
    |it| it.0.to_rfc3339_opts(SecondsFormat::Micros, true),
    MetaSchema {
        example: Some("2026-11-22T10:00:00.000000Z".into()),
        ..MetaSchema::new_with_format("string", "date-time")
    }
);

#[cfg(test)]
mod tests {
    use poem_openapi::types::ToJSON;

    use super::*;

    #[test]
    fn any_offset_is_read_and_utc_is_written() {
        let instant = parse("2026-11-22T12:00:00.5+02:00").unwrap();

        assert_eq!(instant.to_json().unwrap(), "2026-11-22T10:00:00.500000Z");
    }

    #[test]
    fn a_day_alone_is_no_time() {
        assert!(parse("2026-11-22").is_err());
    }
}
