//! `Range` and `If-Range` (RFC 9110 §14): a part of a file, for whoever has the rest.

use std::ops::Range;

/// What a request wants of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// Bytes that it does not have.
    Nothing,
}

/// What `range` means for a file of `length` bytes with this tag. Whatever is no single range of bytes asks for the whole:
/// the header is a wish. So does an `If-Range` that names another file, as then the client has parts of that one; it is
/// compared strongly, and a date never fits, since files have none here.
pub(super) fn wanted(
    range: Option<&str>,
    if_range: Option<&str>,
    etag: &str,
    length: u64,
) -> Wanted {
    if if_range.is_some_and(|it| it.trim() != etag) {
        return Wanted::Whole;
    }
    range.and_then(bounds).map_or(Wanted::Whole, |bounds| bounds.within(length))
}

enum Bounds {
    From(u64, Option<u64>),
    Last(u64),
}

impl Bounds {
    fn within(self, length: u64) -> Wanted {
        let range = match self {
            Self::From(first, last) => {
                let end = last.map_or(length, |it| it.saturating_add(1).min(length));
                first..end
            }
            Self::Last(count) => length.saturating_sub(count)..length,
        };
        if range.is_empty() { Wanted::Nothing } else { Wanted::Part(range) }
    }
}

/// `bytes=0-9`, `bytes=10-`, `bytes=-5`; `None` for anything else, several ranges too.
fn bounds(range: &str) -> Option<Bounds> {
    let (unit, set) = range.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = set.trim().split_once('-')?;
    let (first, last) = (first.trim_end(), last.trim_start());
    if first.is_empty() {
        return Some(Bounds::Last(number(last)?));
    }
    let first = number(first)?;
    if last.is_empty() {
        return Some(Bounds::From(first, None));
    }
    let last = number(last)?;
    (first <= last).then_some(Bounds::From(first, Some(last)))
}

/// Digits alone; a number too large to count is as good as the largest.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    digits.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(range: &str) -> Wanted {
        wanted(Some(range), None, "\"a\"", 100)
    }

    #[test]
    fn one_range_is_a_part_cut_at_the_end_of_the_file() {
        for (range, part) in [
            ("bytes=0-9", 0..10),
            ("bytes=90-99", 90..100),
            ("bytes=90-100", 90..100),
            ("bytes=90-", 90..100),
            ("bytes=-10", 90..100),
            ("bytes=-1000", 0..100),
            ("bytes=0-0", 0..1),
            ("Bytes=0-99999999999999999999999", 0..100),
            ("bytes= 0 - 9 ", 0..10),
        ] {
            assert_eq!(of(range), Wanted::Part(part), "{range}");
        }
    }

    #[test]
    fn what_begins_behind_the_end_is_nothing() {
        for range in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-"] {
            assert_eq!(of(range), Wanted::Nothing, "{range}");
        }
    }

    #[test]
    fn what_is_no_single_range_asks_for_the_whole() {
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=9-0",
            "bytes=a-b",
            "bytes=0-9,20-29",
            "items=0-9",
            "bytes=+1-2",
            "bytes=0x1-2",
            "0-9",
        ] {
            assert_eq!(of(range), Wanted::Whole, "{range}");
        }
        assert_eq!(wanted(None, None, "\"a\"", 100), Wanted::Whole);
    }

    #[test]
    fn another_file_than_the_clients_comes_whole() {
        let of = |if_range| wanted(Some("bytes=0-9"), Some(if_range), "\"a\"", 100);

        assert_eq!(of("\"a\""), Wanted::Part(0..10));
        for other in ["\"b\"", "W/\"a\"", "Sat, 28 Nov 2026 10:00:00 GMT", "*", ""] {
            assert_eq!(of(other), Wanted::Whole, "{other}");
        }
    }
}
