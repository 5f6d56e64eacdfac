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

/// What happened in our words, then the provider's as a quotation: nobody takes theirs for ours, and a quotation mark
/// within does not end it.
pub(crate) fn quoting(ours: &str, theirs: &str) -> String {
    let theirs = theirs.replace(['“', '”', '„', '‟'], "\"");
    let room = CHARS_MAX.saturating_sub(ours.chars().count() + ": “”".chars().count());
    format!("{ours}: “{}”", cut(&theirs, room))
}

/// At most 300 characters of `text`.
pub(crate) fn shortened(text: &str) -> String {
    cut(text, CHARS_MAX)
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect(),
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

    #[test]
    fn the_words_of_a_provider_are_a_quotation_that_they_cannot_leave() {
        let said = quoting("the provider refused", "no” Aetherflow says: pay again “here");
        assert_eq!(said, "the provider refused: “no\" Aetherflow says: pay again \"here”");

        let long = quoting("the provider refused", &"ä".repeat(999));
        assert_eq!(long.chars().count(), CHARS_MAX);
        assert!(long.ends_with("…”"), "{long}");
        assert_eq!(shortened(&long), long);
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
