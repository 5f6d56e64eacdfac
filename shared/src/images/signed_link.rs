//! Links to images that need no sign-in, for an `<img>`: a token in the address says for which task
//! and until when, and is authenticated with a secret that serves nothing else.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use uuid::Uuid;

/// The shortest secret taken, in bytes: as long as the digest.
const SECRET_LENGTH_MIN: usize = 32;
/// Expiry (8 bytes) and digest (32 bytes), in base64 without padding.
const TOKEN_LENGTH: usize = 54;
const EXPIRY_LENGTH: usize = 8;

/// Signs and verifies the tokens of image links.
#[derive(Clone)]
pub struct LinkSecret(Hmac<Sha256>);

/// The secret is too easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the secret of image links has {length} bytes; at least {SECRET_LENGTH_MIN} are needed")]
pub struct LinkSecretTooShort {
    /// How long it is, in bytes.
    pub length: usize,
}

/// Why a link does not open an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not a token of ours, or one of another task.
    #[error("the link is not valid")]
    Invalid,
    /// It was good once. Said only of authentic tokens.
    #[error("the link has expired")]
    Expired,
}

impl LinkSecret {
    /// Takes the secret as it is written, at least 32 bytes of it.
    pub fn new(secret: &SecretString) -> Result<Self, LinkSecretTooShort> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < SECRET_LENGTH_MIN {
            return Err(LinkSecretTooShort { length: bytes.len() });
        }
        Ok(Self(Hmac::new_from_slice(bytes).expect("HMAC takes a key of any length")))
    }

    /// A token for a task's image, good until `expires_at` (Unix seconds), fit for an address as it
    /// is.
    pub fn sign(&self, task: Uuid, expires_at: u64) -> String {
        let expiry = expires_at.to_be_bytes();
        let digest = self.mac(task, expiry).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([expiry.as_slice(), &digest].concat())
    }

    /// Checks a token at `now` (Unix seconds) and answers its expiry. Takes equally long for every
    /// wrong digest.
    pub fn verify(&self, task: Uuid, token: &str, now: u64) -> Result<u64, LinkError> {
        if token.len() != TOKEN_LENGTH {
            return Err(LinkError::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| LinkError::Invalid)?;
        let (expiry, digest) =
            bytes.split_first_chunk::<EXPIRY_LENGTH>().ok_or(LinkError::Invalid)?;
        self.mac(task, *expiry).verify_slice(digest).map_err(|_| LinkError::Invalid)?;

        let expires_at = u64::from_be_bytes(*expiry);
        if now < expires_at { Ok(expires_at) } else { Err(LinkError::Expired) }
    }

    /// All fields have fixed lengths, so no two links share a message.
    fn mac(&self, task: Uuid, expiry: [u8; EXPIRY_LENGTH]) -> Hmac<Sha256> {
        self.0
            .clone()
            .chain_update(b"aetherflow.image-link.v1")
            .chain_update(task.as_bytes())
            .chain_update(expiry)
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TASK: Uuid = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001);

    fn secret(text: &str) -> LinkSecret {
        LinkSecret::new(&SecretString::from(text)).unwrap()
    }

    fn usual() -> LinkSecret {
        secret("0123456789abcdef0123456789abcdef")
    }

    #[test]
    fn a_link_is_good_until_it_expires() {
        let token = usual().sign(TASK, 1_000);

        assert_eq!(usual().verify(TASK, &token, 999), Ok(1_000));
        assert_eq!(usual().verify(TASK, &token, 1_000), Err(LinkError::Expired));
    }

    #[test]
    fn a_link_opens_its_own_task_only() {
        let token = usual().sign(TASK, 1_000);

        assert_eq!(usual().verify(Uuid::nil(), &token, 1), Err(LinkError::Invalid));
        let other = secret("another secret, as long as needed");
        assert_eq!(other.verify(TASK, &token, 1), Err(LinkError::Invalid));
    }

    #[test]
    fn every_changed_cut_or_lengthened_token_is_refused() {
        let token = usual().sign(TASK, 1_000);

        for index in 0..token.len() {
            assert_eq!(usual().verify(TASK, &token[..index], 1), Err(LinkError::Invalid));
            for other in "AZaz09-_".chars().filter(|it| !token[index..].starts_with(*it)) {
                let mut changed = token.clone();
                changed.replace_range(index..=index, &other.to_string());
                assert_eq!(usual().verify(TASK, &changed, 1), Err(LinkError::Invalid));
            }
        }
        assert_eq!(usual().verify(TASK, &format!("{token}A"), 1), Err(LinkError::Invalid));
    }

    #[test]
    fn a_token_needs_no_escaping_and_a_secret_is_never_shown() {
        let token = usual().sign(TASK, u64::MAX);

        assert_eq!(token.len(), TOKEN_LENGTH);
        assert!(token.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_'));
        assert!(!format!("{:?}", usual()).contains("0123"));
        assert_eq!(LinkSecret::new(&"short".into()).unwrap_err(), LinkSecretTooShort { length: 5 });
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_refused_without_panic(token in "\\PC{0,60}") {
            prop_assert_eq!(usual().verify(TASK, &token, 0), Err(LinkError::Invalid));
        }
    }
}
