//! Which compressed form of a file a client gets.

/// How a file is sent, the smallest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    /// The word of the header; none for the file as it is.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Identity => None,
        }
    }
}

/// The smallest form of those there are that an `Accept-Encoding` takes. A client that takes none of them gets the
/// file as it is: that is more useful than a 406.
pub(super) fn choose(accepted: Option<&str>, there: &[Encoding]) -> Encoding {
    let accepted = accepted.unwrap_or_default();
    let takes = |it: &&Encoding| it.name().is_some_and(|name| admits(accepted, name));
    there.iter().find(takes).copied().unwrap_or(Encoding::Identity)
}

fn admits(accepted: &str, name: &str) -> bool {
    let entries = accepted.split(',').map(|entry| {
        let (word, parameters) = entry.split_once(';').unwrap_or((entry, ""));
        (word.trim(), weight(parameters))
    });
    let mut any = false;
    for (word, weight) in entries {
        if word.eq_ignore_ascii_case(name) {
            return weight > 0.0;
        }
        any |= word == "*" && weight > 0.0;
    }
    any
}

fn weight(parameters: &str) -> f32 {
    let weight = parameters.trim().strip_prefix("q=").or(parameters.trim().strip_prefix("Q="));
    weight.map_or(1.0, |it| it.trim().parse().unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::Encoding::{Brotli, Gzip, Identity};
    use super::*;

    #[test]
    fn the_smallest_form_a_client_takes_is_chosen() {
        let all = [Brotli, Gzip, Identity];
        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", Brotli),
            ("gzip", Gzip),
            ("GZIP;q=0.5", Gzip),
            ("br;q=0, gzip", Gzip),
            ("br;q=0.0, gzip;q=0", Identity),
            ("*", Brotli),
            ("*, br;q=0", Gzip),
            ("identity", Identity),
            ("", Identity),
            ("br;q=abc", Identity),
            ("brotli", Identity),
        ] {
            assert_eq!(choose(Some(accepted), &all), expected, "{accepted}");
        }
        assert_eq!(choose(None, &all), Identity);
        assert_eq!(choose(Some("br, gzip"), &[Gzip, Identity]), Gzip);
        assert_eq!(choose(Some("br, gzip"), &[Identity]), Identity);
    }
}
