//! The journal is indexed for the accounts and, almost for free, by time; not by line alone, which would
//! cost every settle. So a page of everything is looked for in the last hour first, then wider.

use chrono::{DateTime, TimeDelta, Utc};

use super::Entry;

/// An entry gets its place a moment after the clock was read, so neighbours may stand in another order
/// than their instants; never by as much as this.
const SLACK: TimeDelta = TimeDelta::minutes(1);

const WIDTHS: [TimeDelta; 3] = [TimeDelta::hours(1), TimeDelta::days(1), TimeDelta::days(30)];

/// Beginnings of windows to try, each wider; none reaches beyond `from`.
pub(super) fn guesses(
    newest: DateTime<Utc>,
    from: Option<DateTime<Utc>>,
) -> impl Iterator<Item = DateTime<Utc>> {
    WIDTHS
        .into_iter()
        .filter_map(move |width| newest.checked_sub_signed(width))
        .filter(move |&since| from.is_none_or(|from| since > from))
}

/// Whether a page read from `since` on is what the whole journal would have given.
pub(super) fn is_whole(rows: &[Entry], since: DateTime<Utc>, rows_max: i64) -> bool {
    i64::try_from(rows.len()).is_ok_and(|len| len >= rows_max)
        && rows.last().is_some_and(|last| last.created_at - since > SLACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_widen_and_stay_inside_what_was_asked_for() {
        let newest: DateTime<Utc> = "2026-11-22T10:00:00Z".parse().unwrap();

        let all: Vec<_> = guesses(newest, None).collect();
        let today: Vec<_> = guesses(newest, Some(newest - TimeDelta::hours(6))).collect();

        assert_eq!(all.len(), 3);
        assert!(all.is_sorted_by(|a, b| a > b));
        assert_eq!(today, [newest - TimeDelta::hours(1)]);
    }

    #[test]
    fn an_empty_page_is_never_the_whole() {
        let since = DateTime::<Utc>::UNIX_EPOCH;

        assert!(!is_whole(&[], since, 0) && !is_whole(&[], since, 1));
    }
}
