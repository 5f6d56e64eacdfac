//! E-mail addresses as logs show them.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use super::user::Email;

/// Gives each address a name that says nothing without the secret, and is the same in every line about it.
#[derive(Clone)]
pub struct Pseudonyms(Hmac<Sha256>);

impl Pseudonyms {
    /// Derives its own key from the secret that signs access tokens: who has that can be anyone anyway.
    pub fn new(secret: &SecretString) -> Self {
        let secret = secret.expose_secret().as_bytes();
        let mut mac = Hmac::new_from_slice(secret).expect("HMAC takes a key of any length");
        mac.update(b"aetherflow.e-mail-in-logs.v1\0");
        Self(mac)
    }

    /// Sixteen hexadecimal digits.
    pub fn of(&self, email: &Email) -> String {
        let mut mac = self.0.clone();
        mac.update(email.as_str().as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..8])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_for_one_address_and_another_under_another_secret() {
        let email = |text| Email::parse(text).unwrap();
        let names = Pseudonyms::new(&SecretString::from("a secret of thirty-two characters"));
        let others = Pseudonyms::new(&SecretString::from("another secret"));

        let ada = names.of(&email("ada@example.com"));
        assert_eq!(ada, names.of(&email("ADA@example.com")));
        assert_eq!(ada.len(), 16);
        assert_ne!(ada, names.of(&email("bob@example.com")));
        assert_ne!(ada, others.of(&email("ada@example.com")));
    }
}
