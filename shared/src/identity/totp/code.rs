//! What somebody types as their second factor.

use std::fmt::Write as _;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Digits of a code from the app.
pub(super) const DIGITS: usize = 6;
/// How many recovery codes a user is given.
pub const RECOVERY_CODES: usize = 10;

/// Random bytes of a recovery code; five bits of them a character.
const RECOVERY_BYTES: usize = 10;
const RECOVERY_CHARS: usize = RECOVERY_BYTES * 8 / 5;
/// Crockford's: no letter of it is taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A code as it was typed, without the blanks and hyphens people put in between.
#[derive(Debug, Clone)]
pub enum Code {
    /// Six digits.
    App(SecretString),
    /// Sixteen characters.
    Recovery(SecretString),
}

impl Code {
    /// `None` for what is neither: it opens nothing.
    pub fn parse(typed: &SecretString) -> Option<Self> {
        let text: String = typed
            .expose_secret()
            .chars()
            .filter(|it| !it.is_whitespace() && !matches!(it, '-' | '‑' | '–'))
            .collect();
        if text.len() == DIGITS && text.bytes().all(|it| it.is_ascii_digit()) {
            return Some(Self::App(text.into()));
        }
        let text: Option<String> = text.chars().map(read_alike).collect();
        text.filter(|it| it.len() == RECOVERY_CHARS).map(|it| Self::Recovery(it.into()))
    }
}

/// A character of the alphabet, also where one was typed that looks like it.
fn read_alike(typed: char) -> Option<char> {
    let read = match typed.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        other => other,
    };
    u8::try_from(read).ok().filter(|it| ALPHABET.contains(it)).map(char::from)
}

/// Ten codes, each good once.
pub struct RecoveryCodes(Vec<SecretString>);

impl RecoveryCodes {
    /// Fresh ones from the operating system's generator.
    pub fn generate() -> Self {
        Self((0..RECOVERY_CODES).map(|_| generate().into()).collect())
    }

    /// For the user, once: `k7qm-2xwp-9d4h-tj3v`.
    pub fn expose(&self) -> Vec<String> {
        self.0.iter().map(|it| grouped(it.expose_secret())).collect()
    }

    /// What is stored.
    pub(super) fn digests(&self, user_id: Uuid) -> Vec<[u8; 32]> {
        self.0.iter().map(|it| digest(user_id, it)).collect()
    }
}

/// What is stored of a recovery code.
pub(super) fn digest(user_id: Uuid, code: &SecretString) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"aetherflow.recovery-code.v1\0");
    hash.update(user_id.as_bytes());
    hash.update(code.expose_secret().as_bytes());
    hash.finalize().into()
}

fn generate() -> String {
    let bits = rand::random::<[u8; RECOVERY_BYTES]>()
        .iter()
        .fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    (0..RECOVERY_CHARS).map(|at| char::from(ALPHABET[(bits >> (5 * at) & 31) as usize])).collect()
}

fn grouped(code: &str) -> String {
    let mut text = String::new();
    for (at, character) in code.chars().enumerate() {
        let hyphen = if at > 0 && at % 4 == 0 { "-" } else { "" };
        let _ = write!(text, "{hyphen}{character}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Code> {
        Code::parse(&text.into())
    }

    #[test]
    fn a_code_is_read_however_its_groups_were_typed() {
        for text in ["123456", " 123 456", "123-456", "1 2 3 4 5 6\n"] {
            assert!(
                matches!(parse(text), Some(Code::App(it)) if it.expose_secret() == "123456"),
                "{text}"
            );
        }
        for text in ["k7qm-2xwp-9d4h-tj30", "K7QM 2XWP 9D4H TJ3O", "k7qm2xwp9d4htj30"] {
            let read = parse(text);
            assert!(
                matches!(&read, Some(Code::Recovery(it)) if it.expose_secret() == "k7qm2xwp9d4htj30"),
                "{text}: {read:?}"
            );
        }
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in [
            "",
            "12345",
            "1234567",
            "+12345",
            "１２３４５６",
            "k7qm-2xwp-9d4h-tj3",
            "k7qm-2xwp-9d4h-tj3u",
            "ä",
        ] {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn ten_codes_differ_and_each_reads_back_to_what_is_stored() {
        let (user, codes) = (Uuid::now_v7(), RecoveryCodes::generate());
        let (shown, stored) = (codes.expose(), codes.digests(user));

        assert_eq!(shown.iter().collect::<std::collections::HashSet<_>>().len(), RECOVERY_CODES);
        for (shown, stored) in shown.iter().zip(stored) {
            assert_eq!(shown.len(), 19);
            let Some(Code::Recovery(code)) = parse(shown) else {
                panic!("{shown} does not read back")
            };
            assert_eq!(digest(user, &code), stored);
            assert_ne!(digest(Uuid::now_v7(), &code), stored, "another user's digest is another");
        }
    }
}
