//! The secret that app and exchange share.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Builder, Secret, Totp};
use uuid::Uuid;

use super::code::DIGITS;
use crate::{
    identity::{IdentityError, user::Email},
    pool::vault::{Keyring, Sealed, TotpContext, VaultError},
};

/// Who the app says that the codes are for.
const ISSUER: &str = "Aetherflow";
/// As RFC 4226 §4 recommends: 160 bits.
const SECRET_BYTES: usize = 20;

/// 160 random bits, written in base32.
pub struct TotpSecret(Totp);

impl TotpSecret {
    /// A fresh one from the operating system's generator.
    pub fn generate(email: &Email) -> Self {
        Self::of(Secret::from(rand::random::<[u8; SECRET_BYTES]>().to_vec()), email.as_str())
    }

    fn of(secret: Secret, account: &str) -> Self {
        let totp = Builder::new()
            .with_secret(secret)
            .with_issuer(Some(ISSUER))
            .with_account_name(account.to_owned())
            .build();
        Self(totp.expect("a secret of 160 bits, six digits and no colon are within the standard"))
    }

    /// For people who type it into their app, once.
    pub fn expose(&self) -> String {
        self.0.secret().to_base32()
    }

    /// For apps that read it from a QR code, once: `otpauth://totp/…`.
    pub fn uri(&self) -> String {
        self.0.to_url().expect("issuer and account are set")
    }

    /// As it is stored.
    pub(super) fn seal(&self, keyring: &Keyring, user_id: Uuid) -> Sealed {
        keyring.seal(&TotpContext { user_id }, &SecretString::from(self.expose()))
    }

    /// From what is stored.
    pub(super) fn open(
        keyring: &Keyring,
        user_id: Uuid,
        sealed: &Sealed,
    ) -> Result<Self, IdentityError> {
        let text = keyring.open(&TotpContext { user_id }, sealed)?;
        let secret = Secret::try_from_base32(text.expose_secret())
            .map_err(|_| IdentityError::Vault(VaultError::NotAuthentic))?;
        Ok(Self::of(secret, ""))
    }

    /// The step that a code is of: this one, or a neighbour, since clocks differ and people are slow.
    pub(super) fn step_of(&self, code: &str, unix_seconds: u64) -> Option<i64> {
        debug_assert_eq!(usize::from(self.0.digits()), DIGITS);
        self.0.check(code, unix_seconds).and_then(|it| i64::try_from(it).ok())
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The secret of RFC 6238, appendix B.
    fn of_the_rfc() -> TotpSecret {
        TotpSecret::of(Secret::from(b"12345678901234567890".to_vec()), "ada@example.com")
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // The appendix has eight digits; ours are the last six.
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(of_the_rfc().step_of(code, at), i64::try_from(at / 30).ok(), "{at}");
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_late_and_no_longer() {
        let secret = of_the_rfc();
        let step = 1_111_111_111_u64 / 30;

        for at in [step * 30 - 30, step * 30, step * 30 + 59] {
            assert_eq!(secret.step_of("050471", at), i64::try_from(step).ok(), "{at}");
        }
        for at in [step * 30 - 31, step * 30 + 60] {
            assert_eq!(secret.step_of("050471", at), None, "{at}");
        }
    }

    #[test]
    fn the_address_says_whose_codes_they_are_and_debugging_says_nothing() {
        let secret = of_the_rfc();
        let uri = secret.uri();

        assert!(uri.starts_with("otpauth://totp/Aetherflow:ada%40example.com?"), "{uri}");
        assert!(uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{uri}");
        assert!(uri.contains("issuer=Aetherflow"), "{uri}");
        assert_eq!(format!("{secret:?}"), "TotpSecret(…)");
        // It would separate issuer and account, and no address has it.
        assert!(Email::parse("a:b@example.com").is_err());
    }
}
