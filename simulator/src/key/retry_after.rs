//! How a refusal for calling too often says when to come back.

use std::time::{Duration, SystemTime};

use httpdate::fmt_http_date;
use hyper::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use serde::{Deserialize, Serialize};

/// The form of `Retry-After` in answers 429, as the control API writes it: `"usual"`,
/// `{"seconds": 5}`, `{"fraction": 2.5}`, `{"date": 5}`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// What the provider is known to send: with some, no header at all.
    #[default]
    Usual,
    /// Whole seconds.
    Seconds(u16),
    /// Seconds with a fraction, as some gateways write them.
    Fraction(f64),
    /// The date so many seconds ahead, by the `Date` of the same answer.
    Date(u16),
}

impl RetryAfter {
    /// Puts the header on an answer, in place of the provider's usual one.
    pub fn put_on(self, headers: &mut HeaderMap, now: SystemTime) {
        let text = match self {
            Self::Usual => return,
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Fraction(seconds) => seconds.to_string(),
            Self::Date(seconds) => {
                headers.insert(DATE, value(&fmt_http_date(now)));
                fmt_http_date(now + Duration::from_secs(seconds.into()))
            }
        };
        headers.insert(RETRY_AFTER, value(&text));
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("numbers and dates are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(json: &str) -> Result<RetryAfter, serde_json::Error> {
        serde_json::from_str(json)
    }

    fn sent(form: RetryAfter) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("6"));
        form.put_on(&mut headers, SystemTime::UNIX_EPOCH);
        headers
    }

    #[test]
    fn every_form_is_written_as_http_writes_it() {
        for (json, expected) in [
            ("\"usual\"", "6"),
            (r#"{"seconds": 5}"#, "5"),
            (r#"{"fraction": 2.5}"#, "2.5"),
            (r#"{"date": 5}"#, "Thu, 01 Jan 1970 00:00:05 GMT"),
        ] {
            assert_eq!(sent(form(json).unwrap())[RETRY_AFTER], expected, "{json}");
        }
    }

    #[test]
    fn a_date_comes_with_the_time_it_was_counted_from() {
        let headers = sent(RetryAfter::Date(5));

        assert_eq!(headers[DATE], "Thu, 01 Jan 1970 00:00:00 GMT");
    }

    #[test]
    fn unknown_forms_are_refused() {
        for json in [
            r#"{"seconds": -1}"#,
            r#"{"seconds": 65536}"#,
            r#"{"date": 65536}"#,
            r#"{"minutes": 1}"#,
            "5",
        ] {
            assert!(form(json).is_err(), "{json}");
        }
    }
}
