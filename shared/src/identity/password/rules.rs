//! What a password that is being chosen must be. Passwords chosen under other rules still open.

use zxcvbn::{Score, zxcvbn};

use super::{PASSWORD_CHARS_MIN, normalized};

/// A password that whoever guesses in the order of popularity finds within a million tries.
const TOO_EASY: Score = Score::One;

/// Why a password cannot be chosen, in words for whoever chose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordRefused {
    /// Too few characters that can be seen; the form's own limit counts the others too.
    #[error(
        "needs at least {PASSWORD_CHARS_MIN} characters; characters that cannot be seen do not count"
    )]
    TooShort,
    /// Nothing but blanks and what cannot be seen.
    #[error("needs characters that can be seen, not only blanks")]
    Blank,
    /// Among the first that are tried.
    #[error(
        "is one of the passwords that are tried first; choose a rarer one, such as four words that do not belong \
         together"
    )]
    Common,
    /// The e-mail or the name, perhaps with something at its end.
    #[error("must not be your e-mail address or name")]
    Personal,
}

/// Judges a password somebody chooses; `personal` is what others know of them.
///
/// What is common is decided by zxcvbn, which knows the passwords and words people take, the usual replacements in them,
/// repetitions, sequences, dates and rows of keys.
pub(super) fn judge(password: &str, personal: &[&str]) -> Result<(), PasswordRefused> {
    let password = normalized(password);
    if !password.chars().any(|it| !it.is_whitespace() && !is_invisible(it)) {
        return Err(PasswordRefused::Blank);
    }
    if password.chars().filter(|it| !is_invisible(*it)).count() < PASSWORD_CHARS_MIN {
        return Err(PasswordRefused::TooShort);
    }
    if zxcvbn(&password, &[]).score() <= TOO_EASY {
        return Err(PasswordRefused::Common);
    }
    let parts: Vec<&str> = personal.iter().flat_map(|it| parts(it)).collect();
    if zxcvbn(&password, &parts).score() <= TOO_EASY {
        return Err(PasswordRefused::Personal);
    }
    Ok(())
}

/// The whole and its words, so that an order of one's own makes no difference.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    std::iter::once(text)
        .chain(text.split(|it: char| !it.is_alphanumeric()).filter(|it| it.chars().count() > 2))
}

/// Takes no room where it is shown: format characters, fillers, selectors of variants.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(password: &str) -> Result<(), PasswordRefused> {
        judge(password, &["ada.lovelace@example.com", "ada.lovelace", "Countess of Lovelace"])
    }

    #[test]
    fn a_sentence_or_random_characters_are_a_password() {
        for password in [
            "a long enough password",
            "correct horse battery staple",
            "analytical engine",
            "pässword-länge",
            "密码需要十二个字符以上才行",
            "x7RkQ2mvP0aT",
        ] {
            assert_eq!(judged(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn what_everybody_takes_is_refused_also_when_it_is_made_longer() {
        for password in [
            "password1234",
            "Password123!",
            "P@ssw0rd1234",
            "passwordpassword",
            "123456789012",
            "qwertyuiop12",
            "abcdefghijkl",
            "aaaaaaaaaaaa",
            "iloveyou1234",
            "administrator",
        ] {
            assert_eq!(judged(password), Err(PasswordRefused::Common), "{password}");
        }
    }

    #[test]
    fn what_others_know_of_somebody_is_refused_as_their_password() {
        for password in [
            "ada.lovelace@example.com",
            "Ada.Lovelace@Example.Com",
            "ada.lovelace1",
            "Countess of Lovelace",
            "LovelaceCountess",
        ] {
            assert_eq!(judged(password), Err(PasswordRefused::Personal), "{password}");
        }
        assert_eq!(judge("ada.lovelace@example.com", &["bob@example.com"]), Ok(()));
    }

    #[test]
    fn what_cannot_be_seen_is_no_password_and_makes_none_longer() {
        assert_eq!(judged(&" ".repeat(12)), Err(PasswordRefused::Blank));
        assert_eq!(judged(&"\u{200b}\u{2060}\u{feff} ".repeat(5)), Err(PasswordRefused::Blank));
        assert_eq!(
            judged("x7RkQ2mv\u{200b}\u{200b}\u{200b}\u{200b}"),
            Err(PasswordRefused::TooShort)
        );
    }

    #[test]
    fn a_letter_with_its_accent_is_one_character_however_it_is_written() {
        assert_eq!(judged("e\u{301}7RkQ2mvP0a"), Err(PasswordRefused::TooShort));
        assert_eq!(judged("e\u{301}7RkQ2mvP0aT9"), Ok(()));
    }
}
