use secrecy::{ExposeSecret, SecretString};

/// A shorter key shows nothing of its end: four of its characters would be too much of it.
const LENGTH_MIN: usize = 20;
/// A still shorter one not even its scheme.
const SCHEME_SHOWN_MIN: usize = 12;
/// What may be shown of the end.
const TAIL_LENGTH: usize = 4;
/// The longest scheme (`sk-`, `r8_`) shown before the ellipsis, separator included.
const SCHEME_LENGTH_MAX: usize = 4;
/// Stands for what is not shown.
const ELLIPSIS: &str = "…";

/// What an owner sees of a hosted key, to tell it from their others: `sk-…1a2b`. A short key shows its scheme alone,
/// `sk-…`, which is no secret; very short ones, and those that are not plain ASCII, give `…`.
pub fn key_hint(key: &SecretString) -> String {
    let key = key.expose_secret().trim();
    if key.len() < SCHEME_SHOWN_MIN || !key.bytes().all(|it| it.is_ascii_graphic()) {
        return ELLIPSIS.to_owned();
    }

    let scheme = match key[..SCHEME_LENGTH_MAX].find(['-', '_']) {
        Some(end) => &key[..=end],
        None => "",
    };
    let tail = if key.len() < LENGTH_MIN { "" } else { &key[key.len() - TAIL_LENGTH..] };
    format!("{scheme}{ELLIPSIS}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_shows_the_scheme_and_four_characters_at_most() {
        for (key, hint) in [
            ("sk-abcdefghijklmnopqrstuvwxyz1a2b", "sk-…1a2b"),
            ("  sk-abcdefghijklmnopqrstuvwxyz1a2b\n", "sk-…1a2b"),
            ("r8_abcdefghijklmnopqrstuvwxyz1a2b", "r8_…1a2b"),
            ("0123456789abcdef0123456789abcdef", "…cdef"),
            ("abcde-ghijklmnopqrstuvwxyz1a2b", "…1a2b"),
        ] {
            assert_eq!(key_hint(&key.into()), hint);
        }
    }

    #[test]
    fn short_and_strange_keys_show_nothing() {
        for key in ["", "sk-1", "sk-01234567", "sk-密钥密钥密钥密钥密钥密钥", "0123456789abcdef012"]
        {
            assert_eq!(key_hint(&key.into()), "…", "{key}");
        }
        for key in ["sk-012345678", "sk-0123456789abcdef"] {
            assert_eq!(key_hint(&key.into()), "sk-…", "{key}");
        }
    }
}
