//! Makes a provider's message safe for a consumer: without keys, without addresses, short.

use secrecy::{ExposeSecret, SecretString};

const CHARS_MAX: usize = 300;

/// The provider's message without anything that is, holds or looks like a key or an address; `None`
/// when nothing is left.
///
/// Whole words are dropped rather than parts masked: a provider that echoes a key in part
/// (`sk-ab***yz`) or in quotes must not leave a trace of it either.
pub(crate) fn sanitized(text: &str, key: &SecretString) -> Option<String> {
    let key = key.expose_secret();
    let text = text.replace(char::is_control, " ");
    let safe: Vec<&str> =
        text.split_whitespace().filter(|it| !it.contains(key) && !is_unsafe(it)).collect();

    (!safe.is_empty()).then(|| shortened(&safe.join(" ")))
}

/// At most 300 characters of `text`.
pub(crate) fn shortened(text: &str) -> String {
    match text.char_indices().nth(CHARS_MAX) {
        None => text.to_owned(),
        Some(_) => text.chars().take(CHARS_MAX - 1).chain(['…']).collect(),
    }
}

fn is_unsafe(word: &str) -> bool {
    let bare = word.to_ascii_lowercase();
    let bare = bare.trim_start_matches(|it: char| !it.is_alphanumeric());
    let host_and_path = bare.split_once('/').is_some_and(|(host, _)| host.contains('.'));

    bare.contains("sk-") || bare.starts_with("www.") || bare.contains("://") || host_and_path
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> SecretString {
        SecretString::from("sk-Secret0123456789")
    }

    #[test]
    fn keys_and_addresses_are_dropped_and_the_rest_stays_readable() {
        let rows = [
            ("prompt: is required", Some("prompt: is required")),
            (
                "buy more at https://platform.stability.ai/account/credits and try again",
                Some("buy more at and try again"),
            ),
            ("see (www.stability.ai) or api.stability.ai/v1/user", Some("see or")),
            ("bad key 'sk-Secret0123456789'.", Some("bad key")),
            ("bad key \"SK-se***89\"", Some("bad key")),
            ("png and/or jpeg, image/webp", Some("png and/or jpeg, image/webp")),
            ("two\nlines\u{7} here", Some("two lines here")),
            (" \n", None),
            ("https://only.an/address", None),
        ];

        for (text, expected) in rows {
            assert_eq!(sanitized(text, &key()).as_deref(), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_provider_says_the_key_is_gone_and_300_characters_suffice(
            before in ".{0,400}", after in ".{0,400}", glue in "[ \"':=]?",
        ) {
            let text = format!("{before}{glue}{}{glue}{after}", key().expose_secret());

            let safe = sanitized(&text, &key()).unwrap_or_default();

            prop_assert!(!safe.contains(key().expose_secret()));
            prop_assert!(safe.chars().count() <= CHARS_MAX);
        }
    }
}
