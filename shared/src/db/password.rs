//! Passwords of roles as PostgreSQL stores them (SCRAM-SHA-256, RFC 5802 and RFC 7677). The verifier
//! is made here, so the password itself never travels in a statement that a server may log, and a
//! password that is set already is recognised.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// PostgreSQL's own default (`scram_iterations`).
const ITERATIONS: u32 = 4096;

/// What a server keeps instead of a password.
pub(super) struct Verifier {
    iterations: u32,
    salt: Vec<u8>,
    stored_key: [u8; 32],
    server_key: [u8; 32],
}

impl Verifier {
    /// With a fresh salt.
    pub fn new(password: &SecretString) -> Self {
        Self::derive(password, &rand::random::<[u8; 16]>(), ITERATIONS)
    }

    /// Reads `SCRAM-SHA-256$iterations:salt$stored:server`; `None` for any other form (md5).
    pub fn parse(text: &str) -> Option<Self> {
        let (head, keys) = text.strip_prefix("SCRAM-SHA-256$")?.split_once('$')?;
        let (iterations, salt) = head.split_once(':')?;
        let (stored_key, server_key) = keys.split_once(':')?;
        let bytes = |it: &str| STANDARD.decode(it).ok();
        Some(Self {
            iterations: iterations.parse().ok()?,
            salt: bytes(salt)?,
            stored_key: bytes(stored_key)?.try_into().ok()?,
            server_key: bytes(server_key)?.try_into().ok()?,
        })
    }

    /// Whether it was made from this password.
    pub fn accepts(&self, password: &SecretString) -> bool {
        let same = Self::derive(password, &self.salt, self.iterations);
        (same.stored_key.ct_eq(&self.stored_key) & same.server_key.ct_eq(&self.server_key)).into()
    }

    fn derive(password: &SecretString, salt: &[u8], iterations: u32) -> Self {
        let salted = salted_password(password.expose_secret().as_bytes(), salt, iterations);
        Self {
            iterations,
            salt: salt.to_vec(),
            stored_key: Sha256::digest(hmac(&salted, &[b"Client Key"])).into(),
            server_key: hmac(&salted, &[b"Server Key"]),
        }
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let base64 = |it: &[u8]| STANDARD.encode(it);
        let (salt, stored, server) =
            (base64(&self.salt), base64(&self.stored_key), base64(&self.server_key));
        write!(f, "SCRAM-SHA-256${}:{salt}${stored}:{server}", self.iterations)
    }
}

/// Whether every client normalises it to itself, so that all of them agree on the verifier.
pub(super) fn is_printable_ascii(password: &SecretString) -> bool {
    let password = password.expose_secret();
    !password.is_empty() && password.bytes().all(|it| (b' '..=b'~').contains(&it))
}

/// PBKDF2 with HMAC-SHA-256 and one block of output.
fn salted_password(password: &[u8], salt: &[u8], iterations: u32) -> [u8; 32] {
    let keyed = keyed(password);
    let mut block = sum(keyed.clone(), &[salt, &1_u32.to_be_bytes()]);
    let mut result = block;
    for _ in 1..iterations {
        block = sum(keyed.clone(), &[&block]);
        for (result, block) in result.iter_mut().zip(block) {
            *result ^= block;
        }
    }
    result
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    sum(keyed(key), parts)
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes keys of any length")
}

fn sum(mut keyed: Hmac<Sha256>, parts: &[&[u8]]) -> [u8; 32] {
    for part in parts {
        keyed.update(part);
    }
    keyed.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivation_is_that_of_rfc_7677() {
        // The exchange in RFC 7677 §3: user `user`, password `pencil`.
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let verifier = Verifier::derive(&SecretString::from("pencil"), &salt, 4096);

        let message = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
                       r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
                       c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let signature = hmac(&verifier.server_key, &[message.as_bytes()]);

        assert_eq!(STANDARD.encode(signature), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    #[test]
    fn a_verifier_reads_back_and_accepts_only_its_password() {
        let verifier = Verifier::new(&SecretString::from("correct horse"));

        let read = Verifier::parse(&verifier.to_string()).unwrap();

        assert!(read.accepts(&SecretString::from("correct horse")));
        assert!(!read.accepts(&SecretString::from("Correct horse")));
    }

    #[test]
    fn other_forms_are_no_verifier() {
        for text in ["", "md5abc", "SCRAM-SHA-256$x:y$z", "SCRAM-SHA-256$4096:AA==$AA==:AA=="] {
            assert!(Verifier::parse(text).is_none());
        }
    }
}
