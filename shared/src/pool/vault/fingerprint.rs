use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The shortest secret taken, in bytes: as long as the digest.
const SECRET_LENGTH_MIN: usize = 32;

/// Recognises a key that is hosted already, without opening any: the same provider and key give the
/// same fingerprint, and without the secret nothing can be tried against it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// As stored in `pool.resource.fingerprint`.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(..)")
    }
}

/// The secret of the fingerprints. It serves nothing else and cannot be rotated without opening
/// every key.
#[derive(Clone)]
pub struct FingerprintSecret(Hmac<Sha256>);

/// The secret is too easy to guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the fingerprint secret has {length} bytes; at least {SECRET_LENGTH_MIN} are needed")]
pub struct FingerprintSecretTooShort {
    /// How long it is, in bytes.
    pub length: usize,
}

impl FingerprintSecret {
    /// Takes the secret as it is written, at least 32 bytes of it.
    pub fn new(secret: &SecretString) -> Result<Self, FingerprintSecretTooShort> {
        let bytes = secret.expose_secret().as_bytes();
        if bytes.len() < SECRET_LENGTH_MIN {
            return Err(FingerprintSecretTooShort { length: bytes.len() });
        }
        let mac = Hmac::new_from_slice(bytes).expect("HMAC takes a key of any length");
        Ok(Self(mac))
    }

    /// The fingerprint of a provider's key. White space around the key does not count: people paste.
    pub fn fingerprint(&self, provider: &str, key: &SecretString) -> Fingerprint {
        let mut mac = self.0.clone();
        mac.update(b"aetherflow.fingerprint.v1");
        for field in [provider, key.expose_secret().trim()] {
            mac.update(&(field.len() as u64).to_be_bytes());
            mac.update(field.as_bytes());
        }
        Fingerprint(mac.finalize().into_bytes().into())
    }
}

impl fmt::Debug for FingerprintSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FingerprintSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> FingerprintSecret {
        FingerprintSecret::new(&SecretString::from(text)).unwrap()
    }

    #[test]
    fn the_same_key_has_one_fingerprint_however_it_was_pasted() {
        let secret = secret("0123456789abcdef0123456789abcdef");

        let plain = secret.fingerprint("stability", &"sk-abc".into());

        assert_eq!(plain, secret.fingerprint("stability", &" sk-abc\r\n".into()));
        assert_ne!(plain, secret.fingerprint("openai", &"sk-abc".into()));
        assert_ne!(plain, secret.fingerprint("stability", &"sk-abd".into()));
    }

    #[test]
    fn another_secret_gives_another_fingerprint() {
        let key = SecretString::from("sk-abc");

        assert_ne!(
            secret("0123456789abcdef0123456789abcdef").fingerprint("stability", &key),
            secret("1123456789abcdef0123456789abcdef").fingerprint("stability", &key),
        );
    }

    #[test]
    fn a_short_secret_is_refused_by_its_length_alone() {
        let error = FingerprintSecret::new(&"hunter2".into()).unwrap_err();

        assert_eq!(error, FingerprintSecretTooShort { length: 7 });
        assert!(!error.to_string().contains("hunter2"));
    }
}
