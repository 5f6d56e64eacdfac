//! How long a provider asks to be left alone, in each form that HTTP knows or that providers use.

use std::time::{Duration, SystemTime};

use httpdate::parse_http_date;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// A provider's header keeps a key out of use for an hour at most.
const WAIT_MAX: Duration = Duration::from_hours(1);

/// Milliseconds where the provider gives them, else `Retry-After` as seconds, whole or not, or as
/// a date. Never shorter than was asked, never longer than an hour.
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let millis = || rounded_up(text("retry-after-ms")?).map(Duration::from_millis);
    let seconds = || rounded_up(text(RETRY_AFTER.as_str())?).map(Duration::from_secs);
    let date = || {
        let until = parse_http_date(text(RETRY_AFTER.as_str())?).ok()?;
        // By the clock that wrote the date; ours may be minutes away from it.
        let now = text(DATE.as_str()).and_then(|it| parse_http_date(it).ok()).unwrap_or(now);
        Some(until.duration_since(now).unwrap_or_default())
    };
    millis().or_else(seconds).or_else(date).map(|it| it.min(WAIT_MAX))
}

/// A number such as `7` or `2.5`, rounded up. One too large for the type is the largest.
fn rounded_up(text: &str) -> Option<u64> {
    let is_plain = text.starts_with(|it: char| it.is_ascii_digit())
        && text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let number = is_plain.then(|| text.parse::<f64>().ok())??.ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let number = number as u64;
    Some(number)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const FIVE_PAST: &str = "Wed, 21 Oct 2026 07:28:05 GMT";

    fn wait(headers: &[(&'static str, &'static str)]) -> Option<Duration> {
        let ours = parse_http_date("Wed, 21 Oct 2026 07:27:00 GMT").unwrap();
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        retry_after(&headers.collect(), ours)
    }

    #[test]
    fn seconds_may_be_broken_and_are_never_cut_short() {
        for (text, seconds) in
            [("7", 7), ("2.5", 3), ("2.0", 2), ("0", 0), ("0.001", 1), (" 4 ", 4)]
        {
            assert_eq!(
                wait(&[("retry-after", text)]),
                Some(Duration::from_secs(seconds)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_date_is_counted_by_the_clock_that_wrote_it() {
        let theirs = ("date", "Wed, 21 Oct 2026 07:28:00 GMT");

        assert_eq!(wait(&[("retry-after", FIVE_PAST), theirs]), Some(Duration::from_secs(5)));
    }

    #[test]
    fn a_date_alone_is_counted_by_our_clock_and_one_in_the_past_asks_for_nothing() {
        let past = "Wed, 21 Oct 2026 07:26:59 GMT";

        assert_eq!(wait(&[("retry-after", FIVE_PAST)]), Some(Duration::from_secs(65)));
        assert_eq!(wait(&[("retry-after", past)]), Some(Duration::ZERO));
    }

    #[test]
    fn milliseconds_come_first_because_they_are_more_exact() {
        let both = [("retry-after-ms", "350"), ("retry-after", "1")];

        assert_eq!(wait(&both), Some(Duration::from_millis(350)));
        let unreadable = [("retry-after-ms", "soon"), ("retry-after", "1")];
        assert_eq!(wait(&unreadable), Some(Duration::from_secs(1)));
    }

    #[test]
    fn no_header_keeps_a_key_out_of_use_for_more_than_an_hour() {
        let endless = "99999999999999999999999999999999999999999999999999";
        for text in ["3601", "999999", endless, "Fri, 31 Dec 9999 23:59:59 GMT"] {
            assert_eq!(wait(&[("retry-after", text)]), Some(Duration::from_hours(1)), "{text}");
        }
    }

    #[test]
    fn what_is_neither_a_number_nor_a_date_says_nothing() {
        for text in ["-1", "+1", "1e3", "inf", "NaN", "", ".", "1.2.3", "soon", "2026-10-21"] {
            assert_eq!(wait(&[("retry-after", text)]), None, "{text:?}");
        }
        assert_eq!(wait(&[]), None);
    }
}
